#include "archive/endings/order_records.hpp"

#include <map>

#include "base/log.hpp"

namespace understudy::archive::endings {
namespace {

constexpr std::uint8_t version = 1, count_version = 2;
constexpr char open_letter = 'o', waiting_letter = 'w', settled_letter = 'f';

std::string key_of(char letter, std::uint64_t number) {
  return base::Writer(static_cast<std::uint8_t>(letter)).u64(number).take();
}

std::uint64_t number_in(std::string_view key) {
  base::Reader in(key);
  in.u8();
  return in.u64();
}

std::uint64_t milliseconds(base::WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

base::WallTime time_from(std::uint64_t milliseconds) {
  return base::WallTime(std::chrono::milliseconds(milliseconds));
}

template <class Record>
base::Result<std::vector<Record>> list(const store::Reader& reader, std::uint16_t partition, store::Table table,
                                       const std::string& from, std::size_t most) {
  std::vector<Record> all;
  auto cursor = reader.scan(custody::shard_of(partition), table, from);
  for (; cursor->valid() && cursor->key().starts_with(from.front()) && all.size() < most; cursor->next()) {
    auto record = Record::decode(cursor->key(), cursor->value());
    if (record)
      all.push_back(std::move(*record));
    else
      base::log::error("endings.unreadable", {{"order", number_in(cursor->key())}, {"reason", record.error().text()}});
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return all;
}

}  // namespace

std::string Given::key() const {
  return key_of(is_final(came) ? settled_letter : open_letter, index);
}

std::string Given::encode() const {
  base::Writer out(version);
  out.u8(static_cast<std::uint8_t>(came)).u64(milliseconds(time)).raw(base::view(hash));
  out.text(order ? order->encode() : std::string()).text(answer ? answer->encode() : std::string());
  return out.take();
}

base::Result<Given> Given::decode(std::string_view key, std::string_view value) {
  const auto damaged = [] { return base::fail("an order to the other machine", base::errc::damaged); };
  base::Reader in(value);
  if (in.u8() != version) return damaged();
  Given given;
  given.index = number_in(key);
  given.came = static_cast<Came>(in.u8());
  given.time = time_from(in.u64());
  given.hash = base::digest_from(in.raw(sizeof(base::Digest)));
  const auto order = in.text();
  const auto answer = in.text();
  if (!in.ok()) return damaged();
  if (!order.empty()) {
    auto decoded = Order::decode(order);
    if (!decoded) return damaged();
    given.order = std::move(*decoded);
  }
  if (!answer.empty()) {
    auto decoded = SignedAnswer::decode(answer);
    if (!decoded) return damaged();
    given.answer = std::move(*decoded);
  }
  return given;
}

std::string Taken::record_key() const {
  return key_of(is_final(came) ? settled_letter : waiting_letter, number);
}

std::string Taken::encode() const {
  base::Writer out(version);
  out.u8(static_cast<std::uint8_t>(came));
  by.encode(out);
  out.u64(index).raw(base::view(hash)).raw(base::view(signature)).raw(key.view()).u64(milliseconds(time)).text(reason);
  out.u64(answer).u64(ended_by ? *ended_by + 1 : 0).u64(milliseconds(answered)).text(why).varint(parts.size());
  for (const auto& part : parts) part.encode(out);
  return out.take();
}

base::Result<Taken> Taken::decode(std::string_view key, std::string_view value) {
  base::Reader in(value);
  if (in.u8() != version) return base::fail("an order of the other machine", base::errc::damaged);
  Taken taken;
  taken.number = number_in(key);
  taken.came = static_cast<Came>(in.u8());
  taken.by = custody::Life::decode(in);
  taken.index = in.u64();
  taken.hash = base::digest_from(in.raw(sizeof(base::Digest)));
  taken.signature = base::signature_from(in.raw(sizeof(base::Signature)));
  taken.key = base::PublicKey::from(in.raw(sizeof(base::PublicKey)));
  taken.time = time_from(in.u64());
  taken.reason = in.text();
  taken.answer = in.u64();
  if (const auto ended = in.u64(); ended > 0) taken.ended_by = ended - 1;
  taken.answered = time_from(in.u64());
  taken.why = in.text();
  for (auto count = in.varint(); count > 0 && in.ok(); --count) taken.parts.push_back(journal::PartName::decode(in));
  if (auto fits = in.check("an order of the other machine"); !fits) return std::unexpected(fits.error());
  return taken;
}

std::string taken_name_key(const custody::Life& by, std::uint64_t index) {
  base::Writer out(static_cast<std::uint8_t>('k'));
  by.encode(out);
  return out.u64(index).take();
}

std::string taken_answer_key(std::uint64_t answer) {
  return key_of('s', answer);
}

std::string taken_idle_key(std::uint64_t idle) {
  return key_of('i', idle);
}

std::string TakenCount::encode() const {
  return base::Writer(count_version).u64(next).u64(next_answer).u64(first_idle).u64(next_idle).take();
}

base::Result<TakenCount> TakenCount::decode(const std::optional<std::string>& value) {
  TakenCount count;
  if (!value) return count;
  base::Reader in(*value);
  const auto written = in.u8();
  count.next = in.u64();
  count.next_answer = in.u64();
  if (written >= count_version) {
    count.first_idle = in.u64();
    count.next_idle = in.u64();
  }
  if (auto fits = in.check("count of orders"); !fits) return std::unexpected(fits.error());
  return count;
}

void put(commit::Stage& stage, std::uint16_t partition, const Given& given) {
  const auto shard = custody::shard_of(partition);
  if (is_final(given.came)) stage.erase(shard, store::Table::orders, key_of(open_letter, given.index));
  stage.put(shard, store::Table::orders, given.key(), given.encode());
}

void put(commit::Stage& stage, std::uint16_t partition, const Taken& taken) {
  const auto shard = custody::shard_of(partition);
  if (is_final(taken.came)) stage.erase(shard, store::Table::orders_taken, key_of(waiting_letter, taken.number));
  stage.put(shard, store::Table::orders_taken, taken.record_key(), taken.encode());
}

base::Result<std::size_t> count_waiting(const commit::Stage& stage, const store::Reader& stored, std::uint16_t partition,
                                        std::size_t most) {
  const auto shard = custody::shard_of(partition);
  std::map<std::string, bool, std::less<>> staged;  // will it be there?
  auto noted = stage.each_staged(shard, store::Table::orders_taken,
                                 [&](std::string_view key, const std::optional<std::string>& value) -> base::Result<> {
                                   if (key.starts_with(waiting_letter)) staged.emplace(key, value.has_value());
                                   return {};
                                 });
  if (!noted) return std::unexpected(noted.error());
  std::size_t count = 0;
  for (const auto& [key, stays] : staged) count += stays ? 1 : 0;
  auto cursor = stored.scan(shard, store::Table::orders_taken, std::string(1, waiting_letter));
  for (; count < most && cursor->valid() && cursor->key().starts_with(waiting_letter); cursor->next())
    count += staged.contains(cursor->key()) ? 0 : 1;
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return count;
}

void erase(commit::Stage& stage, std::uint16_t partition, const Taken& taken) {
  const auto shard = custody::shard_of(partition);
  stage.erase(shard, store::Table::orders_taken, taken.record_key());
  stage.erase(shard, store::Table::orders_taken, taken_name_key(taken.by, taken.index));
  if (taken.answer > 0) stage.erase(shard, store::Table::orders_taken, taken_answer_key(taken.answer));
}

base::Result<std::vector<Given>> list_given(const store::Reader& reader, std::uint16_t partition, Which which,
                                            std::uint64_t from, std::size_t most) {
  const auto key = key_of(which == Which::open ? open_letter : settled_letter, from);
  return list<Given>(reader, partition, store::Table::orders, key, most);
}

base::Result<std::vector<Taken>> list_taken(const store::Reader& reader, std::uint16_t partition, Which which,
                                            std::uint64_t from, std::size_t most) {
  const auto key = key_of(which == Which::open ? waiting_letter : settled_letter, from);
  return list<Taken>(reader, partition, store::Table::orders_taken, key, most);
}

}  // namespace understudy::archive::endings
