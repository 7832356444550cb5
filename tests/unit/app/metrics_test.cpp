/// What `understudy metrics` prints, read as strictly as a collector may read it, and held to docs/metrics.md.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "base/text.hpp"
#include "tests/unit/app/admin_world.hpp"

using namespace understudy;
using test::Letter;

namespace {

struct Family {
  std::string type, help;
  std::map<std::string, double> samples;  // by what stands between the braces
  std::map<std::string, double> totals;   // of a histogram: "_sum" and "_count"
};

/// The text format of Prometheus 0.0.4: HELP and TYPE once and before the samples, the samples of a family together.
class Parser {
 public:
  std::map<std::string, Family> parse(const std::string& text) {
    BOOST_REQUIRE(text.ends_with('\n'));
    for (const auto line : base::split(std::string_view(text).substr(0, text.size() - 1), '\n')) read(std::string(line));
    return families_;
  }

 private:
  void read(const std::string& line) {
    static const std::regex help(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*))");
    static const std::regex type(R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))");
    static const std::regex sample(
        R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\["\\n])*"(?:,[a-z]+="[a-z_]*")?)\})? (\S+))re");
    std::smatch found;
    if (std::regex_match(line, found, help)) {
      BOOST_REQUIRE_MESSAGE(families_.emplace(found[1], Family{"", found[2], {}}).second, line);
      open_ = found[1];
    } else if (std::regex_match(line, found, type)) {
      BOOST_REQUIRE_MESSAGE(found[1] == open_ && families_[open_].type.empty(), line);
      families_[open_].type = found[2];
    } else {
      BOOST_REQUIRE_MESSAGE(std::regex_match(line, found, sample), "no line of the format: " << line);
      BOOST_REQUIRE_MESSAGE(!families_[open_].type.empty(), line);
      std::size_t used = 0;
      const auto value = std::stod(found[3], &used);
      BOOST_TEST(used == static_cast<std::size_t>(found[3].length()), line);
      BOOST_TEST((std::isfinite(value) && value >= 0), line);
      take(line, found[1], found[2], value);
    }
  }
  void take(const std::string& line, const std::string& name, const std::string& labels, double value) {
    auto& family = families_[open_];
    const bool is_histogram = family.type == "histogram";
    if (name == (is_histogram ? open_ + "_bucket" : open_)) {
      BOOST_REQUIRE_MESSAGE(family.samples.emplace(labels, value).second, line);
    } else {
      BOOST_REQUIRE_MESSAGE(is_histogram && labels.empty() && (name == open_ + "_sum" || name == open_ + "_count"), line);
      BOOST_REQUIRE_MESSAGE(family.totals.emplace(name.substr(open_.size()), value).second, line);
    }
  }

  std::map<std::string, Family> families_;
  std::string open_;
};

struct Documented {
  std::string type, labels;
};

std::map<std::string, Documented> documented() {
  std::ifstream in(std::filesystem::path(UNDERSTUDY_SOURCE_DIR) / "docs/metrics.md");
  BOOST_REQUIRE(in.good());
  std::map<std::string, Documented> out;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    const auto cells = base::split(line, '|');
    const auto cell = [&](std::size_t index) {
      std::string text(base::trim(cells.at(index)));
      std::erase(text, '`');
      return text;
    };
    BOOST_TEST(out.emplace(cell(1), Documented{cell(2), cell(3)}).second, line);
  }
  return out;
}

struct World : test::AdminWorld {
  World() {
    machine_status = boost::json::object{
        {"messages", {{"accepted", 7}, {"resent", 2}, {"refused", 3}}},
        {"custody_refused", {{"damaged", 21}, {"replayed", 22}}},
        {"sessions", 4},
        {"space_low", true},
        {"logins_refused", 9},
        {"access",
         {{"imap", {{"strangers", 41}, {"users", 42}, {"idle", 43}, {"logins", 31}, {"commands", 32}, {"refused", 33}}},
          {"pop3", {{"strangers", 44}, {"users", 45}, {"idle", 0}, {"logins", 35}, {"commands", 36}, {"refused", 37}}},
          {"appended", 34}}},
        {"deliveries", {{"delivered", 11}, {"deferred", 12}, {"failed", 13}, {"held", 14}}},
        {"hops", {{{"hop", "route:*"}, {"entries", 5}}, {{"hop", "mx:a\"b\\c\nd.example"}, {"entries", 6}}}},
    };
  }

  std::map<std::string, Family> metrics() {
    const auto answer = ask("server/metrics");
    BOOST_REQUIRE(answer.octets.has_value());
    std::string text;
    while (text.size() < answer.octets->size) text += *answer.octets->read(text.size());
    return Parser().parse(text);
  }
  double value(const std::string& name) { return metrics().at(name).samples.at(""); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(metrics, World)

BOOST_AUTO_TEST_CASE(names_types_and_labels_are_those_of_the_documentation) {
  const auto families = metrics();
  const auto table = documented();
  for (const auto& [name, family] : families) {
    const auto found = table.find(name);
    BOOST_TEST((found != table.end()), name);
    if (found == table.end()) continue;
    BOOST_TEST(family.type == found->second.type, name);
    for (const auto& [labels, value] : family.samples) {
      const auto second = labels.find("\",");
      const auto more = second == labels.npos ? "" : ", " + labels.substr(second + 2, labels.rfind('=') - second - 2);
      BOOST_TEST(labels.substr(0, labels.find('=')) + more == found->second.labels, name);
    }
  }
  for (const auto& [name, row] : table) BOOST_TEST(families.contains(name), name);
}

BOOST_AUTO_TEST_CASE(mail_that_was_not_taken_under_its_number_is_counted_by_why) {
  const auto refused = metrics().at("understudy_custody_refused_total").samples;
  BOOST_TEST(refused.at("reason=\"damaged\"") == 21);
  BOOST_TEST(refused.at("reason=\"replayed\"") == 22);
  BOOST_TEST(value("understudy_custody_numbers_total") == 0);
  BOOST_TEST(value("understudy_custody_low_mark") == 1);
}

BOOST_AUTO_TEST_CASE(what_is_witnessed_is_told_of_both_journals) {
  const auto entries = metrics().at("understudy_witness_entries").samples;
  for (const char* labels : {R"(journal="mail",side="ours")", R"(journal="mail",side="theirs")",
                             R"(journal="audit",side="ours")", R"(journal="audit",side="theirs")"})
    BOOST_TEST(entries.at(labels) == 0, labels);
}

BOOST_AUTO_TEST_CASE(what_those_do_who_read_mail_is_told_of_each_protocol) {
  using Samples = std::map<std::string, double>;
  const auto by_protocol = [](double imap, double pop3) {
    return Samples{{R"(protocol="imap")", imap}, {R"(protocol="pop3")", pop3}};
  };
  auto families = metrics();
  BOOST_TEST((families["understudy_access_logins_total"].samples == by_protocol(31, 35)));
  BOOST_TEST((families["understudy_access_commands_total"].samples == by_protocol(32, 36)));
  BOOST_TEST((families["understudy_access_refused_total"].samples == by_protocol(33, 37)));
  BOOST_TEST((families["understudy_access_sessions"].samples == Samples{{R"(protocol="imap",state="strangers")", 41},
                                                                        {R"(protocol="imap",state="users")", 42},
                                                                        {R"(protocol="imap",state="idle")", 43},
                                                                        {R"(protocol="pop3",state="strangers")", 44},
                                                                        {R"(protocol="pop3",state="users")", 45}}));
  BOOST_TEST(value("understudy_access_appended_total") == 34);
}

BOOST_AUTO_TEST_CASE(names_are_as_prometheus_asks) {
  for (const auto& [name, family] : metrics()) {
    BOOST_TEST(name.starts_with("understudy_"));
    BOOST_TEST(name.ends_with("_total") == (family.type == "counter"), name);
    BOOST_TEST(family.help.ends_with('.'), name);
  }
}

BOOST_AUTO_TEST_CASE(what_the_machine_says_of_itself_stands_in_the_metrics) {
  const std::pair<const char*, double> expected[] = {
      {"understudy_messages_accepted_total", 7},
      {"understudy_messages_resent_total", 2},
      {"understudy_messages_refused_total", 3},
      {"understudy_sessions", 4},
      {"understudy_logins_refused_total", 9},
      {"understudy_recipients_delivered_total", 11},
      {"understudy_recipients_deferred_total", 12},
      {"understudy_recipients_failed_total", 13},
      {"understudy_copies_held_total", 14},
      {"understudy_store_space_low", 1},
      {"understudy_store_stopped", 0},
  };
  for (const auto& [name, number] : expected) BOOST_TEST(value(name) == number, name);
  const std::map<std::string, double> hops = {{R"(hop="route:*")", 5}, {R"(hop="mx:a\"b\\c\nd.example")", 6}};
  BOOST_TEST((metrics().at("understudy_outbox_entries").samples == hops));
}

BOOST_AUTO_TEST_CASE(a_message_and_an_account_move_what_counts_them) {
  const auto before = metrics();
  const auto was = [&](const char* name) { return before.at(name).samples.at(""); };
  get("account/add", {{"account", "dora@example.org"}});
  BOOST_TEST(value("understudy_accounts") == was("understudy_accounts") + 1);
  BOOST_TEST(value("understudy_commits_total") > was("understudy_commits_total"));
  BOOST_TEST(value("understudy_commit_syncs_total") > was("understudy_commit_syncs_total"));
  BOOST_TEST(value("understudy_changes_total") > was("understudy_changes_total"));
  BOOST_TEST(value("understudy_commits_total") <= value("understudy_changes_total"));
  BOOST_TEST(value("understudy_commit_syncs_total") <= value("understudy_commits_total"));
  BOOST_TEST(value("understudy_journal_entries") == was("understudy_journal_entries"));
}

BOOST_AUTO_TEST_CASE(the_histogram_of_commits_counts_upwards_to_all_that_waited_for_the_medium) {
  get("account/add", {{"account", "dora@example.org"}});
  const auto commits = metrics().at("understudy_commit_seconds");
  const char* bounds[] = {"0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1", "+Inf"};
  double before = 0;
  for (const auto* bound : bounds) {
    const auto found = commits.samples.find("le=\"" + std::string(bound) + "\"");
    BOOST_REQUIRE_MESSAGE(found != commits.samples.end(), bound);
    BOOST_TEST(found->second >= before, bound);
    before = found->second;
  }
  BOOST_TEST(commits.samples.size() == std::size(bounds));
  BOOST_TEST(before > 0);
  BOOST_TEST(commits.totals.at("_count") == before);
  BOOST_TEST(commits.totals.at("_count") == value("understudy_commit_syncs_total"));
  BOOST_TEST(commits.totals.contains("_sum"));
}

BOOST_AUTO_TEST_CASE(what_the_store_says_of_itself_stands_in_metrics_and_status) {
  Letter letter(std::string(3000, 'x') + "\r\n");
  BOOST_REQUIRE(accept(letter.to("bob@example.org").file("bob@example.org")).has_value());
  const auto figures = store().figures();
  BOOST_TEST(figures.live_octets > 3000u);
  const auto now = metrics();
  const std::map<std::string, double> octets = {
      {R"(kind="live")", figures.live_octets}, {R"(kind="dead")", 0}, {R"(kind="records")", 0}};
  BOOST_TEST((now.at("understudy_store_octets").samples == octets));
  const std::map<std::string, double> parts = {{R"(found="yes")", 0}, {R"(found="no")", 0}};
  BOOST_TEST((now.at("understudy_store_parts_total").samples == parts));
  BOOST_TEST(value("understudy_store_octets_accepted_total") == figures.octets_accepted);
  BOOST_TEST(value("understudy_store_octets_written_total") == figures.octets_written);
  BOOST_TEST(value("understudy_store_dictionary") == 0);
  BOOST_TEST(value("understudy_store_collected_segments_total") == 0);
  const auto status = get("server/status").as_object().at("store").as_object();
  BOOST_TEST(status.at("live_octets").to_number<std::uint64_t>() == figures.live_octets);
  for (const char* key : {"dead_octets", "record_octets", "dictionary"}) BOOST_TEST(status.at(key).to_number<int>() == 0, key);
}

BOOST_AUTO_TEST_SUITE_END()
