/// What the audit journal writes, and who may do what: a table of each kind of action, each role and each configuration.
#include "archive/audit/policy.hpp"
#include "archive/audit/record.hpp"

using namespace understudy;
using namespace understudy::archive;
using audit::Kind;
using audit::Policy;
using audit::Role;
using Word = audit::Verdict::Word;

namespace understudy::archive::audit {
std::ostream& operator<<(std::ostream& out, Verdict::Word word) {
  static constexpr const char* names[] = {"allowed", "wants_approval", "refused"};
  return out << names[static_cast<std::size_t>(word)];
}
}  // namespace understudy::archive::audit

namespace {

const audit::Roles administrator{Role::administrator}, auditor{Role::auditor}, both{Role::administrator, Role::auditor};

audit::Record whole_record() {
  audit::Record record;
  record.time = base::WallTime(std::chrono::milliseconds(1'700'000'000'123));
  record.event = audit::Event::begun;
  record.actor = {"vera", 1001, "admin socket, process 7"};
  record.role = Role::auditor;
  record.kind = Kind::give;
  record.action = "message/export";
  record.object = {{"account", "a@example.org"}, {"uid", "7"}};
  record.reason = "asked for by the court";
  record.in_case = "17/2026";
  record.outcome = "x";
  record.of = 3;
  record.approval = audit::Approval{2, "adam"};
  record.request = base::sha256("request");
  record.opens = audit::Case{"c", "r", "vera", {"a@example.org"}, record.time, record.time, std::nullopt};
  record.closes = "d";
  record.decides = audit::Decision{9, audit::Decision::Answer::given};
  return record;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_policy)

BOOST_AUTO_TEST_CASE(a_record_comes_back_as_it_was_and_no_shorter_one_does) {
  const auto record = whole_record();
  const auto octets = record.encode();
  const auto read = audit::Record::decode(octets);
  BOOST_REQUIRE(read);
  BOOST_TEST((*read == record));
  for (std::size_t size = 0; size < octets.size(); ++size) BOOST_TEST(!audit::Record::decode(octets.substr(0, size)));
}

BOOST_AUTO_TEST_CASE(a_record_of_a_later_version_or_with_an_unknown_kind_is_refused) {
  auto octets = whole_record().encode();
  auto later = octets;
  later[0] = 2;
  BOOST_TEST((audit::Record::decode(later).error().code == base::errc::unsupported));
  audit::Record plain;
  auto unknown = plain.encode();
  unknown[9] = 77;  // the event
  BOOST_TEST((audit::Record::decode(unknown).error().code == base::errc::damaged));
}

BOOST_AUTO_TEST_CASE(whatever_is_asked_an_entry_stays_within_its_bounds) {
  audit::Record record;
  record.actor.name = std::string(100000, 'n');
  record.reason = std::string(100000, 'r');
  record.outcome = std::string(100000, 'o');
  for (int i = 0; i < 1000; ++i) record.object.push_back({std::string(1000, 'f'), std::string(100000, 'v')});
  record.clip();
  BOOST_TEST(record.encode().size() < 8 * 1024);
  BOOST_TEST(record.reason.ends_with("..."));
  record.reason = std::string(199, 'a') + "\xc3\xa4\xc3\xa4";  // is cut before a character, not in it
  record.clip();
  BOOST_TEST((static_cast<unsigned char>(record.reason[record.reason.size() - 4]) != 0xc3));
}

struct Row {
  Kind kind;
  Word as_administrator, as_auditor, as_both;
};

void judge_all(const Policy& policy, const std::vector<Row>& rows, audit::Named named = audit::Named::no_case) {
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(audit::name_of(row.kind)) {
      BOOST_TEST(audit::judge(policy, administrator, row.kind, named).word == row.as_administrator);
      BOOST_TEST(audit::judge(policy, auditor, row.kind, named).word == row.as_auditor);
      BOOST_TEST(audit::judge(policy, both, row.kind, named).word == row.as_both);
      const auto nobody = audit::judge(policy, {}, row.kind, named);
      BOOST_TEST((nobody.word == (row.kind == Kind::plain ? Word::allowed : Word::refused)));
      for (const auto* roles : {&administrator, &auditor, &both}) {
        const auto verdict = audit::judge(policy, *roles, row.kind, named);
        BOOST_TEST((verdict.word == Word::refused) == !verdict.why.empty());
      }
    }
  }
}

constexpr auto yes = Word::allowed, no = Word::refused, two = Word::wants_approval;

BOOST_AUTO_TEST_CASE(each_kind_of_action_asks_for_its_role) {
  const std::vector<Row> rows = {{Kind::plain, yes, yes, yes},    {Kind::inspect, yes, yes, yes}, {Kind::search, yes, yes, yes},
                                 {Kind::read, yes, yes, yes},     {Kind::give, yes, yes, yes},    {Kind::change, yes, no, yes},
                                 {Kind::configure, yes, no, yes}, {Kind::end, yes, no, yes},      {Kind::review, yes, yes, yes},
                                 {Kind::approve, yes, yes, yes}};
  BOOST_TEST(rows.size() == static_cast<std::size_t>(audit::last_kind));
  judge_all(Policy(), rows);
}

BOOST_AUTO_TEST_CASE(administrators_read_mail_as_the_configuration_says) {
  Policy policy;
  policy.administrators_read = Policy::Reading::never;
  judge_all(policy, {{Kind::inspect, yes, yes, yes},
                     {Kind::search, no, yes, yes},
                     {Kind::read, no, yes, yes},
                     {Kind::give, no, yes, yes},
                     {Kind::change, yes, no, yes}});
  policy.administrators_read = Policy::Reading::second_person;
  judge_all(policy, {{Kind::search, yes, yes, yes}, {Kind::read, two, yes, yes}, {Kind::give, two, yes, yes}});
}

BOOST_AUTO_TEST_CASE(a_second_person_is_asked_for_the_kinds_that_are_named_whoever_asks) {
  Policy policy;
  policy.second_person = {Kind::give, Kind::end, Kind::review, Kind::approve, Kind::plain};
  judge_all(policy, {{Kind::read, yes, yes, yes},
                     {Kind::give, two, two, two},
                     {Kind::end, two, no, two},
                     {Kind::review, yes, yes, yes},
                     {Kind::approve, yes, yes, yes},
                     {Kind::plain, yes, yes, yes}});
}

BOOST_AUTO_TEST_CASE(an_auditor_who_needs_a_case_reads_nothing_without_one) {
  Policy policy;
  policy.auditors_cases = Policy::Cases::needed;
  judge_all(
      policy,
      {{Kind::inspect, yes, no, yes}, {Kind::search, yes, no, yes}, {Kind::read, yes, no, yes}, {Kind::review, yes, yes, yes}});
  judge_all(policy, {{Kind::search, yes, yes, yes}, {Kind::read, yes, yes, yes}}, audit::Named::a_case);
  const auto verdict = audit::judge(policy, auditor, Kind::read, audit::Named::a_case);
  BOOST_TEST((verdict.bound == audit::Verdict::Bound::to_case));
}

BOOST_AUTO_TEST_SUITE_END()
