// Whose mailbox: postmaster, detail, aliases and lists, and the limit on new mailboxes.
#include "tests/unit/routing/site.hpp"

using namespace understudy::test;
using namespace understudy::routing;

BOOST_AUTO_TEST_SUITE(plan_mailbox)

BOOST_AUTO_TEST_CASE(postmaster_of_every_domain_reaches_the_postmaster) {  // RFC 5321 §4.5.1
  Site outside = primary();
  outside.directory.postmaster_is("hostmaster@world.example");
  Site none = primary();
  none.directory.postmaster_is("postmaster@example.org");
  Site own = primary();
  own.directory.alias("postmaster@example.net", {"nina@example.net"});
  check({
      {"of a domain",
       primary(),
       {world(), "x@world.example", {"POSTMASTER@example.net"}},
       "1: file admin@example.org/INBOX, copy route:*"},
      {"without a domain",
       primary(),
       {world(), "x@world.example", {"Postmaster"}},
       "1: file admin@example.org/INBOX, copy route:*"},
      {"on the archive",
       archive(),
       {the_primary(), "x@world.example", {"postmaster@example.org"}},
       "1: file admin@example.org/INBOX"},
      {"on the archive, not known yet",
       archive_without_directory(),
       {the_primary(), "x@world.example", {"postmaster@example.org"}},
       "1: create and file admin@example.org/INBOX"},
      {"who reads his mail elsewhere",
       outside,
       {world(), "x@world.example", {"postmaster@example.org", "Postmaster"}},
       "1: relay route:* to hostmaster@world.example, copy route:*; 2: copy route:*; marks: same-place"},
      {"an alias of the domain's own comes first",
       own,
       {world(), "x@world.example", {"postmaster@example.net"}},
       "1: file nina@example.net/INBOX, copy route:*"},
      {"a local one without an account is an error of check",
       none,
       {world(), "x@world.example", {"postmaster@example.net"}},
       "postmaster@example.net: 550 5.1.1 no such user"},
  });
}

BOOST_AUTO_TEST_CASE(an_exact_account_is_preferred_to_the_one_without_detail) {
  Site site = primary();
  site.directory.account("alice+shop@example.org").alias("bob+all@example.org", {"admin@example.org"});
  Site off = primary();
  off.directory.separator('\0');
  Site hyphen = primary();
  hyphen.directory.separator('-');
  check({
      {"exact account",
       site,
       {world(), "x@world.example", {"Alice+Shop@example.org"}},
       "1: file alice+shop@example.org/INBOX, copy route:*"},
      {"exact alias",
       site,
       {world(), "x@world.example", {"bob+all@example.org"}},
       "1: file admin@example.org/INBOX, copy route:*"},
      {"both in one transaction",
       site,
       {world(), "x@world.example", {"bob+all@example.org", "bob@example.org", "bob+x@example.org"}},
       "1: file admin@example.org/INBOX, copy route:*; 2: file bob@example.org/INBOX, copy route:*; 3: copy route:*; marks: "
       "same-place"},
      {"detail of an alias",
       site,
       {world(), "x@world.example", {"a.lice+x@example.org"}},
       "1: file alice@example.org/INBOX, copy route:*"},
      {"off", off, {world(), "x@world.example", {"alice+x@example.org"}}, "alice+x@example.org: 550 5.1.1 no such user"},
      {"another separator",
       hyphen,
       {world(), "x@world.example", {"alice-x@example.org"}},
       "1: file alice@example.org/INBOX, copy route:*"},
      {"nothing but detail",
       archive(),
       {the_primary(), "x@world.example", {"+x@example.org"}},
       "1: create and file +x@example.org/INBOX"},
  });
}

BOOST_AUTO_TEST_CASE(aliases_and_lists_reach_each_account_once_and_send_outside_only_in_charge) {
  Site site = primary();
  site.directory.alias("all@example.org", {"team@example.org", "alice+x@example.org", "mixed@example.org", "bob@example.org"});
  Site shadow = archive();
  shadow.directory = site.directory;
  Site standby = shadow;
  standby.policy.role = Role::standby;
  check({
      {"in charge",
       site,
       {world(), "x@world.example", {"all@example.org"}},
       "1: file alice@example.org/INBOX, file bob@example.org/INBOX, relay route:* to ext@world.example, copy route:*"},
      {"archive",
       shadow,
       {the_primary(), "x@world.example", {"all@example.org"}},
       "1: file alice@example.org/INBOX, file bob@example.org/INBOX; marks: members-outside"},
      {"standby",
       standby,
       {the_primary(), "x@world.example", {"all@example.org"}},
       "1: file alice@example.org/INBOX, file bob@example.org/INBOX; marks: members-outside"},
      {"archive without a directory: the list's own name",
       archive_without_directory(),
       {the_primary(), "x@world.example", {"all@example.org"}},
       "1: create and file all@example.org/INBOX"},
      {"outside members only, in charge",
       primary(),
       {world(), "x@world.example", {"away@example.org"}},
       "1: relay route:* to ext@world.example, copy route:*"},
      {"outside members only, archive",
       archive(),
       {the_primary(), "x@world.example", {"away@example.org"}},
       "1: journal only; marks: members-outside"},
      {"a member who is named too",
       primary(),
       {user("alice"), "alice@example.org", {"ext@world.example", "mixed@example.org"}},
       "1: relay route:*; 2: file bob@example.org/INBOX, copy route:*; marks: same-place"},
  });
}

BOOST_AUTO_TEST_CASE(a_list_with_a_member_who_left_still_reaches_the_others) {
  Site site = primary();
  site.directory.alias("old@example.org", {"left@example.org", "bob@example.org"})
      .alias("gone@example.org", {"left@example.org"});
  Site shadow = archive();
  shadow.directory = site.directory;
  check({
      {"in charge",
       site,
       {world(), "x@world.example", {"old@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*; marks: members-unknown"},
      {"nobody left", site, {world(), "x@world.example", {"gone@example.org"}}, "gone@example.org: 550 5.1.1 no such user"},
      {"archive",
       shadow,
       {the_primary(), "x@world.example", {"old@example.org"}},
       "1: create and file left@example.org/INBOX, file bob@example.org/INBOX"},
  });
}

BOOST_AUTO_TEST_CASE(an_alias_that_leads_nowhere_is_refused_or_kept_and_never_lost) {
  Site site = primary();
  site.directory.alias("a@example.org", {"b@example.org"}).alias("b@example.org", {"a@example.org"});
  site.directory.alias("c@example.org", {"c@example.org", "bob@example.org"});
  for (int i = 0; i < 12; ++i)
    site.directory.alias("deep" + std::to_string(i) + "@example.org", {"deep" + std::to_string(i + 1) + "@example.org"});
  site.directory.account("deep12@example.org").alias("wide@example.org", {"bob@example.org", "deep1@example.org"});
  Site shadow = archive();
  shadow.directory = site.directory;
  check({
      {"loop", site, {world(), "x@world.example", {"a@example.org"}}, "a@example.org: 550 5.2.4 the alias leads to nobody"},
      {"loop, submitted",
       site,
       {user("alice"), "alice@example.org", {"a@example.org"}},
       "1: return 550 5.2.4 the alias leads to nobody"},
      {"loop, archive",
       shadow,
       {the_primary(), "x@world.example", {"a@example.org"}},
       "1: file undelivered@example.org/INBOX for a@example.org; marks: alias-empty"},
      {"itself and another",
       site,
       {world(), "x@world.example", {"c@example.org"}},
       "1: file bob@example.org/INBOX, copy route:*"},
      {"ten deep", site, {world(), "x@world.example", {"deep2@example.org"}}, "1: file deep12@example.org/INBOX, copy route:*"},
      {"eleven deep",
       site,
       {world(), "x@world.example", {"deep1@example.org"}},
       "deep1@example.org: 550 5.2.4 the alias is nested too deep or too large"},
      {"eleven deep, archive",
       shadow,
       {the_primary(), "x@world.example", {"deep1@example.org"}},
       "1: file undelivered@example.org/INBOX for deep1@example.org; marks: alias-limit"},
      {"half of it, in charge: nobody gets it",
       site,
       {world(), "x@world.example", {"wide@example.org"}},
       "wide@example.org: 550 5.2.4 the alias is nested too deep or too large"},
      {"half of it, archive",
       shadow,
       {the_primary(), "x@world.example", {"wide@example.org"}},
       "1: file bob@example.org/INBOX, file undelivered@example.org/INBOX for wide@example.org; marks: alias-limit"},
      {"nobody's Sent folder",
       shadow,
       {the_primary(), "wide@example.org", {"bob@example.org"}},
       "1: file bob@example.org/INBOX; marks: sender-not-one"},
  });
}

BOOST_AUTO_TEST_CASE(beyond_the_create_limit_mail_is_kept_in_the_undelivered_account) {
  Site site = archive_without_directory();
  site.directory.creations(1);
  Site full = site;
  full.directory.creations(0);
  check({
      {"each new name counts, in one message too",
       site,
       {the_primary(), "x@world.example", {"carol@example.org", "dave@example.org", "carol+x@example.org"}},
       "1: create and file carol@example.org/INBOX; 2: file undelivered@example.org/INBOX for dave@example.org; 3: journal "
       "only; "
       "marks: create-limit, same-place"},
      {"the sender's own counts once",
       site,
       {the_primary(), "carol@example.org", {"carol@example.org"}},
       "1: create and file carol@example.org/INBOX; sent: create and file carol@example.org/Sent seen"},
      {"the sender after the recipients",
       site,
       {the_primary(), "alice@example.org", {"carol@example.org"}},
       "1: create and file carol@example.org/INBOX; sent: file undelivered@example.org/Sent for alice@example.org seen; "
       "marks: create-limit"},
      {"each keeps its own name",
       full,
       {the_primary(), "x@world.example", {"carol@example.org", "dave@example.org"}},
       "1: file undelivered@example.org/INBOX for carol@example.org; 2: file undelivered@example.org/INBOX for "
       "dave@example.org; "
       "marks: create-limit"},
      {"what is there needs no creation",
       full,
       {the_primary(), "x@world.example", {"undelivered@example.org"}},
       "1: file undelivered@example.org/INBOX"},
  });
}

BOOST_AUTO_TEST_CASE(the_undelivered_account_itself_is_made_at_need_and_beyond_any_limit) {
  Site site = archive_without_directory();
  site.directory = TableDirectory();
  site.directory.domain("example.org").creations(0);
  check({{"first of all",
          site,
          {the_primary(), "x@world.example", {"carol@example.org"}},
          "1: create and file undelivered@example.org/INBOX for carol@example.org; marks: create-limit"}});
}

/// Counts how often it is asked for a list, since each answer is a copy of its members.
class CountingDirectory final : public Directory {
 public:
  explicit CountingDirectory(const TableDirectory& table) : table_(table) {}
  std::optional<std::string> local_domain(std::string_view d) const override { return table_.local_domain(d); }
  std::optional<Account> account(std::string_view name) const override { return table_.account(name); }
  std::optional<AliasTarget> alias(std::string_view name) const override {
    auto found = table_.alias(name);
    if (found) ++lists;
    return found;
  }
  char detail_separator() const override { return table_.detail_separator(); }
  std::uint32_t creations_left(std::string_view d) const override { return table_.creations_left(d); }
  AccountName undelivered_account() const override { return table_.undelivered_account(); }
  AccountName postmaster() const override { return table_.postmaster(); }

  mutable int lists = 0;

 private:
  const TableDirectory& table_;
};

BOOST_AUTO_TEST_CASE(a_list_that_a_thousand_recipients_name_is_expanded_once) {
  const Site site = primary();
  const CountingDirectory directory(site.directory);
  Mail mail{world(), "x@world.example", {}};
  mail.to.assign(500, "team@example.org");
  for (int i = 0; i < 500; ++i) mail.to.push_back("team+" + std::to_string(i) + "@example.org");
  const auto envelope = envelope_of(mail);
  const Plan got = plan(envelope, mail.origin, mail.facts, {site.policy, directory, site.routes});
  BOOST_TEST(directory.lists < 5);
  BOOST_TEST(describe(got.recipients[0]) == "file alice@example.org/INBOX, file bob@example.org/INBOX, copy route:*");
  BOOST_TEST(describe(got.recipients[1]) == "journal only");
  BOOST_TEST(describe(got.recipients[999]) == "copy route:*");
}

BOOST_AUTO_TEST_CASE(an_empty_local_part_makes_no_account) {
  check({{"<\"\"@example.org>",
          archive(),
          {the_primary(), "x@world.example", {"@example.org"}},
          "1: file undelivered@example.org/INBOX for @example.org; marks: no-mailbox-name"}});
}

BOOST_AUTO_TEST_SUITE_END()
