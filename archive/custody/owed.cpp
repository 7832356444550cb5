#include "archive/custody/owed.hpp"

#include <algorithm>

namespace understudy::archive::custody {
namespace {

std::string encode_marks(const Marks& marks) {
  return base::Writer(1).u64(marks.next).u64(marks.low).take();
}

}  // namespace

std::string Owed::encode() const {
  base::Writer out(1);
  position.encode(out);
  out.raw(base::view(digest)).u8(settled);
  custody::encode(out, recipients);
  custody::encode(out, open);
  return out.u64(batch).take();
}

base::Result<Owed> Owed::decode(std::string_view value) {
  base::Reader in(value);
  Owed owed;
  in.u8();
  owed.position = Position::decode(in);
  owed.digest = base::digest_from(in.raw(sizeof(base::Digest)));
  owed.settled = in.u8();
  owed.recipients = decode_names(in, Receipt::max_recipients);
  owed.open = decode_names(in, Receipt::max_recipients);
  owed.batch = in.u64();
  if (auto fits = in.check("number that is owed"); !fits) return std::unexpected(fits.error());
  return owed;
}

/// Only one partition's numbers lie in its shard.
std::string owed_key(const Number& number) {
  return base::Writer().raw(mail::smtp::view(number.incarnation)).u64(number.number).take();
}

std::string receipts_key(const Life& giver, std::uint64_t batch) {
  base::Writer out;
  giver.encode(out);
  return out.u64(batch).take();
}

std::string marks_key(const Life& life) {
  return std::string(mail::smtp::view(life.incarnation));
}

base::Result<Marks> decode_marks(const std::optional<std::string>& value) {
  Marks marks;
  if (!value) return marks;
  base::Reader in(*value);
  in.u8();
  marks.next = in.u64();
  marks.low = in.u64();
  if (auto fits = in.check("marks of custody"); !fits) return std::unexpected(fits.error());
  return marks;
}

OwedBook::OwedBook(const store::Store& store, std::uint16_t partition)
    : store_(store), partition_(partition), shard_(shard_of(partition)) {}

base::Result<> OwedBook::load() {
  auto life = Life::parse(store_.identity().instance, store_.identity().incarnation);
  if (!life) return std::unexpected(life.error());
  life_ = *life;
  return {};
}

base::Result<Number> OwedBook::give(commit::Stage& stage, std::uint64_t count) const {
  auto marks = find_marks(stage, partition_, life_);
  if (!marks) return std::unexpected(marks.error());
  const auto first = number_of(life_, partition_, marks->next);
  marks->next += count;
  stage.put(shard_, store::Table::custody_state, marks_key(life_), encode_marks(*marks));
  return first;
}

void OwedBook::note(commit::Stage& stage, const Number& number, const Owed& owed) const {
  stage.put(shard_, store::Table::owed, owed_key(number), owed.encode());
}

base::Result<> OwedBook::settle(commit::Stage& stage, const Number& number, const Names& recipients, Settled how,
                                std::uint64_t batch) const {
  auto owed = find_owed(stage, number);
  if (!owed) return std::unexpected(owed.error());
  if (!*owed) return {};
  auto open = without((*owed)->open, recipients);
  if (open.size() == (*owed)->open.size()) return {};
  (*owed)->open = std::move(open);
  (*owed)->settled = static_cast<std::uint8_t>((*owed)->settled | static_cast<std::uint8_t>(how));
  if (batch > 0) (*owed)->batch = batch;
  note(stage, number, **owed);
  return {};
}

base::Result<TakenReceipts> OwedBook::take_receipts(commit::Stage& stage, const SignedBatch& signed_batch,
                                                    const base::PublicKey& pinned) const {
  TakenReceipts taken;
  const bool forged = !signed_batch.signed_by(pinned);
  for (const auto& receipt : signed_batch.batch.receipts) {
    if (forged) {
      taken.refused.push_back({receipt.number, Fault::forged});
    } else if (auto done = take_receipt(stage, receipt, signed_batch.batch.number, taken); !done) {
      return std::unexpected(done.error());
    }
  }
  if (taken.settled == 0) return taken;  // it says nothing that was not known
  if (auto kept = keep(stage, signed_batch); !kept) return std::unexpected(kept.error());
  if (auto marked = take_marks_on(stage, life_); !marked) return std::unexpected(marked.error());
  return taken;
}

/// What is there under the number is evidence, and stays.
base::Result<> OwedBook::keep(commit::Stage& stage, const SignedBatch& signed_batch) const {
  const auto key = receipts_key(signed_batch.batch.by, signed_batch.batch.number);
  auto there = stage.get(shard_, store::Table::receipts, key);
  if (!there) return std::unexpected(there.error());
  if (!*there) stage.put(shard_, store::Table::receipts, key, base::Writer(1).raw(signed_batch.encode()).take());
  return {};
}

base::Result<> OwedBook::take_receipt(commit::Stage& stage, const Receipt& receipt, std::uint64_t batch,
                                      TakenReceipts& taken) const {
  // The book is of one partition: what names another one was not given out here.
  base::Result<std::optional<Owed>> owed = std::optional<Owed>();
  if (receipt.number.partition == partition_) owed = find_owed(stage, receipt.number);
  if (!owed) return std::unexpected(owed.error());
  std::optional<OwedNumber> known;
  if (*owed) known.emplace((*owed)->digest, (*owed)->recipients);
  if (const auto fault = fault_in(receipt, life_, known)) {
    taken.refused.push_back({receipt.number, *fault});
    return {};
  }
  taken.believed += 1;
  if (without((*owed)->open, receipt.recipients).size() < (*owed)->open.size()) taken.settled += 1;
  const bool closes = !(*owed)->final() && without((*owed)->open, receipt.recipients).empty();
  if (closes) taken.closed.push_back(receipt.number);
  return settle(stage, receipt.number, receipt.recipients, Settled::receipt, batch);
}

base::Result<> OwedBook::take_marks_on(commit::Stage& stage, const Life& life) const {
  auto marks = find_marks(stage, partition_, life);
  if (!marks) return std::unexpected(marks.error());
  const auto before = *marks;
  for (std::size_t step = 0; step < most_steps && marks->low < marks->next; ++step) {
    auto owed = find_owed(stage, number_of(life, partition_, marks->low));
    if (!owed) return std::unexpected(owed.error());
    if (*owed && !(*owed)->final()) break;
    marks->low += 1;
  }
  if (*marks != before) stage.put(shard_, store::Table::custody_state, marks_key(life), encode_marks(*marks));
  return {};
}

}  // namespace understudy::archive::custody
