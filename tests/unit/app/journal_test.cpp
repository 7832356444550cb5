#include <thread>

#include "tests/unit/app/admin_world.hpp"

using namespace understudy;
using test::text_of;
using Status = app::AdminAnswer::Status;

namespace {

const std::string bob = "bob@example.org";

struct World : test::AdminWorld {
  /// Asks until the verification has ended.
  app::AdminAnswer verdict(std::uint64_t job) {
    for (int turn = 0; turn < 2000; ++turn) {
      auto answer = ask("journal/progress", {{"job", job}});
      if (answer.status != Status::done || answer.value.as_object().at("finished").as_bool()) return answer;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    BOOST_FAIL("the verification did not end");
    return {};
  }
  std::uint64_t start(int bodies = 1) {
    return get("journal/verify", {{"bodies", bodies}}).as_object().at("job").to_number<std::uint64_t>();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(journal, World)

BOOST_AUTO_TEST_CASE(an_entry_says_who_sent_what_to_whom_and_what_was_planned) {
  BOOST_REQUIRE(accept(test::Letter("one").from_nobody().to(bob).file(bob).to("x@example.org")));
  const auto rows = list("journal/list");
  BOOST_REQUIRE(rows.size() == 1);
  BOOST_TEST(text_of(rows[0], "position") == "0.0");
  BOOST_TEST(text_of(rows[0], "reverse_path") == "");
  BOOST_TEST(boost::json::serialize(rows[0].as_object().at("recipients")) == R"(["bob@example.org","x@example.org"])");
  BOOST_TEST(boost::json::serialize(rows[0].as_object().at("plan")).find("bob@example.org/INBOX") != std::string::npos);
  BOOST_TEST(text_of(rows[0], "received").size() == 64);
  const auto shown = get("journal/show", {{"position", "0"}});
  BOOST_TEST(text_of(shown, "leaf").size() == 64);
  BOOST_TEST(text_of(shown, "handed") == text_of(rows[0], "handed"));
  BOOST_TEST(status("journal/show", {{"position", "0.1"}}) == Status::not_found);
  BOOST_TEST(status("journal/show", {{"position", "first"}}) == Status::wrong_usage);
}

BOOST_AUTO_TEST_CASE(a_list_begins_where_it_is_told_and_ends_at_its_limit) {
  for (int i = 0; i < 10; ++i) BOOST_REQUIRE(accept(test::Letter(std::to_string(i)).to(bob).file(bob)));
  const auto answer = ask("journal/list", {{"from", "0.4"}, {"limit", 3}});
  BOOST_REQUIRE(answer.value.as_array().size() == 3);
  BOOST_TEST(text_of(answer.value.as_array()[0], "position") == "0.4");
  BOOST_TEST(answer.next == "0.7");
  BOOST_TEST(ask("journal/list", {{"from", "0.10"}}).value.as_array().empty());
}

BOOST_AUTO_TEST_CASE(a_journal_that_is_whole_is_verified_to_its_head) {
  for (int i = 0; i < 20; ++i) BOOST_REQUIRE(accept(test::Letter(std::to_string(i)).to(bob).file(bob)));
  const auto told = verdict(start());
  BOOST_REQUIRE(told.status == Status::done);
  const auto& verdict = told.value.as_object();
  BOOST_TEST(verdict.at("entries") == 20);
  BOOST_TEST(verdict.at("bodies") == 20);
  BOOST_TEST(verdict.at("faults").as_array().empty());
  BOOST_TEST(text_of(verdict, "root") == text_of(get("server/status").as_object().at("journal"), "head"));
}

BOOST_AUTO_TEST_CASE(a_verdict_says_whether_bodies_were_looked_at) {
  BOOST_REQUIRE(accept(test::Letter("one").to(bob).file(bob)));
  for (const int bodies : {0, 1}) {
    const auto told = verdict(start(bodies));
    BOOST_TEST(text_of(told.value, "depth") == (bodies == 1 ? "bodies" : "records"));
    BOOST_TEST(told.value.as_object().at("bodies") == bodies);
  }
}

BOOST_AUTO_TEST_CASE(a_changed_leaf_is_named) {
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(accept(test::Letter(std::to_string(i)).to(bob).file(bob)));
  archive::store::Batch batch({archive::store::ShardKind::journal, 0});
  batch.put(archive::store::Table::leaves, base::Writer().u64(1).take(), std::string(32, 'x'));
  BOOST_REQUIRE(store().commit({&batch, 1}, archive::store::Sync::now));
  const auto told = verdict(start(0));
  const auto faults = boost::json::serialize(told.value.as_object().at("faults"));
  BOOST_TEST(faults.find("entry 0.1: ") != std::string::npos, faults);
  BOOST_TEST(faults.find("entry 0.0: ") == std::string::npos, faults);
}

BOOST_AUTO_TEST_CASE(a_verification_that_was_never_begun_or_is_over_is_not_found) {
  BOOST_TEST(status("journal/progress", {{"job", 0}}) == Status::not_found);
  BOOST_TEST(status("journal/progress", {{"job", 1}}) == Status::not_found);
  const auto first = start();
  verdict(first);
  const auto second = start();
  verdict(second);
  BOOST_TEST(second != first);
  BOOST_TEST(status("journal/progress", {{"job", first}}) == Status::not_found);
}

BOOST_AUTO_TEST_SUITE_END()
