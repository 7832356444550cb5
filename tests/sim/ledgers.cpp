#include "tests/sim/ledgers.hpp"

#include <algorithm>
#include <optional>

#include "archive/check/whole.hpp"
#include "archive/custody/owed.hpp"
#include "archive/custody/received.hpp"
#include "archive/journal/heads.hpp"
#include "archive/journal/proof/check.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "archive/witness/book.hpp"
#include "archive/witness/verify.hpp"
#include "base/codec.hpp"
#include "tests/support/archive_world.hpp"

namespace understudy::sim {
namespace {

using namespace archive;
using custody::Life;
using custody::Number;
using Faults = std::vector<std::string>;
constexpr std::uint16_t partition = 0;

/// What cannot be read has no place in a store that is well.
template <class Value>
Value must(base::Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().text());
  return std::move(*result);
}

Life life_of(const Box& box) {
  return must(Life::parse(box.store().identity().instance, box.store().identity().incarnation));
}

custody::Marks marks_of(const Box& box) {
  return must(custody::find_marks(box.store(), partition, life_of(box)));
}

/// The book of who handed over against the book of who received.
class CustodyCheck {
 public:
  CustodyCheck(Box& giver, Box& taker, const std::set<std::uint64_t>& given_up, Faults& faults)
      : giver_(giver), taker_(taker), given_up_(given_up), faults_(faults) {}

  void run() {
    const auto marks = marks_of(giver_);
    if (marks.low != marks.next) say("low mark " + std::to_string(marks.low) + ", next number " + std::to_string(marks.next));
    for (std::uint64_t n = 1; n < marks.next; ++n) check(custody::number_of(life_of(giver_), partition, n));
    check_received(marks.next);
  }

 private:
  void say(const std::string& what) { faults_.push_back(giver_.machine().config().server.hostname + ": " + what); }

  void check(const Number& number) {
    const auto owed = must(custody::find_owed(giver_.store(), number));
    const auto name = "number " + std::to_string(number.number);
    if (!owed) return say(name + " was given to nothing");
    if (!owed->final()) return say(name + " is open");
    const auto given_up = static_cast<std::uint8_t>(custody::Settled::given_up);
    if (given_up_.contains(number.number) && (owed->settled & given_up) != 0) return;
    if (owed->settled != static_cast<std::uint8_t>(custody::Settled::receipt))
      return say(name + " was closed by " + std::to_string(owed->settled));
    const auto entry = must(journal::read(giver_.store(), owed->position));
    if (entry.facts.handed != owed->digest) say(name + " is of other octets than its journal entry");
    check_receipts(number, *owed);
    custody::Names covered;
    for (const auto& received : must(custody::read_received(taker_.store(), partition, number))) {
      if (received.digest != owed->digest) say(name + " was received with other octets");
      const auto there = must(journal::read(taker_.store(), received.position));
      if (there.custody != number) say(name + " is not that of the entry that was made of it");
      covered.insert(covered.end(), received.recipients.begin(), received.recipients.end());
    }
    if (custody::sorted(covered) != owed->recipients) say(name + " was received for other recipients");
  }

  /// What was said of the number is kept, and signed; together it covers everybody.
  void check_receipts(const Number& number, const custody::Owed& owed) {
    const auto name = "number " + std::to_string(number.number);
    const auto keys = must(journal::told_keys(taker_.store(), partition));
    custody::Names covered;
    for (const auto& named : owed.batches) {
      const auto key = custody::receipts_key(named.by, named.number);
      const auto value = must(giver_.store().get(custody::shard_of(partition), store::Table::receipts, key));
      if (!value) return say(name + ": a batch that speaks of it is not there");
      const auto batch = must(custody::KeptBatch::decode(*value));
      if (std::ranges::none_of(keys, [&](const auto& told) { return batch.signed_by(told.key); }))
        say(name + ": a batch that speaks of it is signed by nobody");
      for (const auto& kept : batch.receipts)
        if (kept.receipt && kept.receipt->number == number && kept.receipt->digest == owed.digest)
          covered.insert(covered.end(), kept.receipt->recipients.begin(), kept.receipt->recipients.end());
    }
    if (!custody::without(owed.recipients, custody::sorted(covered)).empty())
      say(name + ": the receipts that closed it do not speak of everybody");
  }

  void check_received(std::uint64_t next) {
    auto cursor = taker_.store().scan(custody::shard_of(partition), store::Table::received);
    for (; cursor->valid(); cursor->next()) {
      base::Reader in(cursor->key());
      const auto number = custody::decode_number(in);
      if (custody::life_of(number) != life_of(giver_) || number.number >= next)
        say(number.text() + " came and was never given");
    }
    if (const auto ended = cursor->status(); !ended) throw std::runtime_error(ended.error().text());
  }

  Box& giver_;
  Box& taker_;
  const std::set<std::uint64_t>& given_up_;
  Faults& faults_;
};

std::vector<journal::SignedHead> heads_of(const Box& box) {
  std::vector<journal::SignedHead> heads;
  auto each = [&heads](std::uint64_t, const base::Result<journal::SignedHead>& head) {
    heads.push_back(must(head));
    return true;
  };
  const auto read = journal::each_head(box.store(), partition, 0, std::numeric_limits<std::uint64_t>::max(), each);
  if (!read) throw std::runtime_error(read.error().text());
  return heads;
}

void check_journal(Box& box, Faults& faults) {
  const auto& who = box.machine().config().server.hostname;
  const journal::Extent all{partition, journal::Depth::bodies};
  for (const auto& fault : must(journal::verify(box.store(), box.store().bodies(), all, {})).faults)
    faults.push_back(who + ": " + fault);
  for (const auto& fault : must(witness::verify(box.store()))) faults.push_back(who + ": " + fault);
  const base::WallTime nothing_has_expired{};
  for (const auto& fault : must(check::whole(box.store(), box.store().bodies(), {}, nothing_has_expired, {})).faults)
    faults.push_back(who + ": " + fault);
  if (!must(box.machine().witness().disputes()).empty()) faults.push_back(who + ": a dispute was opened");
}

/// Every head that was ever shown stands, and each continues the one before.
void check_heads(Box& shows, Box& witness, Faults& faults) {
  const auto& who = shows.machine().config().server.hostname;
  const auto heads = heads_of(shows);
  const auto consistent = [&](const journal::SignedHead& from, const journal::SignedHead& to) {
    const auto path = shows.machine().witness().consistency(from.head.head.size, to.head.head.size);
    return path && journal::proof::check_consistency(from.head.head, to.head.head, *path);
  };
  for (std::size_t i = 1; i < heads.size(); ++i)
    if (!consistent(heads[i - 1], heads[i]) || !consistent(heads.front(), heads[i]))
      faults.push_back(who + ": the head over " + std::to_string(heads[i].head.head.size) +
                       " entries does not continue an earlier one");
  const auto instance = archive::witness::book::instance;
  auto cursor = witness.store().scan(instance, store::Table::witnessed);
  for (; cursor->valid(); cursor->next()) {
    const auto seen = must(archive::witness::Countersigned::decode(cursor->value()));
    if (std::ranges::find(heads, seen.head) == heads.end())
      faults.push_back(who + ": showed a head over " + std::to_string(seen.head.head.head.size) + " entries and lost it");
  }
}

bool is_witnessed(Box& box) {
  const auto& store = box.store();
  const auto head = must(journal::last_head(store, partition));
  const auto entries = must(journal::read_numbers(store, partition)).frontier.size();
  return head && head->head.head.size == entries && must(box.machine().witness().cosigned(*head)).has_value();
}

}  // namespace

std::vector<std::string> what_is_under_way(Company& company) {
  std::vector<std::string> reasons;
  for (Box* box : {&company.primary, &company.archive}) {
    const std::string who = box == &company.primary ? "primary: " : "archive: ";
    if (!box->on() || box->dead()) {
      reasons.push_back(who + "is down");
      continue;
    }
    const auto* link = box->machine().peer_link();
    const auto marks = marks_of(*box);
    if (box->queued() > 0) reasons.push_back(who + std::to_string(box->queued()) + " entries in the outbox");
    if (!link->status().connected) reasons.push_back(who + "no link: " + link->status().trouble);
    if (marks.low != marks.next) reasons.push_back(who + "number " + std::to_string(marks.low) + " is open");
    if (!is_witnessed(*box)) reasons.push_back(who + "the newest head is not countersigned");
  }
  return reasons;
}

std::uint64_t numbers_given(const Box& box) {
  return marks_of(box).next - 1;
}

std::vector<std::string> unequal_ledgers(Company& company, const std::set<std::uint64_t>& given_up) {
  Faults faults;
  CustodyCheck(company.primary, company.archive, given_up, faults).run();
  CustodyCheck(company.archive, company.primary, {}, faults).run();
  for (Box* box : {&company.primary, &company.archive}) check_journal(*box, faults);
  check_heads(company.primary, company.archive, faults);
  check_heads(company.archive, company.primary, faults);
  return faults;
}

std::string fingerprint(Company& company) {
  base::Sha256 digest;
  for (Box* box : {&company.primary, &company.archive}) {
    for (const auto& [place, records] : test::dump(box->store())) {
      for (const auto& [key, value] : records) digest.update(key).update(value);
    }
  }
  return base::to_hex(base::view(digest.finish()));
}

}  // namespace understudy::sim
