/// A primary that hands over under numbers and the archive that takes, joined by hand: heads, receipts, orders to end and their
/// answers. And what may not be left anywhere of what has ended.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/custody/giver.hpp"
#include "archive/custody/taker.hpp"
#include "archive/endings/desk.hpp"
#include "tests/support/archive_world.hpp"

namespace understudy::test {

/// One machine. `letter`: of which its instance is made, "a" to "f".
struct EndingSide : ArchiveWorld {
  EndingSide(std::uint64_t seed, char letter) : seed_random(seed), key(base::SigningKey::make(seed_random)), name(32, letter) {
    disk = archive::store::MemoryDisk({"memory", 1, name, std::string(32, '7'), base::WallTime{}});
    start();
  }
  void start() {
    BOOST_REQUIRE(open());
    signer = std::move(*archive::HeadSigner::make(archive(), clock, key));
    witness.emplace(archive(), *signer, clock);
    desk.emplace(archive::endings::Desk::Parts{archive(), *signer, *witness, clock, seed_random, obedience, holds});
  }
  /// As a process that ends and comes back.
  void again() {
    close();
    start();
  }
  archive::custody::Life life() const { return *archive::custody::Life::parse(name, std::string(32, '7')); }

  template <class T, class Start>
  base::Result<T> wait(Start begin) {
    std::optional<base::Result<T>> got;
    begin([&](base::Result<T> result) { got = std::move(result); });
    pump();
    BOOST_REQUIRE(got.has_value());
    return std::move(*got);
  }
  base::Result<archive::endings::Ended> end(std::uint64_t index, std::vector<std::uint32_t> recipients = {},
                                            std::string reason = "90 days after arrival",
                                            archive::endings::Receipts receipts = archive::endings::Receipts::demanded) {
    return wait<archive::endings::Ended>([&](archive::Done<archive::endings::Ended> done) {
      desk->end({{{archive::Position{0, index}, recipients}}, reason, std::nullopt, receipts}, std::move(done));
    });
  }
  base::Result<archive::endings::Taken> obey(std::uint64_t number) {
    return wait<archive::endings::Taken>(
        [&](archive::Done<archive::endings::Taken> done) { desk->obey(number, std::move(done)); });
  }
  base::Result<archive::endings::Taken> decline(std::uint64_t number, const std::string& reason) {
    return wait<archive::endings::Taken>(
        [&](archive::Done<archive::endings::Taken> done) { desk->decline(number, reason, std::move(done)); });
  }
  base::Result<> take_order(const std::string& octets) {
    return wait<void>([&](archive::Done<> done) { desk->take_order(octets, std::move(done)); });
  }
  /// Nobody has it in the outbox any more.
  void deliver_all() {
    for (const auto& entry : entries()) BOOST_REQUIRE(settle({{entry.id, std::nullopt}}));
  }
  archive::endings::Given given(std::uint64_t index) {
    auto found = archive::endings::find_given(store(), 0, index);
    BOOST_REQUIRE((found && *found));
    return **found;
  }
  archive::endings::Taken taken(std::uint64_t number) {
    auto found = archive::endings::find_taken(store(), 0, number);
    BOOST_REQUIRE((found && *found));
    return **found;
  }
  /// The table that has these octets anywhere, but in what belongs to an account; empty: none.
  std::string remembers(std::string_view octets) {
    for (const auto& [where, records] : dump(store())) {
      if (where.second.kind == archive::store::ShardKind::account) continue;
      for (const auto& [record, value] : records)
        if (record.find(octets) != std::string::npos || value.find(octets) != std::string::npos)
          return "table " + std::to_string(static_cast<int>(where.first));
    }
    return {};
  }

  sim::SimRandom seed_random;
  base::SigningKey key;
  std::string name;
  archive::endings::Obedience obedience = archive::endings::Obedience::ask;
  const archive::endings::Holds* holds = nullptr;
  std::unique_ptr<archive::HeadSigner> signer;
  std::optional<archive::witness::Witness> witness;
  std::optional<archive::endings::Desk> desk;
};

struct EndingPair {
  EndingSide primary{1, 'a'}, keeper{2, 'b'};
  bool files = false;  ///< the archive has a mailbox for each recipient

  /// A message that the primary takes for these recipients and hands over; both have journaled it.
  struct Handed {
    std::uint64_t here = 0, there = 0;  ///< index at the primary, at the archive
    archive::custody::Number number;
    std::string name, octets, handed;
    std::vector<std::string> recipients;
    archive::store::BodyRef body_here, body_there;
  };

  Handed hand_over(const std::string& name, std::vector<std::string> recipients) {
    Handed made;
    made.name = name;
    made.recipients = recipients;
    made.octets = "Message-ID: <" + name + "@secret.example>\r\nSubject: about " + name + "\r\n\r\nhello\r\n";
    Letter letter(made.octets);
    letter.from("from-" + name + "@secret.example");
    for (const auto& recipient : recipients) letter.to(recipient).enqueue(routing::EntryKind::copy, "route:*").owed();
    made.handed = letter.handed();
    const auto accepted = primary.accept(letter);
    BOOST_REQUIRE(accepted);
    made.here = accepted->position.index;
    made.body_here = primary.archive().journal_entry(accepted->position)->body;
    std::map<std::uint64_t, std::vector<std::string>> by_number;  // of many recipients each 2,000 have one of their own
    for (const auto& entry : primary.entries()) {
      made.number = entry.custody->number;
      for (const auto& target : entry.targets) by_number[made.number.number].push_back(target.recipient.forward_path.text());
    }
    for (const auto& [number, covered] : by_number) {
      made.number.number = number;
      made.there = arrive(made, covered);
    }
    made.body_there = keeper.archive().journal_entry({0, made.there})->body;
    primary.deliver_all();
    return made;
  }
  std::uint64_t arrive(const Handed& made, const std::vector<std::string>& recipients, bool* resend = nullptr) {
    Letter letter(made.handed);
    letter.by_copy_client().under(made.number);
    for (const auto& recipient : recipients) {
      letter.to(recipient);
      if (files) letter.file(recipient);
    }
    const auto accepted = keeper.accept(letter);
    BOOST_REQUIRE(accepted);
    if (resend) *resend = accepted->resend;
    return accepted->position.index;
  }
  /// Each shows the other one a head, and gets it countersigned.
  void introduce() {
    introduce(primary, keeper);
    introduce(keeper, primary);
  }
  static void introduce(EndingSide& shows, EndingSide& judges) {
    BOOST_REQUIRE(shows.wait<archive::journal::SignedHead>(
        [&](archive::Done<archive::journal::SignedHead> done) { shows.signer->sign(std::move(done)); }));
    const auto before = judges.witness->witnessed();
    std::optional<archive::witness::Witness::Shown> shown;
    if (*before) {
      const auto& from = (*before)->head;
      shown = archive::witness::Witness::Shown{
          from, *shows.witness->consistency(from.head.head.size, (*shows.witness->statement())->head.head.head.size)};
    }
    const auto found = judges.wait<archive::witness::Finding>([&](archive::Done<archive::witness::Finding> done) {
      judges.witness->consider(**shows.witness->statement(), shown, std::move(done));
    });
    BOOST_REQUIRE((found && *found == archive::witness::Finding::good));
    BOOST_REQUIRE(
        shows.wait<void>([&](archive::Done<> done) { shows.witness->keep(**judges.witness->witnessed(), std::move(done)); }));
  }
  /// All receipts that the archive has to give.
  void give_receipts() {
    archive::custody::ReceiptGiver giver{keeper.archive(), *keeper.signer, *keeper.witness, keeper.clock, keeper.seed_random};
    archive::custody::ReceiptTaker taker{primary.archive(), *primary.witness};
    for (;;) {
      const auto given = giver.next(*taker.wanted(keeper.life()), primary.life().instance);
      BOOST_REQUIRE(given);
      if (!*given) return;
      BOOST_REQUIRE(primary.wait<void>(
          [&](archive::Done<> done) { taker.take_next((*given)->position, (*given)->octets, std::move(done)); }));
    }
  }
  /// One message that both have, closed by its receipt, and some others around it.
  Handed settled(std::vector<std::string> recipients = {"alice@secret.example", "bob@secret.example"}) {
    hand_over("before", {"carol@example.org"});
    auto made = hand_over("it", std::move(recipients));
    hand_over("after", {"dave@example.org"});
    introduce();
    give_receipts();
    return made;
  }
  /// A connection: what `from` orders goes over, and the answers come home. How many orders went.
  std::size_t connect(EndingSide& from, EndingSide& to) {
    std::size_t orders = 0;
    for (std::uint64_t at = 0;;) {
      const auto order = from.desk->next_order(at);
      BOOST_REQUIRE(order);
      if (!*order) break;
      orders += 1;
      at = (*order)->position + 1;
      BOOST_REQUIRE(to.take_order((*order)->octets));
    }
    for (;;) {
      const auto answer = to.desk->next_answer(*from.desk->wanted_answer(to.life()));
      BOOST_REQUIRE(answer);
      if (!*answer) return orders;
      BOOST_REQUIRE(from.wait<void>(
          [&](archive::Done<> done) { from.desk->take_answer((*answer)->position, (*answer)->octets, std::move(done)); }));
    }
  }
  /// Nothing of this message, nor of these recipients of it, is anywhere on the machine.
  static void require_forgotten(EndingSide& side, const Handed& made, std::vector<std::string> recipients, bool whole) {
    const auto handed = base::sha256(made.handed), received = base::sha256(made.octets);
    std::vector<std::string> secrets = recipients;
    for (const auto& digest : {handed, received})
      for (const auto& recipient : recipients) {
        const auto name = archive::custody::name_of(digest, address(recipient));
        secrets.emplace_back(archive::custody::view(name));
        const auto place = archive::custody::place_name(archive::journal::outbox_place(address(recipient)));
        secrets.emplace_back(archive::custody::view(place));
        const auto filled = archive::journal::Places::plain_key(address("from-" + made.name + "@secret.example"), digest,
                                                                archive::journal::outbox_place(address(recipient)));
        secrets.emplace_back(base::view(filled));
      }
    for (auto& secret : recipients) secrets.push_back(secret.substr(0, secret.find('@')));
    if (whole)
      for (const auto& secret : {std::string(base::view(handed)), std::string(base::view(received)), "from-" + made.name})
        secrets.push_back(secret);
    for (const auto& secret : secrets) {
      const auto where = side.remembers(secret);
      BOOST_TEST(where.empty(), side.name.front() << " has " << base::escape(secret) << " in " << where);
    }
  }
};

}  // namespace understudy::test
