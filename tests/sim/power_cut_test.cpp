/// Two whole machines on the engine that the program has, over a file system that forgets what was not synced: the power of one
/// or the other goes at any write, again and again. UNDERSTUDY_POWER_CUTS says how often, UNDERSTUDY_SEED repeats a run as far
/// as RocksDB's threads let it.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>

#include <boost/test/unit_test.hpp>

#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "base/text.hpp"
#include "tests/sim/company.hpp"

using namespace understudy;
using namespace understudy::sim;
using namespace std::chrono_literals;

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  const auto number = base::to_number(text ? text : "");
  return number ? *number : otherwise;
}

/// What was answered with 250: in which places it must be, and with which octets.
class Ledger {
 public:
  using Folder = std::pair<std::string, std::string>;
  enum class Kind : std::uint8_t { world_to_user, user_to_user, user_to_both };

  void send(Company& company, Kind kind, std::size_t padding) {
    const std::string subject = "m" + std::to_string(1000 + sent_.size());
    if (kind == Kind::world_to_user) {
      company.send("203.0.113.9", "ext@world.example", {"alice@example.org"}, subject, padding);
      filed_[{"alice@example.org", "INBOX"}].insert(subject);
    } else {
      std::vector<std::string> to = {"bob@example.org"};
      if (kind == Kind::user_to_both) to.emplace_back("ext@world.example");
      company.send("192.0.2.40", "alice@example.org", to, subject, padding);
      filed_[{"bob@example.org", "INBOX"}].insert(subject);
      sent_by_users_.insert(subject);
      if (kind == Kind::user_to_both) relayed_.insert(subject);
    }
    sent_[subject] = message(subject, padding);
  }

  /// What is wrong, in words; empty: nothing is.
  std::string compare(Company& company, std::size_t cuts) {
    for (Box* box : {&company.primary, &company.archive}) {
      const std::string who = box == &company.primary ? "primary" : "archive";
      for (const auto& [folder, subjects] : filed_)
        if (auto wrong = compare(*box, folder, subjects); !wrong.empty()) return who + ", " + wrong;
      const auto verdict =
          archive::journal::verify(box->store(), box->store().bodies(), {0, archive::journal::Depth::bodies}, {});
      if (!verdict) return who + ": " + verdict.error().text();
      if (!verdict->faults.empty()) return who + ": " + verdict->faults.front();
      if (box->queued() != 0) return who + ": the outbox is not empty";
    }
    if (auto wrong = compare(company.archive, {"alice@example.org", "\\Sent"}, sent_by_users_); !wrong.empty()) return wrong;
    return compare_outside(company.outside, cuts);
  }

 private:
  std::string compare(Box& box, const Folder& folder, const std::set<std::string>& subjects) const {
    std::multiset<std::string> found;
    for (const auto& [subject, octets] : box.octets(folder.first, folder.second)) {
      found.insert(subject);
      const auto sent = sent_.find(subject);
      if (sent == sent_.end() || !octets.ends_with(sent->second)) return folder.first + ": " + subject + " has other octets";
    }
    for (const auto& subject : subjects)
      if (found.count(subject) != 1)
        return folder.first + "/" + folder.second + ": " + subject + " is there " + std::to_string(found.count(subject)) +
               " times";
    return found.size() == subjects.size() ? std::string() : folder.first + ": there is more than was sent";
  }

  /// The world is no Understudy: after each cut it may get once more what was under way.
  std::string compare_outside(const Outside& outside, std::size_t cuts) const {
    std::multiset<std::string> found;
    for (const auto& got : outside.messages)
      for (const auto& subject : relayed_)
        if (got.octets.ends_with(sent_.at(subject))) found.insert(subject);
    if (found.size() != outside.messages.size()) return "the world got what was never sent";
    for (const auto& subject : relayed_)
      if (found.count(subject) == 0) return "the world never got " + subject;
    if (found.size() > relayed_.size() + 2 * cuts) return "the world got too much";
    return {};
  }

  std::map<std::string, std::string> sent_;  ///< octets by subject
  std::map<Folder, std::set<std::string>> filed_;
  std::set<std::string> sent_by_users_, relayed_;
};

/// Sends until the power of one has gone, or for long enough.
void work(Company& company, Ledger& ledger, std::mt19937_64& draw) {
  for (int i = 0; i < 30 && !company.primary.dead() && !company.archive.dead(); ++i) {
    const std::size_t padding = draw() % 4 == 0 ? draw() % 40'000 : draw() % 500;
    ledger.send(company, static_cast<Ledger::Kind>(draw() % 3), padding);
    if (draw() % 4 == 0) company.world.advance(1min);
  }
}

/// Returns how often the power went.
std::size_t survive(std::uint64_t cuts, std::uint64_t seed, std::mt19937_64& draw) {
  Company company(Engine::rocksdb);
  company.primary.power_on();
  company.archive.power_on();
  Ledger ledger;
  std::size_t gone = 0;
  for (std::uint64_t cut = 1; cut <= cuts; ++cut) {
    const auto who = draw() % 5;  // now and then both, one soon after the other
    if (who < 3) company.primary.drive<RocksDrive>().plan_cut(1 + draw() % 90);
    if (who == 0 || who > 2) company.archive.drive<RocksDrive>().plan_cut(1 + draw() % 90);
    work(company, ledger, draw);
    while (company.repair(draw() | 1)) ++gone;
    company.drain();
    const auto wrong = ledger.compare(company, gone);
    BOOST_REQUIRE_MESSAGE(wrong.empty(), "UNDERSTUDY_SEED=" << seed << ", cut " << cut << ": " << wrong);
  }
  return gone;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(power_cut)

BOOST_AUTO_TEST_CASE(power_cuts_on_the_engine_of_the_program_lose_and_double_nothing_that_was_answered) {
  constexpr std::uint64_t cuts_of_one_company = 20;  // its mail is compared after each
  const auto cuts = number_from("UNDERSTUDY_POWER_CUTS", 40);
  const auto seed = number_from("UNDERSTUDY_SEED", std::random_device()());
  std::cout << "power cuts: " << cuts << ", UNDERSTUDY_SEED=" << seed << std::endl;
  std::mt19937_64 draw(seed);
  std::size_t gone = 0;
  for (std::uint64_t done = 0; done < cuts; done += cuts_of_one_company)
    gone += survive(std::min(cuts - done, cuts_of_one_company), seed, draw);
  std::cout << "the power went " << gone << " times" << std::endl;
  BOOST_TEST(gone > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
