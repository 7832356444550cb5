/// One side of the peer link, driven by hand: for the tests of the dialogue.
#pragma once

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "relay/peer/dialogue.hpp"

namespace understudy::test {

using namespace relay::peer;
using namespace std::chrono_literals;

inline constexpr base::SteadyTime start(1'000'000);
inline constexpr base::SteadyTime idle(15'000);

inline Hello hello(std::string host, std::vector<std::string> features = {"letters/1", "words/1"}) {
  return {1, 1, "understudy test", std::string(16, 'i'), std::string(16, 'c'), std::move(host), std::move(features)};
}

inline DialogueOptions options() {
  DialogueOptions made;
  made.hello = hello("here.example");
  made.offers.sources = {{"letters", "letters/1"}, {"words", "words/1"}};
  made.offers.sinks = {{"letters", "letters/1"}, {"taken-only", "letters/1"}};
  made.offers.verbs = {{"spell", "words/1"}};
  made.window = 1000;
  made.idle = idle;
  return made;
}

inline std::string frames(const std::vector<AnyRecord>& records) {
  std::string out;
  for (const auto& record : records) append_record(out, record);
  return out;
}

inline std::vector<AnyRecord> said(Dialogue& dialogue) {
  FrameReader reader;
  const auto output = dialogue.take_output();
  reader.feed(output);
  std::vector<AnyRecord> records;
  for (;;) {
    auto frame = reader.next();
    BOOST_REQUIRE(frame);
    if (!*frame) break;
    auto record = parse_record(**frame);
    BOOST_REQUIRE(record);
    records.push_back(**record);
  }
  BOOST_TEST(reader.held() == 0u);
  return records;
}

template <class Kind>
std::vector<Kind> said(Dialogue& dialogue) {
  std::vector<Kind> of_kind;
  for (auto& record : said(dialogue))
    if (auto* one = std::get_if<Kind>(&record)) of_kind.push_back(std::move(*one));
  return of_kind;
}

inline void hear(Dialogue& dialogue, const std::vector<AnyRecord>& records, base::SteadyTime at = start) {
  dialogue.on_octets(frames(records), at);
}

template <class Kind>
std::vector<Kind> events(Dialogue& dialogue) {
  std::vector<Kind> of_kind;
  for (auto& event : dialogue.take_events())
    if (auto* one = std::get_if<Kind>(&event)) of_kind.push_back(std::move(*one));
  return of_kind;
}

/// Both hellos are said.
inline Dialogue up(std::vector<std::string> features = {"letters/1", "words/1"}, DialogueOptions with = options()) {
  Dialogue dialogue(std::move(with), start);
  dialogue.take_output();
  hear(dialogue, {hello("there.example", std::move(features))});
  dialogue.take_events();
  return dialogue;
}

inline Ended::How how(const Dialogue& dialogue) {
  BOOST_REQUIRE(dialogue.ended());
  return dialogue.ended()->how;
}

}  // namespace understudy::test
