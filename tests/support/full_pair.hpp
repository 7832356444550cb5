/// Two machines that have something in every table of the store, between them: mail, mailboxes with some life, custody,
/// receipts, orders to end, disputes, time stamps, an audit journal with cases and requests.
#pragma once

#include "archive/audit/door.hpp"
#include "archive/custody/gaps.hpp"
#include "archive/instance.hpp"
#include "archive/journal/timestamp/kept.hpp"
#include "archive/mailbox/view.hpp"
#include "base/log.hpp"
#include "mail/imap/headings.hpp"
#include "tests/support/archive_mailbox.hpp"
#include "tests/support/ending_pair.hpp"
#include "tests/support/memory_key_ring.hpp"
#include "tests/support/timestamp_authority.hpp"

namespace understudy::test {

class FullPair : public EndingPair {
 public:
  enum class Store : std::uint8_t { in_clear, sealed };  ///< sealed: each part of an entry under the keys of whom it is about

  explicit FullPair(Store store) {
    base::log::set_silent();
    for (auto* side : {&primary, &keeper}) {
      side->options.seeds = {{"seeded@example.org", {}, {}}};
      if (store == Store::sealed) side->keys = std::make_shared<MemoryKeyRing>();
      side->again();
      BOOST_REQUIRE(archive::load_instance(side->store(), routing::Role::archive, side->random));
      BOOST_REQUIRE(archive::keep_peer_made_key(side->store(), std::string(32, 'k')));
    }
    mail();
    mailbox();
    handed_over();
    audited();
    gaps();
    stamped();
    disputed();
  }

 private:
  using Recipients = std::vector<std::string>;

  /// Enough for stored nodes, an entry that is longer than a record, mailboxes that mail made.
  void mail() {
    for (int i = 0; i < 256; ++i)
      BOOST_REQUIRE(keeper.accept(Letter("Message-ID: <" + std::to_string(i) + "@w.example>\r\n\r\n").to("x@far.example")));
    Letter many("Message-ID: <many@w.example>\r\n\r\nto many\r\n");
    for (int i = 0; i < 700; ++i) many.to("recipient-number-" + std::to_string(i) + "@far.example");
    BOOST_REQUIRE(keeper.accept(many));
    for (const std::string who : {"alice@example.org", "bob@example.org", "carol@example.net"})
      BOOST_REQUIRE(keeper.accept(Letter("Message-ID: <1." + who + ">\r\n\r\nx\r\n").to(who).file(who)));
    for (const std::string unique : {"u1", "u2"})
      BOOST_REQUIRE(keeper.accept(Letter("Message-ID: <" + unique + "@example.org>\r\n\r\nmade here\r\n")
                                      .from_nobody()
                                      .to("alice@example.org")
                                      .file("alice@example.org")
                                      .made(unique)));
    for (int i = 0; i < 3; ++i)
      BOOST_REQUIRE(keeper.accept(Letter("Message-ID: <out" + std::to_string(i) + "@w.example>\r\n\r\nleaves\r\n")
                                      .to("you@far.example")
                                      .enqueue(routing::EntryKind::relay, "mx:far.example")
                                      .to("me@far.example")
                                      .enqueue(routing::EntryKind::relay, "mx:far.example")));
    auto tried = keeper.entries().front();
    tried.attempts = 1;
    tried.targets[0].last_reply = {451, "4.2.1", {"later"}};
    BOOST_REQUIRE(keeper.settle({{tried.id, tried}}));
    BOOST_REQUIRE(keeper.settle({{keeper.entries().back().id, tried}}));
  }

  void mailbox() {
    TestMailbox box(keeper, "alice@example.org");
    for (int i = 0; i < 3; ++i) {
      const auto uid = box.append("INBOX", "Subject: appended " + std::to_string(i) + "\r\n\r\n");
      BOOST_REQUIRE((uid && box.flags("INBOX", *uid, {archive::mailbox::Flags::seen, {"$label"}})));
      BOOST_REQUIRE(box.subscribe("name " + std::to_string(i)));
      BOOST_REQUIRE(box.annotate(i % 2 ? "" : "INBOX", "/private/" + std::to_string(i), "noted"));
    }
    BOOST_REQUIRE((box.copy("INBOX", 1, "Archive") && box.move("INBOX", 2, "Trash")));
    BOOST_REQUIRE((box.make("Box") && box.rename("Box", "Renamed")));
    BOOST_REQUIRE((box.share("Renamed", "anyone", 0, "lr") && box.share("INBOX", "-bob@example.org", 2, "w")));
    BOOST_REQUIRE((box.append("Drafts", "Subject: one\r\n\r\n") && box.append("Drafts", "Subject: two\r\n\r\n")));
    BOOST_REQUIRE((box.bin("Drafts", {{1, 1}}) && box.bin("Drafts", {{2, 2}})));
    put_a_pack(box.number);
    TestMailbox gone(keeper, "gone@example.org");
    BOOST_REQUIRE(keeper.change([](auto& stage, auto& owners) { return owners.directory.remove(stage, "gone@example.org"); }));
  }

  /// As 64 messages would have.
  void put_a_pack(archive::mailbox::AccountNumber account) {
    mail::imap::Headings headings;
    headings.add(1, std::nullopt);
    archive::store::Batch batch(archive::mailbox::shard_of(account));
    batch.put(archive::store::Table::heading_packs, archive::mailbox::keys::message_chunk(1, 0), headings.encode());
    BOOST_REQUIRE(keeper.store().commit({&batch, 1}, archive::store::Sync::now));
  }

  void handed_over() {
    const Recipients both{"alice@example.org", "dora@far.example"};
    std::vector<Handed> made;
    for (int i = 0; i < 5; ++i) made.push_back(hand_over("m" + std::to_string(i), both));
    introduce();
    give_receipts();
    BOOST_REQUIRE((primary.end(made[0].here) && primary.end(made[1].here, {0u}) && primary.end(made[2].here)));
    connect(primary, keeper);
    BOOST_REQUIRE((keeper.obey(1) && keeper.decline(2, "wanted here")));
    connect(primary, keeper);
    BOOST_REQUIRE(primary.accept(Letter("Message-ID: <open@w.example>\r\n\r\nowed still\r\n")
                                     .to("dora@far.example")
                                     .enqueue(routing::EntryKind::copy, "route:*")
                                     .owed()));
    introduce();
  }

  void audited() {
    using archive::audit::Kind;
    archive::audit::Policy policy;
    policy.operators = {{"adam", "adam", 1000, {archive::audit::Role::administrator}},
                        {"vera", "vera", 1001, {archive::audit::Role::auditor}}};
    policy.second_person = {Kind::give};
    archive::audit::Door door(keeper.archive(), keeper.clock, policy);
    const auto ask = [&](const std::string& who, Kind kind, const std::string& action, auto change) {
      archive::audit::Wish wish;
      wish.actor = {who, who == "adam" ? 1000u : 1001u, "test"};
      wish.roles = {who == "adam" ? archive::audit::Role::administrator : archive::audit::Role::auditor};
      wish.kind = kind;
      wish.action = action;
      wish.object = {{"account", "alice@example.org"}};
      wish.text = action;
      wish.accounts = {"alice@example.org"};
      wish.reach = archive::audit::Reach::accounts;
      change(wish);
      door.open(std::move(wish), [](const auto&) {});
      keeper.pump();
    };
    ask("adam", Kind::configure, "case/open", [&](archive::audit::Wish& wish) {
      archive::audit::Case opened;
      opened.name = "17";
      opened.reason = "suspicion";
      opened.holder = "vera";
      opened.accounts = {"alice@example.org"};
      opened.until = keeper.clock.now() + std::chrono::hours(1);
      wish.opens = opened;
    });
    ask("vera", Kind::give, "message/export", [](auto&) {});
    for (int i = 0; i < 260; ++i) ask("adam", Kind::read, "message/show", [](auto&) {});
    BOOST_REQUIRE(keeper.wait<archive::journal::SignedHead>([&](archive::Done<archive::journal::SignedHead> done) {
      keeper.signer->sign(archive::journal::Book::audit, std::move(done));
    }));
  }

  /// The other machine says that it gave more numbers than came.
  void gaps() {
    const archive::custody::Announcement announced{keeper.clock.now(), {{primary.life(), 0, {30, 1}}}};
    BOOST_REQUIRE(keeper.change([&](auto& stage, auto&) -> base::Result<> {
      const auto refused = archive::custody::note_marks(stage, announced, keeper.clock.now());
      return refused ? base::Result<>() : std::unexpected(refused.error());
    }));
    const auto look = archive::custody::look_for_gaps(keeper.store(), {{{primary.life(), 0}, 10}}, {}, {});
    BOOST_REQUIRE((look && !look->found.empty()));
    std::vector<archive::custody::Gap> gaps;
    for (const auto& number : look->found) gaps.push_back({number, keeper.clock.now(), archive::custody::Standing::missing});
    BOOST_REQUIRE(
        keeper.change([&](auto& stage, auto&) { return archive::custody::note_look(stage, gaps, look->came, look->checked); }));
  }

  void stamped() {
    const sim::TimestampAuthority authority;
    const auto head = keeper.wait<archive::journal::SignedHead>(
        [&](archive::Done<archive::journal::SignedHead> done) { keeper.signer->sign(std::move(done)); });
    BOOST_REQUIRE(head);
    const auto query = archive::journal::timestamp::Query::make(*head, keeper.random);
    const auto stamp = archive::journal::timestamp::Stamp::parse(authority.answer(query.encode()));
    BOOST_REQUIRE(stamp);
    BOOST_REQUIRE(keeper.change([&](auto& stage, auto&) { return archive::journal::timestamp::keep(stage, *head, *stamp); }));
  }

  /// The primary shows a head of another installation, at last: nothing is believed of it from then on.
  void disputed() {
    EndingSide stranger{3, 'c'};
    BOOST_REQUIRE(stranger.accept(Letter("Message-ID: <s@w.example>\r\n\r\n").to("x@far.example")));
    BOOST_REQUIRE(stranger.wait<archive::journal::SignedHead>(
        [&](archive::Done<archive::journal::SignedHead> done) { stranger.signer->sign(std::move(done)); }));
    const auto found = keeper.wait<archive::witness::Finding>([&](archive::Done<archive::witness::Finding> done) {
      keeper.witness->consider(**stranger.witness->statement(), std::nullopt, std::move(done));
    });
    BOOST_REQUIRE((found && archive::witness::is_dispute(*found)));
  }
};

}  // namespace understudy::test
