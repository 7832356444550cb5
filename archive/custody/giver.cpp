#include "archive/custody/giver.hpp"

#include "archive/custody/receipt_batch.hpp"
#include "archive/custody/received.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/scan.hpp"
#include "base/log.hpp"

namespace understudy::archive::custody {
namespace {

constexpr std::uint16_t partition = 0;

/// Not where its recipients have ended, nor of places that found no room in the record of theirs: a receipt for nobody is none.
bool gives_receipt(const Received& received) {
  return received.state == Received::State::kept && !received.recipients.empty();
}

/// The receipts that one entry is worth to `to`: none for most, several where it had more recipients than one record holds.
base::Result<std::vector<Receipt>> receipts_of(const store::Reader& reader, const journal::Sealed& sealed, const InstanceId& to,
                                               const Life& by, base::Random& random) {
  std::vector<Receipt> receipts;
  if (journal::is_ended(sealed.common) || sealed.common.state == journal::SealedPart::State::key_destroyed) return receipts;
  auto entry = journal::open_common(sealed);
  if (!entry) return std::unexpected(entry.error());
  if (!entry->custody || entry->custody->instance != to) return receipts;
  auto all = read_received(reader, partition, *entry->custody);
  if (!all) return std::unexpected(all.error());
  for (const auto& received : *all)
    if (received.position == sealed.position && gives_receipt(received))
      receipts.push_back(receipt_of(*entry->custody, received, by, random));
  return receipts;
}

}  // namespace

struct ReceiptGiver::Following {
  std::unique_ptr<store::Subscription> subscription;
};

ReceiptGiver::ReceiptGiver(Archive& archive, HeadSigner& signer, const witness::Witness& witness, const base::Clock& clock,
                           base::Random& random)
    : archive_(archive), signer_(signer), witness_(witness), clock_(clock), random_(random) {}

ReceiptGiver::~ReceiptGiver() = default;

base::Result<std::optional<ReceiptGiver::Given>> ReceiptGiver::next(std::uint64_t from, const InstanceId& to) {
  const auto& store = archive_.store();
  auto cosigned = witness_.cosigned();
  if (!cosigned) return std::unexpected(cosigned.error());
  if (!*cosigned || (*cosigned)->head.key != signer_.key()) return std::optional<Given>();
  auto numbers = journal::read_numbers(store, partition);
  if (!numbers) return std::unexpected(numbers.error());
  auto by = Life::parse(store.identity().instance, store.identity().incarnation);
  if (!by) return std::unexpected(by.error());
  const bool goes_on = scanned_for_ == to && scanned_from_ <= from && from <= scanned_to_;
  if (!goes_on) scanned_for_ = to, scanned_from_ = scanned_to_ = from;
  // Behind the numbers of the journal: what stands there has its records. Most machines are handed nothing over. Where that
  // cannot be read the entries are looked at, and the damaged one alone goes without.
  const auto any = any_received(store, partition, to);
  if (any && !*any) scanned_to_ = std::max(scanned_to_, numbers->frontier.size());
  ReceiptBatch batch;
  batch.by = *by;
  journal::Scan scan(store, partition);
  auto index = scanned_to_;
  const auto end = std::min(numbers->frontier.size(), index + most_entries);
  for (bool full = false; index < end && !full;) {
    auto sealed = scan.sealed(index);
    auto receipts = sealed ? receipts_of(store, *sealed, to, *by, random_)
                           : base::Result<std::vector<Receipt>>(std::unexpected(sealed.error()));
    if (!receipts) {  // one that is damaged keeps nobody else from his receipt
      base::log::error("custody.no_receipt",
                       {{"entry", Position{partition, index}.text()}, {"reason", receipts.error().text()}});
      receipts = std::vector<Receipt>();
    }
    const bool first = batch.receipts.empty();
    for (auto& receipt : *receipts) {
      full = full || !batch.takes(receipt);
      if (!full) batch.receipts.push_back(std::move(receipt));
    }
    // Who goes on behind the position has all of this entry: it comes again where a part of it did not fit. More than a whole
    // batch for one entry no Understudy hands over under one number; the rest of it gets no receipts.
    if (!full || first) ++index;
  }
  unfinished_ = index < numbers->frontier.size();
  if (batch.receipts.empty()) {
    scanned_to_ = index;
    return std::optional<Given>();
  }
  const auto last = index - 1;
  batch.number = last + 1;
  scanned_from_ = scanned_to_ = index;
  return std::optional(Given{last, signer_.sign(std::move(batch)).encode()});
}

base::Result<ReceiptGiver::Answered> ReceiptGiver::asked(const std::vector<Number>& numbers, const InstanceId& to) const {
  const auto& store = archive_.store();
  auto by = Life::parse(store.identity().instance, store.identity().incarnation);
  if (!by) return std::unexpected(by.error());
  Answered answered;
  ReceiptBatch batch;
  batch.by = *by;
  for (const auto& number : numbers) {
    auto all = number.instance == to ? read_received(store, partition, number) : std::vector<Received>();
    if (!all) return std::unexpected(all.error());
    if (all->empty()) answered.unknown.push_back(number);
    bool gives = false;
    for (const auto& received : *all) {
      if (!gives_receipt(received)) continue;
      gives = true;
      if (auto receipt = receipt_of(number, received, *by, random_); batch.takes(receipt))
        batch.receipts.push_back(std::move(receipt));
    }
    if (!all->empty() && !gives) answered.ended.push_back(signer_.sign(EndedThere{*by, number, clock_.now()}));
  }
  if (batch.receipts.empty()) return answered;
  // Beside the numbers of batches that follow from the journal.
  const auto now = static_cast<std::uint64_t>(clock_.now().time_since_epoch().count());
  batch.number = std::uint64_t{1} << 63 | now;
  answered.octets = signer_.sign(std::move(batch)).encode();
  return answered;
}

std::uint64_t ReceiptGiver::behind(std::uint64_t from) const {
  const auto numbers = journal::read_numbers(archive_.store(), partition);
  return numbers && numbers->frontier.size() > from ? numbers->frontier.size() - from : 0;
}

void ReceiptGiver::on_more(std::function<void()> wake) {
  following_.reset();
  if (wake) following_ = std::make_unique<Following>(Following{archive_.follow_journal(std::move(wake))});
}

}  // namespace understudy::archive::custody
