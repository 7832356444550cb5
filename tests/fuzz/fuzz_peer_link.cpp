/// Any octets as the other end of the peer link: frames and records come out as they went in, whatever the pieces; the dialogue
/// says whole frames alone, at most one bye, keeps to its window, and holds no more than it may.
#include <string>

#include "fuzz_check.hpp"
#include "relay/peer/dialogue.hpp"

using namespace understudy;
using namespace understudy::relay::peer;
using understudy::tests::must;

namespace {

constexpr std::uint64_t window = 4096;

/// All records of `octets`; nullopt: an error ended them.
std::optional<std::vector<AnyRecord>> records_of(std::string_view octets, std::size_t step) {
  FrameReader reader;
  std::vector<AnyRecord> records;
  for (std::size_t at = 0; at < octets.size(); at += step) {
    reader.feed(octets.substr(at, step));
    for (;;) {
      auto frame = reader.next();
      if (!frame) return std::nullopt;
      if (!*frame) break;
      auto record = parse_record(**frame);
      if (!record) return std::nullopt;
      if (*record) records.push_back(std::move(**record));
    }
  }
  must(reader.held() <= octets.size());
  return records;
}

void carry(std::string_view octets) {
  const auto whole = records_of(octets, octets.size() + 1);
  must(whole == records_of(octets, 3));
  if (!whole) return;
  std::string again;
  for (const auto& record : *whole) append_record(again, record);
  must(records_of(again, 7) == whole);
}

DialogueOptions options() {
  DialogueOptions made;
  made.hello = {1, 1, "fuzz", std::string(16, 'i'), std::string(16, 'c'), "fuzz.example", {}};
  made.offers.sources = {{"a", "a/1"}, {"b", "b/1"}};
  made.offers.sinks = {{"a", "a/1"}, {"c", "b/1"}};
  made.offers.verbs = {{"v", "a/1"}};
  made.window = window;
  made.idle = base::SteadyTime(100);
  return made;
}

class Talk {
 public:
  explicit Talk(unsigned char choice) : choice_(choice) {}

  void run(std::string_view octets) {
    if ((choice_ & 1) != 0) {  // straight to what comes behind hello
      std::string hello;
      append_record(hello, Hello{1, 1, "other", std::string(16, 'j'), std::string(16, 'd'), "other.example", {"a/1", "b/1"}});
      hear(hello);
    }
    const std::size_t step = 1 + choice_ / 2u % 64;
    for (std::size_t at = 0; at < octets.size(); at += step) hear(octets.substr(at, step));
    dialogue_.end("over");
    say();
    must(dialogue_.take_output().empty());
  }

 private:
  void hear(std::string_view piece) {
    dialogue_.on_octets(piece, now_);
    act();
    now_ += base::SteadyTime(choice_ % 7);
    dialogue_.on_time(now_);
    must(dialogue_.ended() || dialogue_.due() > now_ || !dialogue_.other());
    say();
  }
  void act() {
    for (auto& event : dialogue_.take_events()) {
      if (std::holds_alternative<Up>(event)) {
        must(dialogue_.want("a", 5) || !dialogue_.up() || !dialogue_.other_has("a/1"));
        dialogue_.want("c", 0);
        dialogue_.ask("a/1", "v", "question", now_ + base::SteadyTime(50));
      }
      if (const auto* taken = std::get_if<Taken>(&event)) {
        must(taken->topic == "c" || taken->position >= 5);
        if (taken->position % 3 != 0) dialogue_.durable(taken->topic, taken->position);
      }
      if (const auto* asked = std::get_if<Asked>(&event))
        dialogue_.answer({asked->number, Answer::Status::done, asked->octets});
    }
    for (int i = 0; i < 4; ++i) {
      const auto turn = dialogue_.turn();
      if (!turn) return;
      if (turn->from >= ~Position{0} - 10) return dialogue_.rest(turn->topic);
      dialogue_.give(turn->topic, turn->from + 1, std::string(choice_ * 8, 'x'));
      must(dialogue_.sending(turn->topic)->out < window + 4096);
    }
  }
  void say() {
    const auto said = records_of(dialogue_.take_output(), 1000);
    must(said.has_value());
    for (const auto& record : *said) {
      must(!ended_);
      ended_ = std::holds_alternative<Bye>(record);
    }
  }

  const unsigned char choice_;
  base::SteadyTime now_{1000};
  Dialogue dialogue_{options(), now_};
  bool ended_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
  carry(octets);
  Talk(data[0]).run(octets);
  return 0;
}
