/// One side of the peer link: hello, versions and features, topics, positions and windows.
#include "tests/unit/relay/peer_talk.hpp"

using namespace understudy;
using namespace understudy::test;

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
