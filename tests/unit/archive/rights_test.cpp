/// Rights of others to mailboxes: what they come to; kept, inherited, gone with the mailbox, made again by a rebuild, held
/// against the change log; and the index that says who shares what with whom.
#include "archive/check/mailboxes.hpp"
#include "archive/check/tables.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "archive/mailbox/shares.hpp"
#include "tests/support/archive_mailbox.hpp"
#include "tests/unit/archive/account_records.hpp"

using namespace understudy;
using namespace understudy::archive;
using mailbox::Grant;
using mailbox::Owner;
using mailbox::Rights;
using test::ArchiveWorld;
using test::TestMailbox;

namespace {

constexpr mailbox::AccountNumber bob = 70, carol = 71;

struct Opened {
  ArchiveWorld world;
  std::optional<TestMailbox> box;
  Opened() {
    BOOST_REQUIRE(world.open());
    box.emplace(world, "alice@example.org");
  }
  mailbox::FolderNumber folder(const std::string& name) {
    return mailbox::find_folder(world.store(), box->number, name)->number;
  }
  const mailbox::Shares& shares() { return world.archive().shares(); }
  std::string rights(const std::string& name, mailbox::AccountNumber account) {
    return shares().rights_to(box->number, folder(name), account).text();
  }
  base::Result<> give(const Grant& grant, Owner::Give how, mailbox::FolderNumber folder = 1) {
    return world.change(
        [&](auto& stage, auto& owners) { return owners.mailbox.share(stage, box->number, folder, grant, how); });
  }
  std::vector<std::string> faults() { return test::mailbox_faults(world); }
  void put(const std::string& key, const std::optional<std::string>& value) {
    test::put_record(world, box->number, store::Table::rights, key, value);
  }
  std::size_t records() {
    const auto all = test::dump(world.store());
    const auto found = all.find({store::Table::rights, mailbox::shard_of(box->number)});
    return found == all.end() ? 0 : found->second.size();
  }
  std::size_t changes() { return mailbox::changes(world.store(), box->number, 0, 10'000)->size(); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(rights)

BOOST_AUTO_TEST_CASE(letters_are_written_in_one_order_and_those_of_rfc_2086_stand_for_theirs) {
  for (const auto& [text, written, told] :
       std::vector<std::array<std::string_view, 3>>{{"", "", ""},
                                                    {"rl", "lr", "lr"},
                                                    {"lll", "l", "l"},
                                                    {"c", "kx", "kxc"},
                                                    {"d", "te", "ted"},
                                                    {"x", "x", "xc"},
                                                    {"t", "t", "td"},
                                                    {"aetxkpiwsrl", "lrswipkxtea", "lrswipkxteacd"},
                                                    {"lrswipcda", "lrswipkxtea", "lrswipkxteacd"}}) {
    const auto rights = Rights::parse(text);
    BOOST_REQUIRE(rights.has_value());
    BOOST_TEST(rights->text() == written);
    BOOST_TEST(rights->told() == told);
  }
  for (const std::string_view wrong : {"z", "L", "lr ", "0", "l-r", "\xc3\xa4"}) BOOST_TEST(!Rights::parse(wrong).has_value());
  BOOST_TEST((Rights::of("lrswipkxtea") == Rights::all() && Rights::all().text() == Rights::letters));
}

BOOST_AUTO_TEST_CASE(what_is_taken_away_outweighs_what_is_given_by_whomever) {
  struct Row {
    std::vector<Grant> grants;
    std::string_view bobs, carols;
  };
  const auto of = [](std::string name, std::uint64_t account, std::string_view rights) {
    return Grant{std::move(name), account, *Rights::parse(rights)};
  };
  for (const auto& row : std::vector<Row>{{{}, "", ""},
                                          {{of("bob@x", bob, "lr")}, "lr", ""},
                                          {{of("anyone", 0, "lr")}, "lr", "lr"},
                                          {{of("anyone", 0, "l"), of("bob@x", bob, "rs")}, "lrs", "l"},
                                          {{of("anyone", 0, "lr"), of("-bob@x", bob, "r")}, "l", "lr"},
                                          {{of("bob@x", bob, "lr"), of("-bob@x", bob, "lr")}, "", ""},
                                          {{of("bob@x", bob, "lrs"), of("-anyone", 0, "s")}, "lr", ""},
                                          {{of("-anyone", 0, "lrswipkxtea"), of("anyone", 0, "lr")}, "", ""},
                                          {{of("-carol@x", carol, "l"), of("bob@x", bob, "l")}, "l", ""}}) {
    BOOST_TEST(mailbox::rights_of(bob, row.grants).text() == row.bobs);
    BOOST_TEST(mailbox::rights_of(carol, row.grants).text() == row.carols);
  }
}

BOOST_AUTO_TEST_CASE(rights_stay_with_a_folder_under_any_name_and_go_with_it) {
  Opened o;
  BOOST_REQUIRE((o.box->make("Box") && o.box->share("Box", "bob@x", bob, "lr") && o.box->share("Box", "-anyone", 0, "a")));
  BOOST_TEST(o.rights("Box", bob) == "lr");
  BOOST_TEST((o.shares().owners_for(bob) == std::set{o.box->number} && o.shares().owners_for(carol).empty()));
  BOOST_REQUIRE(o.box->rename("Box", "Renamed"));
  BOOST_TEST(o.rights("Renamed", bob) == "lr");
  BOOST_TEST(o.shares().of(o.box->number)->begin()->second.name == "Renamed");
  BOOST_TEST(o.faults().empty());
  const auto before = test::dump(o.world.store());
  const auto number = o.folder("Renamed");
  BOOST_REQUIRE(o.box->remove("Renamed"));
  BOOST_TEST((o.records() == 0u && !o.shares().has(o.box->number) && o.shares().owners_for(bob).empty()));
  BOOST_TEST(o.shares().rights_to(o.box->number, number, bob).empty());
  BOOST_TEST(o.faults().empty());
}

BOOST_AUTO_TEST_CASE(a_rebuild_and_a_new_start_keep_rights) {
  Opened o;
  BOOST_REQUIRE((o.box->make("Box") && o.box->share("Box", "bob@x", bob, "lr") && o.box->share("INBOX", "anyone", 0, "i")));
  BOOST_REQUIRE((o.box->share("Box", "carol@x", carol, "l") && o.box->share("Box", "carol@x", carol, "")));
  const auto before = test::dump(o.world.store());
  o.put(mailbox::keys::right(1, "stray@x"), mailbox::encode_grant(9, "lr"));
  o.world.close();
  {
    store::MemoryStore store(o.world.disk);
    BOOST_REQUIRE(mailbox::rebuild(store, o.box->number));
    BOOST_TEST((test::dump(store) == before));
  }
  BOOST_REQUIRE(o.world.open());
  BOOST_TEST((o.rights("Box", bob) == "lri" || o.rights("Box", bob) == "lr"));
  BOOST_TEST(o.rights("INBOX", carol) == "i");
  BOOST_TEST(o.rights("Box", carol) == "");
}

BOOST_AUTO_TEST_CASE(a_folder_begins_with_the_rights_of_the_nearest_above_it) {
  Opened o;
  BOOST_REQUIRE((o.box->make("A") && o.box->share("A", "bob@x", bob, "lrk") && o.box->share("A", "-anyone", 0, "a")));
  BOOST_REQUIRE((o.box->make("A/B/C") && o.box->make("Alone") && o.box->make("AB/C")));
  BOOST_TEST(o.rights("A/B/C", bob) == "lrk");
  BOOST_TEST((o.rights("Alone", bob).empty() && o.rights("AB/C", bob).empty()));
  BOOST_REQUIRE(o.box->share("A", "bob@x", bob, ""));
  BOOST_TEST(o.rights("A/B/C", bob) == "lrk");
  BOOST_REQUIRE((o.box->share("A/B/C", "bob@x", bob, "") && o.box->share("A/B/C", "-anyone", 0, "") && o.box->make("A/B/C/D")));
  BOOST_TEST(o.records() == 1u);  // the nearest one has none, whatever stands above that
  BOOST_TEST(o.faults().empty());
}

BOOST_AUTO_TEST_CASE(rights_are_added_and_taken_and_what_is_so_already_is_no_change) {
  Opened o;
  const auto is = [&o](std::string_view rights) { BOOST_TEST(o.rights("INBOX", bob) == rights); };
  const auto grant = [](std::string_view rights) { return Grant{"bob@x", bob, *Rights::parse(rights)}; };
  BOOST_REQUIRE(o.give(grant("lr"), Owner::Give::add));
  is("lr");
  BOOST_REQUIRE(o.give(grant("sr"), Owner::Give::add));
  is("lrs");
  const auto before = o.changes();
  BOOST_REQUIRE((o.give(grant("s"), Owner::Give::add) && o.give(grant("w"), Owner::Give::remove)));
  BOOST_REQUIRE((o.give({"none@x", 9, {}}, Owner::Give::all) && o.give({"none@x", 9, Rights::all()}, Owner::Give::remove)));
  BOOST_TEST(o.changes() == before);
  BOOST_REQUIRE(o.give(grant("l"), Owner::Give::remove));
  is("rs");
  BOOST_REQUIRE(o.give(grant("rs"), Owner::Give::remove));
  BOOST_TEST(o.records() == 0u);
}

BOOST_AUTO_TEST_CASE(what_an_earlier_account_of_the_name_had_is_not_added_to) {
  Opened o;
  BOOST_REQUIRE(o.give({"bob@x", bob, Rights::all()}, Owner::Give::all));
  BOOST_REQUIRE(o.give({"bob@x", carol, Rights::of("l")}, Owner::Give::add));
  BOOST_TEST((o.rights("INBOX", carol) == "l" && o.rights("INBOX", bob).empty()));
}

BOOST_AUTO_TEST_CASE(there_are_so_many_identifiers_and_no_more) {
  Opened o;
  const auto named = [](std::size_t i) { return Grant{std::to_string(i) + "@x", i + 1, Rights::of("l")}; };
  for (std::size_t i = 0; i < mailbox::most_identifiers; ++i) BOOST_REQUIRE(o.give(named(i), Owner::Give::add));
  BOOST_TEST((o.give(named(mailbox::most_identifiers), Owner::Give::add).error().code == base::errc::too_long));
  BOOST_REQUIRE(o.give({"0@x", 1, Rights::of("lr")}, Owner::Give::add));  // one that is there may change
  BOOST_REQUIRE(o.give({"0@x", 1, {}}, Owner::Give::all));
  BOOST_REQUIRE(o.give(named(mailbox::most_identifiers), Owner::Give::add));
  BOOST_TEST((o.give({std::string(mailbox::longest_identifier + 1, 'x'), 1, Rights::of("l")}, Owner::Give::all).error().code ==
              base::errc::too_long));
  BOOST_TEST((o.give(named(1), Owner::Give::all, 99).error().code == base::errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_folder_that_would_inherit_more_than_an_account_may_have_inherits_nothing) {
  Opened o;
  BOOST_REQUIRE(o.box->make("A"));
  const auto folder = o.folder("A");
  BOOST_REQUIRE(o.world.change([&](auto& stage, auto& owners) -> base::Result<> {
    for (std::size_t i = 0; i < mailbox::most_identifiers; ++i)
      if (auto done = owners.mailbox.share(stage, o.box->number, folder, {std::to_string(i) + "@x", i + 1, Rights::of("l")},
                                           Owner::Give::all);
          !done)
        return done;
    return {};
  }));
  for (std::size_t i = 0; i * mailbox::most_identifiers <= mailbox::most_grants; ++i)
    BOOST_REQUIRE(o.box->make("A/" + std::to_string(i)));
  const auto before = o.records();
  BOOST_TEST(before > mailbox::most_grants - mailbox::most_identifiers);
  BOOST_TEST(before <= mailbox::most_grants);
  BOOST_TEST(o.faults().empty());
}

BOOST_AUTO_TEST_CASE(a_right_that_is_not_what_the_change_log_says_is_found) {
  Opened o;
  BOOST_REQUIRE(o.box->share("INBOX", "bob@x", bob, "lr"));
  const auto key = mailbox::keys::right(1, "bob@x");
  const auto right = mailbox::encode_grant(bob, "lr");
  for (const auto& [at, value] :
       std::vector<std::pair<std::string, std::optional<std::string>>>{{key, mailbox::encode_grant(bob, "lra")},
                                                                       {key, mailbox::encode_grant(carol, "lr")},
                                                                       {key, std::nullopt},
                                                                       {key, std::string("\1", 1)},
                                                                       {mailbox::keys::right(1, "carol@x"), right},
                                                                       {mailbox::keys::right(2, "bob@x"), right},
                                                                       {std::string("\0\0", 2), right}}) {
    o.put(at, value);
    BOOST_TEST(!o.faults().empty());
    if (at != key) o.put(at, std::nullopt);
    o.put(key, right);
    BOOST_TEST(o.faults().empty());
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_shared_with_nobody) {
  Opened o;
  BOOST_REQUIRE(o.box->share("INBOX", "bob@x", bob, "lr"));
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {mailbox::keys::right(1, "carol@x"), mailbox::encode_grant(carol, "lrz")},
           {mailbox::keys::right(1, "carol@x"), "\1"},
           {mailbox::keys::right(99, "carol@x"), mailbox::encode_grant(carol, "lr")},
           {"\1", mailbox::encode_grant(carol, "lr")}}) {
    o.put(key, value);
    mailbox::Shares shares;
    BOOST_REQUIRE(shares.load(o.world.store()));
    BOOST_TEST((!shares.has(o.box->number) && shares.rights_to(o.box->number, 1, bob).empty()));
    o.put(key, std::nullopt);
  }
}

BOOST_AUTO_TEST_CASE(a_change_of_rights_comes_back_from_its_record) {
  const mailbox::Change change = mailbox::Shared{7, "-bob@example.org", 12, "lr"};
  const auto read = mailbox::decode_change(mailbox::encode(change));
  BOOST_REQUIRE(read.has_value());
  const auto& shared = std::get<mailbox::Shared>(*read);
  BOOST_TEST((shared.folder == 7 && shared.identifier == "-bob@example.org" && shared.account == 12 && shared.rights == "lr"));
  const auto record = mailbox::encode(change);
  for (std::size_t cut = 0; cut < record.size(); ++cut)
    BOOST_TEST(!mailbox::decode_change(std::string_view(record).substr(0, cut)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
