/// One side of the peer link, driven by hand: what it says to what it hears, and when.
#include "relay/peer/dialogue.hpp"

using namespace understudy;
using namespace understudy::relay::peer;
using namespace std::chrono_literals;

namespace {

constexpr base::SteadyTime start(1'000'000);
constexpr base::SteadyTime idle(15'000);

Hello hello(std::string host, std::vector<std::string> features = {"letters/1", "words/1"}) {
  return {1, 1, "understudy test", std::string(16, 'i'), std::string(16, 'c'), std::move(host), std::move(features)};
}

DialogueOptions options() {
  DialogueOptions made;
  made.hello = hello("here.example");
  made.offers.sources = {{"letters", "letters/1"}, {"words", "words/1"}};
  made.offers.sinks = {{"letters", "letters/1"}, {"taken-only", "letters/1"}};
  made.offers.verbs = {{"spell", "words/1"}};
  made.window = 1000;
  made.idle = idle;
  return made;
}

std::string frames(const std::vector<AnyRecord>& records) {
  std::string out;
  for (const auto& record : records) append_record(out, record);
  return out;
}

std::vector<AnyRecord> said(Dialogue& dialogue) {
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

void hear(Dialogue& dialogue, const std::vector<AnyRecord>& records, base::SteadyTime at = start) {
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
Dialogue up(std::vector<std::string> features = {"letters/1", "words/1"}, DialogueOptions with = options()) {
  Dialogue dialogue(std::move(with), start);
  dialogue.take_output();
  hear(dialogue, {hello("there.example", std::move(features))});
  dialogue.take_events();
  return dialogue;
}

Ended::How how(const Dialogue& dialogue) {
  BOOST_REQUIRE(dialogue.ended());
  return dialogue.ended()->how;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(peer_dialogue)

BOOST_AUTO_TEST_CASE(AP_35_each_side_begins_with_what_it_is_and_hears_what_the_other_one_is) {
  Dialogue dialogue(options(), start);
  const auto first = said<Hello>(dialogue);
  BOOST_REQUIRE(first.size() == 1u);
  BOOST_TEST(first[0].program == "understudy test");
  BOOST_TEST((first[0].features == std::vector<std::string>{"letters/1", "words/1"}));
  BOOST_TEST(!dialogue.up());
  const auto theirs = hello("there.example", {"words/1", "unheard-of/7"});
  hear(dialogue, {theirs});
  const auto ups = events<Up>(dialogue);
  BOOST_REQUIRE(ups.size() == 1u);
  BOOST_TEST((ups[0].other == theirs));
  BOOST_TEST(dialogue.up());
  BOOST_TEST(dialogue.other_has("words/1"));
  BOOST_TEST(!dialogue.other_has("letters/1"));
}

BOOST_AUTO_TEST_CASE(AP_35_without_a_version_in_common_both_sides_say_which_they_have) {
  auto newer = hello("there.example");
  newer.lowest = 2;
  newer.highest = 4;
  Dialogue dialogue(options(), start);
  dialogue.take_output();
  hear(dialogue, {newer});
  BOOST_TEST((how(dialogue) == Ended::How::version));
  BOOST_TEST(!dialogue.up());
  const auto bye = said<Bye>(dialogue);
  BOOST_REQUIRE(bye.size() == 1u);
  BOOST_TEST(bye[0].why == "no version of the link in common: 1 to 1 at here.example, 2 to 4 at there.example");
  BOOST_TEST(events<Up>(dialogue).empty());
  for (auto [lowest, highest] : {std::pair<std::uint16_t, std::uint16_t>{0, 1}, {1, 9}, {0, 9}}) {
    auto other = hello("there.example");
    other.lowest = lowest;
    other.highest = highest;
    Dialogue good(options(), start);
    hear(good, {other});
    BOOST_TEST(good.up(), lowest << " to " << highest);
  }
}

BOOST_AUTO_TEST_CASE(AP_35_a_topic_is_not_wanted_and_a_verb_not_asked_where_the_other_side_lacks_the_feature) {
  auto dialogue = up({"words/1"});
  BOOST_TEST(!dialogue.want("letters", 1));
  BOOST_TEST(!dialogue.ask("letters/1", "count", "", start + 1s).has_value());
  BOOST_TEST(said(dialogue).empty());
  BOOST_TEST(dialogue.ask("words/1", "spell", "x", start + 1s).has_value());
  BOOST_TEST(said<Ask>(dialogue).size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_comes_out_of_turn_ends_the_connection_with_a_bye_that_says_so) {
  struct Case {
    std::vector<AnyRecord> heard;
    std::string why;
  };
  const auto mine = hello("there.example");
  const Record letter{"letters", 1, "a"};
  std::vector<AnyRecord> too_many = {mine};
  for (std::uint64_t i = 1; i <= max_questions + 1; ++i) too_many.push_back(Ask{i, "spell", ""});
  const std::vector<Case> cases = {
      {{Ping{1}}, "something before hello"},
      {{mine, mine}, "a second hello"},
      {{mine, Want{"no-such", 0}}, "want of the topic no-such, which is not offered"},
      {{mine, Want{"words", 0}, Want{"words", 5}}, "a second want of the topic words"},
      {{mine, letter}, "a record of the topic letters, which is not wanted"},
      {{mine, Have{"words", 0}}, "have of the topic words for what was not sent"},
      {{mine, Want{"words", 5}, Have{"words", 6}}, "have of the topic words for what was not sent"},
      {{mine, Answer{1, Answer::Status::done, ""}}, "an answer to no question"},
      {{mine, Ask{0, "spell", ""}}, "a question whose number does not grow"},
      {{mine, Ask{2, "spell", ""}, Ask{2, "spell", ""}}, "a question whose number does not grow"},
      {too_many, "more questions than 64"},
      {{mine, Pong{1}}, "a pong without a ping"},
  };
  for (const auto& each : cases) {
    Dialogue dialogue(options(), start);
    dialogue.take_output();
    hear(dialogue, each.heard);
    BOOST_TEST((how(dialogue) == Ended::How::violation), each.why);
    BOOST_TEST(dialogue.ended()->why == each.why);
    const auto bye = said<Bye>(dialogue);
    BOOST_TEST((bye == std::vector<Bye>{{each.why}}), each.why);
    hear(dialogue, {Ping{1}});  // nothing is taken any more
    BOOST_TEST(said(dialogue).empty());
  }
}

BOOST_AUTO_TEST_CASE(octets_that_do_not_parse_end_the_connection_also_before_hello) {
  for (const auto& octets : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\0\0\0\0", 4), std::string(64, '\xff'),
                             std::string("\0\0\0\x01\x33", 5)}) {
    Dialogue dialogue(options(), start);
    dialogue.on_octets(octets, start);
    BOOST_TEST((how(dialogue) == Ended::How::violation));
  }
}

BOOST_AUTO_TEST_CASE(a_bye_ends_without_an_answer_and_its_words_are_kept) {
  auto dialogue = up();
  hear(dialogue, {Bye{"going home"}});
  BOOST_TEST((how(dialogue) == Ended::How::there));
  BOOST_TEST(dialogue.ended()->why == "going home");
  BOOST_TEST(said(dialogue).empty());
}

BOOST_AUTO_TEST_CASE(a_source_is_read_from_the_position_that_is_wanted_and_no_further_than_the_window) {
  auto dialogue = up();
  BOOST_TEST(!dialogue.turn());
  hear(dialogue, {Want{"words", 40}});
  auto turn = dialogue.turn();
  BOOST_REQUIRE(turn);
  BOOST_TEST(turn->from == 40u);
  std::uint64_t given = 0;
  while ((turn = dialogue.turn())) dialogue.give("words", turn->from, std::string(300, 'w')), ++given;
  BOOST_TEST(given == 4u);  // below 1,000 octets one more goes out
  BOOST_TEST(dialogue.sending("words")->next == 44u);
  BOOST_TEST(dialogue.sending("words")->out < 1000u + 400u);
  const auto records = said<Record>(dialogue);
  BOOST_REQUIRE(records.size() == 4u);
  BOOST_TEST(records[3].position == 43u);

  hear(dialogue, {Have{"words", 41}});
  BOOST_TEST(dialogue.sending("words")->acknowledged == 41u);
  BOOST_TEST(dialogue.turn().has_value());
  hear(dialogue, {Have{"words", 44}, Have{"words", 41}});  // what was said once stays
  BOOST_TEST(dialogue.sending("words")->acknowledged == 44u);
  BOOST_TEST(dialogue.sending("words")->out == 0u);
}

BOOST_AUTO_TEST_CASE(records_without_an_octet_fill_the_window_too) {
  auto dialogue = up();
  hear(dialogue, {Want{"words", 0}});
  std::size_t given = 0;
  while (const auto turn = dialogue.turn()) dialogue.give("words", turn->from, ""), ++given;
  BOOST_TEST(given < 100u);
}

BOOST_AUTO_TEST_CASE(topics_take_turns_and_one_that_rests_is_passed_over_until_it_has_more) {
  auto dialogue = up();
  hear(dialogue, {Want{"words", 0}, Want{"letters", 0}});
  std::string order;
  for (int i = 0; i < 6; ++i) {
    const auto turn = dialogue.turn();
    BOOST_REQUIRE(turn);
    order += turn->topic[0];
    dialogue.give(turn->topic, turn->from, "x");
  }
  BOOST_TEST(order == "lwlwlw");
  dialogue.rest("letters");
  for (int i = 0; i < 3; ++i) BOOST_TEST(dialogue.turn()->topic == "words");
  dialogue.rest("words");
  BOOST_TEST(!dialogue.turn());
  dialogue.more("letters");
  BOOST_TEST(dialogue.turn()->topic == "letters");
}

BOOST_AUTO_TEST_CASE(a_want_of_what_is_only_taken_here_is_passed_over) {
  auto dialogue = up();
  hear(dialogue, {Want{"taken-only", 0}});
  BOOST_TEST(!dialogue.ended());
  BOOST_TEST(!dialogue.turn());
}

BOOST_AUTO_TEST_CASE(have_is_said_when_a_record_is_durable_and_not_before_and_never_past_a_hole) {
  auto dialogue = up();
  BOOST_TEST(dialogue.want("letters", 10));
  BOOST_TEST((said<Want>(dialogue) == std::vector<Want>{{"letters", 10}}));
  hear(dialogue, {Record{"letters", 10, "a"}, Record{"letters", 11, "b"}, Record{"letters", 15, "c"}});
  BOOST_TEST(events<Taken>(dialogue).size() == 3u);
  BOOST_TEST(said(dialogue).empty());
  dialogue.durable("letters", 11);
  BOOST_TEST(said(dialogue).empty());
  dialogue.durable("letters", 10);
  BOOST_TEST((said<Have>(dialogue) == std::vector<Have>{{"letters", 15}}));  // 12 to 14 are nowhere: nothing waits below 15
  dialogue.durable("letters", 15);
  dialogue.durable("letters", 15);
  BOOST_TEST((said<Have>(dialogue) == std::vector<Have>{{"letters", 16}}));
}

BOOST_AUTO_TEST_CASE(a_record_below_the_wanted_position_is_a_repetition_and_one_that_skips_is_taken) {
  auto dialogue = up();
  dialogue.want("letters", 10);
  hear(dialogue,
       {Record{"letters", 9, "old"}, Record{"letters", 12, "a"}, Record{"letters", 12, "a"}, Record{"letters", 11, "b"}});
  const auto taken = events<Taken>(dialogue);
  BOOST_REQUIRE(taken.size() == 1u);
  BOOST_TEST(taken[0].position == 12u);
  BOOST_TEST(!dialogue.ended());
  hear(dialogue, {Record{"letters", ~Position{0}, "end"}});
  BOOST_TEST((how(dialogue) == Ended::How::violation));
}

BOOST_AUTO_TEST_CASE(nothing_more_is_read_while_too_much_of_what_came_is_not_durable) {
  auto dialogue = up();
  dialogue.want("letters", 0);
  Position at = 0;
  for (; dialogue.hungry() && at < 100; ++at) hear(dialogue, {Record{"letters", at, std::string(max_octets, 'x')}});
  BOOST_TEST(at == 2u);  // a window and a frame
  dialogue.durable("letters", 0);
  BOOST_TEST(dialogue.hungry());
}

BOOST_AUTO_TEST_CASE(nothing_more_is_read_while_the_other_side_takes_no_answers) {
  auto dialogue = up();
  std::size_t pings = 0;
  for (; dialogue.hungry() && pings < 1'000'000; ++pings) hear(dialogue, {Ping{pings}});
  BOOST_TEST(pings < 200'000u);
  BOOST_TEST(dialogue.output_octets() < 3u << 20);
  dialogue.take_output();
  BOOST_TEST(dialogue.hungry());
}

BOOST_AUTO_TEST_CASE(open_questions_of_the_other_side_count_among_what_waits) {
  auto dialogue = up();
  std::uint64_t asked = 0;
  while (dialogue.hungry() && asked < max_questions) hear(dialogue, {Ask{++asked, "spell", std::string(max_octets, 'q')}});
  BOOST_TEST(asked == 2u);
  dialogue.answer({1, Answer::Status::done, "a"});
  BOOST_TEST(dialogue.hungry());
}

BOOST_AUTO_TEST_CASE(a_question_is_answered_once_and_by_its_number) {
  auto dialogue = up();
  const auto number = dialogue.ask("words/1", "spell", "word", start + 5s);
  BOOST_REQUIRE(number);
  BOOST_TEST((said<Ask>(dialogue) == std::vector<Ask>{{*number, "spell", "word"}}));
  hear(dialogue, {Answer{*number, Answer::Status::refused, "no"}});
  const auto answered = events<Answered>(dialogue);
  BOOST_REQUIRE(answered.size() == 1u);
  BOOST_TEST((answered[0].answer->status == Answer::Status::refused));
  hear(dialogue, {Answer{*number, Answer::Status::done, "again"}});
  BOOST_TEST((how(dialogue) == Ended::How::violation));
}

BOOST_AUTO_TEST_CASE(a_question_has_a_time_limit_and_stays_among_the_open_ones_until_its_late_answer) {
  auto dialogue = up();
  for (std::size_t i = 0; i < max_questions; ++i) BOOST_REQUIRE(dialogue.ask("words/1", "spell", "", start + 5s));
  BOOST_TEST(!dialogue.ask("words/1", "spell", "", start + 5s));
  BOOST_TEST((dialogue.due() == start + 5s));
  dialogue.on_time(start + 4999ms);
  BOOST_TEST(events<Answered>(dialogue).empty());
  dialogue.on_time(start + 5s);
  const auto late = events<Answered>(dialogue);
  BOOST_TEST(late.size() == max_questions);
  BOOST_TEST(!late[0].answer.has_value());
  BOOST_TEST(!dialogue.ask("words/1", "spell", "", start + 9s));  // the other side still has all of them
  hear(dialogue, {Answer{3, Answer::Status::done, "late"}});
  BOOST_TEST(events<Answered>(dialogue).empty());
  BOOST_TEST(dialogue.ask("words/1", "spell", "", start + 9s).has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_verb_is_refused_and_ends_nothing) {
  auto dialogue = up();
  hear(dialogue, {Ask{1, "no-such", "x"}, Ask{2, "spell", "y"}});
  const auto asked = events<Asked>(dialogue);
  BOOST_REQUIRE(asked.size() == 1u);
  BOOST_TEST(asked[0].number == 2u);
  dialogue.answer({2, Answer::Status::done, "Y"});
  dialogue.answer({2, Answer::Status::done, "twice"});
  const auto answers = said<Answer>(dialogue);
  BOOST_REQUIRE(answers.size() == 2u);
  BOOST_TEST((answers[0].status == Answer::Status::refused));
  BOOST_TEST((answers[1] == Answer{2, Answer::Status::done, "Y"}));
}

BOOST_AUTO_TEST_CASE(silence_is_answered_by_a_ping_and_silence_after_it_by_the_end) {
  auto dialogue = up();
  BOOST_TEST((dialogue.due() == start + idle));
  dialogue.on_time(start + idle - 1ms);
  BOOST_TEST(said(dialogue).empty());
  dialogue.on_time(start + idle);
  BOOST_TEST((said<Ping>(dialogue) == std::vector<Ping>{{1}}));
  dialogue.on_time(start + idle + 1ms);
  BOOST_TEST(said(dialogue).empty());
  hear(dialogue, {Pong{1}}, start + idle + 2s);
  dialogue.on_time(start + 2 * idle);
  BOOST_TEST(said(dialogue).empty());
  dialogue.on_time(start + 2 * idle + 2s);
  BOOST_TEST((said<Ping>(dialogue) == std::vector<Ping>{{2}}));
  dialogue.on_time(start + 3 * idle + 2s);
  BOOST_TEST((how(dialogue) == Ended::How::silent));
}

BOOST_AUTO_TEST_CASE(a_ping_is_answered_with_its_number) {
  auto dialogue = up();
  hear(dialogue, {Ping{99}});
  BOOST_TEST((said<Pong>(dialogue) == std::vector<Pong>{{99}}));
}

BOOST_AUTO_TEST_CASE(who_says_no_hello_in_time_is_given_up) {
  Dialogue dialogue(options(), start);
  dialogue.take_output();
  BOOST_TEST((dialogue.due() == start + idle));
  dialogue.on_octets(std::string("\0\0\0\x20\x01", 5), start + idle - 1ms);  // octets that make no hello are none
  dialogue.on_time(start + idle);
  BOOST_TEST((how(dialogue) == Ended::How::silent));
}

BOOST_AUTO_TEST_CASE(nobody_is_called_silent_while_nothing_is_read) {
  auto dialogue = up();
  dialogue.want("letters", 0);
  hear(dialogue, {Record{"letters", 0, std::string(max_octets, 'x')}, Record{"letters", 1, std::string(max_octets, 'x')}});
  BOOST_REQUIRE(!dialogue.hungry());
  for (int i = 1; i < 10; ++i) dialogue.on_time(start + i * idle);
  BOOST_TEST(!dialogue.ended());
  BOOST_TEST(said<Ping>(dialogue).empty());
}

BOOST_AUTO_TEST_CASE(every_split_of_what_is_heard_gives_the_same_events_and_answers) {
  const auto octets = frames({Want{"words", 3}, Record{"letters", 7, "a"}, Ask{1, "spell", "b"}, Ping{5},
                              Record{"letters", 9, "c"}, Ask{2, "no-such", ""}});
  for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
    auto dialogue = up();
    dialogue.want("letters", 7);
    dialogue.take_output();
    dialogue.on_octets(std::string_view(octets).substr(0, cut), start);
    dialogue.on_octets(std::string_view(octets).substr(cut), start);
    std::string seen;
    for (const auto& event : dialogue.take_events()) {
      if (const auto* taken = std::get_if<Taken>(&event)) seen += std::to_string(taken->position) + taken->octets + " ";
      if (const auto* asked = std::get_if<Asked>(&event)) seen += asked->verb + asked->octets + " ";
    }
    BOOST_TEST(seen == "7a spellb 9c ");
    BOOST_TEST(said(dialogue).size() == 2u);  // the pong, the refusal
    BOOST_TEST(dialogue.turn()->from == 3u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
