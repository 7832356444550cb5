#include "archive/store/rocksdb/keys.hpp"

namespace understudy::archive::store::keys {
namespace {

constexpr char unheld_mark = 'u';
constexpr char holder_mark = 'h';

void put(std::string& out, BodyId body) {
  base::put_be(out, body.start);
  base::put_be(out, body.number);
}

}  // namespace

std::string prefix(Shard shard, Table table) {
  std::string out;
  base::put_be(out, static_cast<std::uint8_t>(table));
  base::put_be(out, shard.id);
  return out;
}

std::string record(Shard shard, Table table, std::string_view key) {
  return prefix(shard, table).append(key);
}

std::string after(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xFF') prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

std::string chunk(BodyId body, std::uint32_t index) {
  std::string out;
  put(out, body);
  base::put_be(out, index);
  return out;
}

std::string unheld(BodyId body) {
  std::string out(1, unheld_mark);
  put(out, body);
  return out;
}

std::string unheld_prefix() {
  return std::string(1, unheld_mark);
}

std::string holder_prefix(BodyId body) {
  std::string out(1, holder_mark);
  put(out, body);
  return out;
}

std::string holder(BodyId body, Shard shard) {
  std::string out = holder_prefix(body);
  base::put_be(out, static_cast<std::uint8_t>(shard.kind));
  base::put_be(out, shard.id);
  return out;
}

base::Result<BodyId> body_of_unheld(std::string_view key) {
  base::Reader in(key);
  in.u8();
  const std::uint64_t start = in.u64();
  const std::uint64_t number = in.u64();
  auto complete = in.check("key of an unheld body");
  if (!complete) return std::unexpected(complete.error());
  return BodyId{start, number};
}

base::Result<Shard> shard_of_holder(std::string_view key) {
  base::Reader in(key);
  in.raw(holder_prefix({}).size());
  const auto kind = static_cast<ShardKind>(in.u8());
  const std::uint64_t id = in.u64();
  auto complete = in.check("key of a body's holder");
  if (!complete) return std::unexpected(complete.error());
  return Shard{kind, id};
}

}  // namespace understudy::archive::store::keys
