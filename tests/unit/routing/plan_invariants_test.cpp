// Laws that hold for every message, origin and policy: random ones, the seed of each printed when it breaks one.
#include <algorithm>
#include <random>
#include <set>

#include "routing/plan_codec.hpp"
#include "routing/resolve.hpp"
#include "tests/unit/routing/site.hpp"

using namespace understudy::test;
using understudy::mail::smtp::Envelope;
using namespace understudy::routing;

namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }
  bool coin() { return below(2) == 1; }
  Switch flip() { return coin() ? Switch::on : Switch::off; }
  template <class T>
  const T& one_of(const std::vector<T>& items) {
    return items[below(items.size())];
  }

 private:
  std::mt19937_64 engine_;
};

const std::vector<std::string> addresses = {
    "alice@example.org", "bob@example.org",   "carol@example.org", "Dave+x@copy.example.org", "a.lice@EXAMPLE.org",
    "team@example.org",  "mixed@example.org", "away@example.org",  "loop@example.org",        "postmaster@example.net",
    "nina@example.net",  "ext@world.example", "ext@[192.0.2.1]",   "x@deep.world.test",       "prvs=1=a@example.org",
    "@example.org",      "bad@-bad-",         "new@example.net"};

Site any_site(Dice& dice) {
  Site site = dice.coin() ? primary() : archive();
  if (dice.below(4) == 0) site.directory = archive_without_directory().directory;
  site.directory.alias("loop@example.org", {"loop@example.org"}).account_without_mailbox("carol@example.org");
  site.directory.creations(static_cast<std::uint32_t>(dice.below(4)));
  site.policy.role = dice.one_of<Role>({Role::archive, Role::in_charge, Role::standby});
  site.policy.undelivered = dice.coin() ? Undelivered::store : Undelivered::refuse_or_return;
  auto& p = site.policy.passthrough;
  p.domains = dice.one_of<std::vector<std::string>>({{"*"}, {"example.org"}, {"example.net"}, {}});
  p.copy_to_sender_sent = dice.flip();
  p.create_mailbox = dice.flip();
  p.copy_local_to_outbox = dice.flip();
  p.copy_without_received_to_outbox = dice.flip();
  p.accept_local_from = dice.coin() ? AcceptLocalFrom::anyone : AcceptLocalFrom::clients;
  if (dice.below(4) == 0) site.routes = RouteTable({route("*", "mx")});
  site.refuse_claimed_local = dice.flip();
  return site;
}

Mail any_mail(Dice& dice) {
  Mail mail;
  mail.origin =
      dice.one_of<Origin>({world(), the_primary(), the_archive(), scanner(), user("alice"), made_here(), {.via = Via::import}});
  if (mail.origin.is_client()) mail.origin.may = {dice.coin(), dice.coin(), dice.coin()};
  if (dice.below(4) != 0) mail.from = dice.one_of(addresses);
  for (auto n = 1 + dice.below(5); n > 0; --n) mail.to.push_back(dice.one_of(addresses));
  mail.facts.received_count = dice.below(8) == 0 ? 100 : 1;
  mail.facts.returned = dice.below(8) == 0;
  mail.facts.automatic = dice.coin();
  if (dice.coin()) mail.facts.from = {address(dice.one_of(addresses))};
  mail.notify.bits = static_cast<std::uint8_t>(dice.below(16));
  return mail;
}

/// The judges' part: what is left of the envelope.
Envelope taken(const Site& site, const Mail& mail) {
  auto envelope = envelope_of(mail);
  const auto w = site.world();
  if (judge_reverse_path(envelope.reverse_path, mail.origin, w)) return {};
  std::erase_if(envelope.recipients,
                [&](const auto& r) { return judge_forward_path(r, envelope.reverse_path, mail.origin, w).has_value(); });
  if (judge_message(envelope, mail.origin, mail.facts, w)) return {};
  return envelope;
}

bool leads_to(const Site& site, const Hop& hop, const std::string& client) {
  for (const auto& r : site.routes.routes_of(hop))
    if (!client.empty() && r.via.host == client) return true;
  return false;
}

void check_recipient(const Site& site, const Mail& mail, const Envelope& envelope, const RecipientPlan& got, std::size_t i) {
  const bool local = locate(envelope.recipients[i].forward_path, site.directory).kind == Place::Kind::local;
  for (const Enqueue& entry : got.enqueues) {
    const bool relay = entry.kind == EntryKind::relay;
    BOOST_TEST((!local || !relay || site.policy.role == Role::in_charge), "a local forward-path relayed by a shadow");
    BOOST_TEST((local || relay), "an outside forward-path copied");
    BOOST_TEST((relay || !leads_to(site, entry.hop, mail.origin.client)), "a copy to where it came from");
    BOOST_TEST((relay || entry.hop.is_static()), "a copy to an MX");
    BOOST_TEST((entry.kind != EntryKind::home || mail.origin.via == Via::here), "home, and not made here");
    BOOST_TEST(is_loop(mail.facts, site.policy) == false, "a loop sent on");
    if (!local)
      BOOST_TEST((mail.origin.authenticated() || mail.origin.may.relay || mail.origin.via == Via::here), "an open relay");
  }
  BOOST_TEST((local || got.files.empty()), "an outside recipient filed");
  if (got.success != Report::none) {
    BOOST_TEST(envelope.reverse_path.has_value());
    BOOST_TEST((site.policy.role == Role::in_charge));
    BOOST_TEST(!got.returned);
  }
}

void check_places(const Site& site, const Plan& plan) {
  std::set<std::string> places, made;
  const auto see = [&](const File& file) {
    BOOST_TEST(places.insert(file.account + '\n' + file.folder + '\n' + file.original).second, "filed twice");
    BOOST_TEST((file.original.empty() || file.account == site.directory.undelivered_account()));
    if (file.create && file.original.empty()) made.insert(file.account.substr(file.account.rfind('@')) + file.account);
  };
  for (const auto& recipient : plan.recipients)
    for (const auto& file : recipient.files) see(file);
  if (plan.sent) see(*plan.sent);
  for (const char* domain : {"@example.org", "@example.net"}) {
    const auto count = std::ranges::count_if(made, [&](const std::string& name) { return name.starts_with(domain); });
    BOOST_TEST(static_cast<std::uint32_t>(count) <= site.directory.creations_left(""), "more mailboxes than the limit");
  }
}

void check_plan(const Site& site, const Mail& mail) {
  const auto envelope = taken(site, mail);
  const Plan got = plan(envelope, mail.origin, mail.facts, site.world());
  BOOST_TEST((plan(envelope, mail.origin, mail.facts, site.world()) == got), "two plans for one message");
  BOOST_REQUIRE_EQUAL(got.recipients.size(), envelope.recipients.size());
  for (std::size_t i = 0; i < got.recipients.size(); ++i) {
    const auto& r = got.recipients[i];
    BOOST_TEST((!r.files.empty() || !r.enqueues.empty() || r.returned || !got.marks.empty()), "nothing done, and nothing said");
    check_recipient(site, mail, envelope, r, i);
    // A loop is cut without a word only when it has no sender, and a bounce that fails ends there (RFC 5321 §6.1).
    const bool told = envelope.reverse_path || mail.origin.via == Via::here || mail.origin.via == Via::import;
    BOOST_TEST((told || !r.returned || r.returned->status == "5.4.6"), "taken, and nobody to return it to");
    const auto again = decode_recipient(encode_recipient(r));
    BOOST_TEST((again && *again == r), "changed by its codec");
  }
  if (got.sent) {
    BOOST_TEST(envelope.reverse_path.has_value(), "a Sent copy for the null sender");
    BOOST_TEST((mail.origin.authenticated() || mail.origin.may.local_sender), "a Sent copy for a sender nobody vouched for");
    BOOST_TEST((got.sent->seen && got.sent->folder == sent_folder));
  }
  BOOST_TEST(std::set<std::string>(got.marks.begin(), got.marks.end()).size() == got.marks.size(), "a mark twice");
  check_places(site, got);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_laws_of_planning_hold_for_random_mail) {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    Dice dice(seed);
    const Site site = any_site(dice);
    const Mail mail = any_mail(dice);
    BOOST_TEST_CONTEXT("seed " << seed << ": " << outcome(site, mail)) {
      check_plan(site, mail);
    }
  }
}
