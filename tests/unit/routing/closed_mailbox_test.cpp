/// Mailboxes that take nothing: for good, since their key was destroyed, or at the moment, since it is not at hand.
#include "tests/unit/routing/site.hpp"

using namespace understudy;
using namespace understudy::test;
using Access = routing::Account::Access;

namespace {

Site with_alice(Site site, Access access) {
  site.directory.account("alice@example.org", access);
  return site;
}
Mail from_world(std::vector<std::string> to) {
  return {world(), "someone@world.example", std::move(to)};
}

const std::string closed = "550 5.2.1 this mailbox was closed for good and takes no mail; its postmaster can say more";
const std::string keeper_away =
    "450 4.2.1 the mailbox that keeps undelivered mail cannot be opened; its postmaster can say more";
const std::string away = "450 4.2.1 this mailbox cannot be opened at the moment; try again later";

}  // namespace

BOOST_AUTO_TEST_SUITE(closed_mailbox)

BOOST_AUTO_TEST_CASE(a_recipient_whose_mailbox_is_closed_is_refused_alone) {
  const auto site = with_alice(primary(), Access::closed_for_good);
  BOOST_TEST(outcome(site, from_world({"alice@example.org"})) == "alice@example.org: " + closed);
  const auto both = outcome(site, from_world({"alice+x@example.org", "bob@example.org"}));
  BOOST_TEST(both.starts_with("alice+x@example.org: " + closed + "; "), both);
  BOOST_TEST(both.find("bob@example.org/INBOX") != std::string::npos, both);
  BOOST_TEST(both.find("alice@example.org/INBOX") == std::string::npos, both);
}

BOOST_AUTO_TEST_CASE(a_list_goes_to_its_other_members) {
  const auto listed = outcome(with_alice(primary(), Access::closed_for_good), from_world({"team@example.org"}));
  BOOST_TEST(listed.find("bob@example.org/INBOX") != std::string::npos, listed);
  BOOST_TEST(listed.find("alice@example.org/INBOX") == std::string::npos, listed);
  BOOST_TEST(listed.find("members-unknown") != std::string::npos, listed);
}

BOOST_AUTO_TEST_CASE(a_user_is_told_by_a_bounce_as_of_every_unknown_recipient) {
  const auto sent =
      outcome(with_alice(primary(), Access::closed_for_good), {user("bob"), "bob@example.org", {"alice@example.org"}});
  BOOST_TEST(sent.find("550 5.2.1") != std::string::npos, sent);
  BOOST_TEST(!sent.starts_with("alice"), sent);
}

BOOST_AUTO_TEST_CASE(an_archive_keeps_what_is_for_a_closed_mailbox_in_undelivered_and_takes_every_copy) {
  const auto site = with_alice(archive(), Access::closed_for_good);
  const auto kept = outcome(site, {the_primary(), "someone@world.example", {"alice@example.org", "bob@example.org"}});
  BOOST_TEST(kept.find("550") == std::string::npos, kept);
  BOOST_TEST(kept.find("undelivered@example.org/INBOX") != std::string::npos, kept);
  BOOST_TEST(kept.find("bob@example.org/INBOX") != std::string::npos, kept);
  BOOST_TEST(kept.find("mailbox-closed") != std::string::npos, kept);
  const auto sent = outcome(site, {the_primary(), "alice@example.org", {"bob@example.org"}});
  BOOST_TEST(sent.find("alice@example.org/Sent") == std::string::npos, sent);
  BOOST_TEST(sent.find("mailbox-closed") != std::string::npos, sent);
}

BOOST_AUTO_TEST_CASE(a_mailbox_that_is_away_puts_its_mail_off_for_everybody) {
  for (const auto& site : {with_alice(primary(), Access::closed_for_now), with_alice(archive(), Access::closed_for_now)})
    for (const auto& origin : {the_primary(), user("bob")})
      for (const auto* to : {"alice@example.org", "team@example.org"})
        BOOST_TEST(outcome(site, {origin, "bob@example.org", {to}}) == std::string(to) + ": " + away);
}

BOOST_AUTO_TEST_CASE(what_would_be_kept_by_an_account_that_is_closed_itself_waits_and_the_reply_says_for_what) {
  for (const auto access : {Access::closed_for_now, Access::closed_for_good}) {
    auto site = with_alice(archive(), Access::closed_for_good);
    site.directory.account("undelivered@example.org", access);
    const auto kept = outcome(site, {the_primary(), "someone@world.example", {"alice@example.org", "bob@example.org"}});
    BOOST_TEST(kept.starts_with("alice@example.org: " + keeper_away + "; "), kept);
    BOOST_TEST(kept.find("bob@example.org/INBOX") != std::string::npos, kept);
    site.directory.creations(0);
    BOOST_TEST(outcome(site, {the_primary(), "", {"new@example.org"}}) == "new@example.org: " + keeper_away);
    site.directory.creations(1);
    BOOST_TEST(outcome(site, {the_primary(), "", {"new@example.org"}}).find("new@example.org/INBOX") != std::string::npos);
    site.directory.alias("nobody@example.org", {});
    BOOST_TEST(outcome(site, {the_primary(), "", {"nobody@example.org"}}) == "nobody@example.org: " + keeper_away);
    site.policy.undelivered = routing::Undelivered::refuse_or_return;  // then nothing would be kept there
    BOOST_TEST(outcome(site, {the_primary(), "", {"alice@example.org"}}) == "alice@example.org: " + closed);
  }
}

BOOST_AUTO_TEST_SUITE_END()
