#include "archive/custody/owed.hpp"

#include <algorithm>

namespace understudy::archive::custody {
namespace {

constexpr char open_letter = 'o', ended_letter = 'x';  // of keys in `custody_state`
constexpr std::uint8_t record_version = 2;

std::string encode_marks(const Marks& marks) {
  return base::Writer(1).u64(marks.next).u64(marks.low).take();
}

}  // namespace

std::string Owed::encode() const {
  base::Writer out(record_version);
  position.encode(out);
  out.u8(static_cast<std::uint8_t>(state)).u8(settled);
  if (state == State::ended) return out.take();
  out.raw(base::view(digest));
  custody::encode(out, recipients);
  custody::encode(out, open);
  out.varint(batches.size());
  for (const auto& batch : batches) {
    batch.by.encode(out);
    out.u64(batch.number);
  }
  out.u64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
  out.varint(entries.size());
  for (const auto& id : entries) out.u16(id.ordinal).u64(id.shard);
  return out.take();
}

namespace {

void decode_kept(base::Reader& in, Owed& owed) {
  owed.digest = base::digest_from(in.raw(sizeof(base::Digest)));
  owed.recipients = decode_names(in, Receipt::max_recipients);
  owed.open = decode_names(in, Receipt::max_recipients);
  for (auto count = in.varint(); count > 0 && in.ok(); --count) {
    BatchName batch;
    batch.by = Life::decode(in);
    batch.number = in.u64();
    owed.batches.push_back(batch);
  }
  owed.time = base::WallTime(std::chrono::milliseconds(in.u64()));
  for (auto count = in.varint(); count > 0 && in.ok(); --count) {
    const auto ordinal = in.u16();
    owed.entries.push_back({owed.position, ordinal, in.u64()});
  }
}

}  // namespace

base::Result<Owed> Owed::decode(std::string_view value) {
  base::Reader in(value);
  if (in.u8() != record_version) return base::fail("number that is owed", base::errc::unsupported);
  Owed owed;
  owed.position = Position::decode(in);
  owed.state = in.u8() == 0 ? State::kept : State::ended;
  owed.settled = in.u8();
  if (owed.state == State::kept) decode_kept(in, owed);
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

std::string open_key(const Number& number) {
  return base::Writer(static_cast<std::uint8_t>(open_letter))
      .raw(mail::smtp::view(number.incarnation))
      .u64(number.number)
      .take();
}

std::string ended_key(const Number& number) {
  base::Writer out(static_cast<std::uint8_t>(ended_letter));
  encode(out, number);
  return out.take();
}

base::Result<OpenNumbers> read_open(const store::Reader& reader, std::uint16_t partition, const InstanceId& instance,
                                    std::string_view from, std::size_t most) {
  const std::size_t size = open_key({}).size();
  OpenNumbers open;
  const std::string first = from.empty() ? std::string(1, open_letter) : std::string(from);
  auto cursor = reader.scan(shard_of(partition), store::Table::custody_state, first);
  for (; cursor->valid() && cursor->key().starts_with(open_letter); cursor->next()) {
    const auto key = cursor->key();
    if (key.size() != size) continue;  // marks of a life whose name begins so
    if (open.numbers.size() == most) {
      open.next = key;
      break;
    }
    base::Reader in(key.substr(1));
    const auto incarnation = mail::smtp::instance_id_from(in.raw(sizeof(InstanceId)));
    open.numbers.push_back({instance, incarnation, partition, in.u64()});
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return open;
}

base::Result<std::vector<LifeMarks>> read_lives(const store::Reader& reader, std::uint16_t partition,
                                                const InstanceId& instance) {
  constexpr std::size_t most = 1000;
  std::vector<LifeMarks> lives;
  auto cursor = reader.scan(shard_of(partition), store::Table::custody_state);
  while (cursor->valid() && lives.size() < most) {
    const std::string key(cursor->key());
    if (key.size() > sizeof(InstanceId)) {  // past the others of its kind at once: they may be many
      const std::string past = key.substr(0, std::max(key.size() - 8, sizeof(InstanceId) + 1)) + std::string(9, '\xff');
      cursor = reader.scan(shard_of(partition), store::Table::custody_state, past);
      continue;
    }
    auto marks = decode_marks(std::string(cursor->value()));
    if (!marks) return std::unexpected(marks.error());
    lives.push_back({{instance, mail::smtp::instance_id_from(key)}, partition, *marks});
    cursor->next();
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return lives;
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
  if (owed.final())
    stage.erase(shard_, store::Table::custody_state, open_key(number));
  else
    stage.put(shard_, store::Table::custody_state, open_key(number), base::Writer(1).take());
}

base::Result<bool> OwedBook::reopen(commit::Stage& stage, const Number& number) const {
  auto owed = find_owed(stage, number);
  if (!owed) return std::unexpected(owed.error());
  if (!*owed || (*owed)->state == Owed::State::ended) return false;
  auto marks = find_marks(stage, partition_, life_of(number));
  if (!marks) return std::unexpected(marks.error());
  (*owed)->open = (*owed)->recipients;
  (*owed)->settled = 0;
  note(stage, number, **owed);
  if (number.number >= marks->low) return true;
  marks->low = number.number;
  stage.put(shard_, store::Table::custody_state, marks_key(life_of(number)), encode_marks(*marks));
  return true;
}

base::Result<> OwedBook::settle(commit::Stage& stage, const Number& number, const Names& recipients, Settled how,
                                const std::optional<BatchName>& batch) const {
  auto owed = find_owed(stage, number);
  if (!owed) return std::unexpected(owed.error());
  if (!*owed) return {};
  auto open = without((*owed)->open, recipients);
  if (open.size() == (*owed)->open.size()) return {};
  (*owed)->open = std::move(open);
  (*owed)->settled = static_cast<std::uint8_t>((*owed)->settled | static_cast<std::uint8_t>(how));
  if (batch) (*owed)->batches.push_back(*batch);
  note(stage, number, **owed);
  return {};
}

base::Result<TakenReceipts> OwedBook::take_receipts(commit::Stage& stage, const SignedByPinned& signed_batch) const {
  TakenReceipts taken;
  auto batch = KeptBatch::of(*signed_batch);
  auto other = kept_otherwise(stage, batch);
  if (!other) return std::unexpected(other.error());
  const BatchName name{batch.by, batch.number};
  for (auto& kept : batch.receipts) {
    if (*other) {
      taken.refused.push_back({kept.receipt->number, Fault::replayed});
    } else if (auto done = take_receipt(stage, kept, name, taken); !done) {
      return std::unexpected(done.error());
    }
  }
  if (taken.settled == 0) return taken;  // it says nothing that was not known
  if (auto kept = keep(stage, batch); !kept) return std::unexpected(kept.error());
  if (auto marked = take_marks_on(stage, life_); !marked) return std::unexpected(marked.error());
  return taken;
}

/// Is another batch kept under its number? What closes a number must be there to be shown.
base::Result<bool> OwedBook::kept_otherwise(const commit::Stage& stage, const KeptBatch& batch) const {
  auto there = stage.get(shard_, store::Table::receipts, receipts_key(batch.by, batch.number));
  if (!there) return std::unexpected(there.error());
  if (!*there) return false;
  const auto kept = KeptBatch::decode(**there);
  return !kept || kept->signature != batch.signature;
}

/// What is there under the number is evidence, and stays.
base::Result<> OwedBook::keep(commit::Stage& stage, const KeptBatch& batch) const {
  const auto key = receipts_key(batch.by, batch.number);
  auto there = stage.get(shard_, store::Table::receipts, key);
  if (!there) return std::unexpected(there.error());
  if (!*there) stage.put(shard_, store::Table::receipts, key, batch.encode());
  return {};
}

base::Result<> OwedBook::take_receipt(commit::Stage& stage, KeptBatch::Kept& kept, const BatchName& batch,
                                      TakenReceipts& taken) const {
  const auto receipt = std::move(*kept.receipt);
  kept.receipt.reset();  // what the book does not point to is not kept: who ends the message would not find it
  // The book is of one partition: what names another one was not given out here.
  base::Result<std::optional<Owed>> owed = std::optional<Owed>();
  if (receipt.number.partition == partition_) owed = find_owed(stage, receipt.number);
  if (!owed) return std::unexpected(owed.error());
  const bool ours = receipt.number.instance == life_.instance;
  if (ours && *owed && (*owed)->state == Owed::State::ended) return {};  // nothing is left to compare it with
  std::optional<OwedNumber> known;
  if (*owed) known.emplace((*owed)->digest, (*owed)->recipients);
  if (const auto fault = fault_in(receipt, life_, known)) {
    taken.refused.push_back({receipt.number, *fault});
    return {};
  }
  taken.believed += 1;
  const auto still = without((*owed)->open, receipt.recipients);
  if (still.size() == (*owed)->open.size()) return {};
  taken.settled += 1;
  if (still.empty()) taken.closed.push_back(receipt.number);
  const bool remembered = (*owed)->batches.size() < Owed::max_batches;
  if (remembered) kept.receipt = receipt;
  const auto name = remembered ? std::optional(batch) : std::nullopt;
  return settle(stage, receipt.number, receipt.recipients, Settled::receipt, name);
}

base::Result<> OwedBook::hide_receipts(commit::Stage& stage, const Number& number, const Owed& owed) const {
  for (const auto& name : owed.batches) {
    const auto key = receipts_key(name.by, name.number);
    auto value = stage.get(shard_, store::Table::receipts, key);
    if (!value) return std::unexpected(value.error());
    if (!*value) continue;
    auto batch = KeptBatch::decode(**value);
    if (!batch) return base::fail("receipts for " + number.text(), batch.error());
    if (batch->hide(number)) stage.put(shard_, store::Table::receipts, key, batch->encode());
  }
  return {};
}

base::Result<> OwedBook::forget(commit::Stage& stage, const Number& number) const {
  auto owed = find_owed(stage, number);
  if (!owed) return std::unexpected(owed.error());
  if (!*owed || (*owed)->state == Owed::State::ended) return {};
  if (!(*owed)->final()) return base::fail("custody number " + number.text() + " is owed still", base::errc::refused);
  if (auto hidden = hide_receipts(stage, number, **owed); !hidden) return hidden;
  Owed left;
  left.position = (*owed)->position;
  left.settled = (*owed)->settled;
  left.state = Owed::State::ended;
  note(stage, number, left);
  return {};
}

base::Result<> OwedBook::forget(commit::Stage& stage, const Number& number, const Names& recipients) const {
  auto owed = find_owed(stage, number);
  if (!owed) return std::unexpected(owed.error());
  if (!*owed || (*owed)->state == Owed::State::ended) return {};
  auto left = without((*owed)->recipients, recipients);
  if (left.empty()) return forget(stage, number);
  if (left.size() == (*owed)->recipients.size()) return {};
  if (!(*owed)->final()) return base::fail("custody number " + number.text() + " is owed still", base::errc::refused);
  if (auto hidden = hide_receipts(stage, number, **owed); !hidden) return hidden;
  (*owed)->recipients = std::move(left);
  (*owed)->batches.clear();
  note(stage, number, **owed);
  return {};
}

base::Result<> OwedBook::settle_ended(commit::Stage& stage, const SignedEnded& said) const {
  const auto& number = said.ended.number;
  auto owed = find_owed(stage, number);
  if (!owed) return std::unexpected(owed.error());
  if (!*owed || (*owed)->final()) return {};
  stage.put(shard_, store::Table::custody_state, ended_key(number), said.encode());
  const auto open = (*owed)->open;
  return settle(stage, number, open, Settled::ended);
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
