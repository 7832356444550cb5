/// One side of the peer link: questions and their time limits, silence, and what is not read for now.
#include "tests/unit/relay/peer_talk.hpp"

using namespace understudy;
using namespace understudy::test;

BOOST_AUTO_TEST_SUITE(peer_patience)

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

BOOST_AUTO_TEST_SUITE_END()
