#include "archive/store/rocksdb/keys.hpp"

namespace understudy::archive::store::keys {
namespace {

enum class Kind : char {
  body = 'b',
  part = 'd',
  segment = 'g',
  holder = 'h',
  salt = 'k',
  orphan = 'o',
  user = 'r',
  key_name = 'w',
  dictionary = 'y',
};

std::string key_of(Kind kind) {
  return std::string(1, static_cast<char>(kind));
}

void put(std::string& out, BodyId body) {
  base::put_be(out, body.start);
  base::put_be(out, body.number);
}

/// The integer that follows the kind, alone.
template <class Int>
base::Result<Int> number_of(std::string_view key, std::string_view what) {
  base::Reader in(key);
  in.u8();
  const Int number = sizeof(Int) == 4 ? static_cast<Int>(in.u32()) : static_cast<Int>(in.u64());
  auto complete = in.check(what);
  if (!complete) return std::unexpected(complete.error());
  return number;
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

std::string salts_prefix() {
  return key_of(Kind::salt);
}

std::string salt(std::uint64_t start) {
  std::string out = salts_prefix();
  base::put_be(out, start);
  return out;
}

base::Result<std::uint64_t> start_of_salt(std::string_view key) {
  return number_of<std::uint64_t>(key, "key of a salt");
}

std::string key_names_prefix() {
  return key_of(Kind::key_name);
}

std::string key_name(Shard shard) {
  std::string out = key_names_prefix();
  base::put_be(out, static_cast<std::uint8_t>(shard.kind));
  base::put_be(out, shard.id);
  return out;
}

base::Result<Shard> shard_of_key_name(std::string_view key) {
  base::Reader in(key);
  in.u8();
  const auto kind = static_cast<ShardKind>(in.u8());
  const std::uint64_t id = in.u64();
  auto complete = in.check("key of a key's name");
  if (!complete) return std::unexpected(complete.error());
  return Shard{kind, id};
}

std::string body(BodyId body) {
  std::string out = key_of(Kind::body);
  put(out, body);
  return out;
}

std::string part(const base::Digest& digest) {
  return key_of(Kind::part).append(base::view(digest));
}

std::string users_prefix(const base::Digest& digest) {
  return key_of(Kind::user).append(base::view(digest));
}

std::string user(const base::Digest& digest, BodyId body) {
  std::string out = users_prefix(digest);
  put(out, body);
  return out;
}

base::Result<BodyId> body_of_user(std::string_view key) {
  base::Reader in(key);
  in.raw(users_prefix({}).size());
  BodyId body;
  body.start = in.u64();
  body.number = in.u64();
  auto complete = in.check("key of a part's user");
  if (!complete) return std::unexpected(complete.error());
  return body;
}

std::string orphans_prefix() {
  return key_of(Kind::orphan);
}

std::string orphan(const base::Digest& digest) {
  return orphans_prefix().append(base::view(digest));
}

base::Result<base::Digest> part_of_orphan(std::string_view key) {
  base::Reader in(key);
  in.u8();
  const auto digest = base::digest_from(in.raw(base::Digest{}.size()));
  auto complete = in.check("key of an orphan");
  if (!complete) return std::unexpected(complete.error());
  return digest;
}

std::string holder_prefix(BodyId body) {
  std::string out = key_of(Kind::holder);
  put(out, body);
  return out;
}

std::string holder(BodyId body, Shard shard) {
  std::string out = holder_prefix(body);
  base::put_be(out, static_cast<std::uint8_t>(shard.kind));
  base::put_be(out, shard.id);
  return out;
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

std::string segments_prefix() {
  return key_of(Kind::segment);
}

std::string segment(std::uint64_t number) {
  std::string out = segments_prefix();
  base::put_be(out, number);
  return out;
}

base::Result<std::uint64_t> number_of_segment(std::string_view key) {
  return number_of<std::uint64_t>(key, "key of a segment");
}

std::string dictionaries_prefix() {
  return key_of(Kind::dictionary);
}

std::string dictionary(std::uint32_t number) {
  std::string out = dictionaries_prefix();
  base::put_be(out, number);
  return out;
}

base::Result<std::uint32_t> number_of_dictionary(std::string_view key) {
  return number_of<std::uint32_t>(key, "key of a dictionary");
}

}  // namespace understudy::archive::store::keys

namespace understudy::archive::store::values {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t with_wraps = 2;  // of a holder
constexpr std::size_t least_wrap = 1 + 8 + 1;

}  // namespace

std::string fixed(std::string_view octets) {
  return base::Writer(version).raw(octets).take();
}

base::Result<std::string> fixed_from(std::string_view value) {
  if (value.size() < 2 || value.front() != version) return base::fail("store: what it is encrypted with", base::errc::damaged);
  return std::string(value.substr(1));
}

std::string holder(const std::vector<Wrap>& wraps) {
  base::Writer out(with_wraps);
  out.varint(wraps.size());
  for (const Wrap& wrap : wraps) out.u8(static_cast<std::uint8_t>(wrap.under.kind)).u64(wrap.under.id).text(wrap.sealed);
  return out.take();
}

base::Result<std::vector<Wrap>> wraps_from(std::string_view value) {
  if (value == mark) return std::vector<Wrap>();
  base::Reader in(value);
  const std::uint8_t read = in.u8();
  const std::uint64_t count = in.varint();
  if (read != with_wraps || count > value.size() / least_wrap) return base::fail("holder of a body", base::errc::damaged);
  std::vector<Wrap> wraps(count);
  for (Wrap& wrap : wraps) {
    wrap.under.kind = static_cast<ShardKind>(in.u8());
    wrap.under.id = in.u64();
    wrap.sealed = in.text();
  }
  auto complete = in.check("holder of a body");
  if (!complete) return std::unexpected(complete.error());
  return wraps;
}

std::string number(std::uint64_t number) {
  return base::Writer(version).u64(number).take();
}

base::Result<std::uint64_t> number_from(std::string_view value) {
  base::Reader in(value);
  in.u8();
  const std::uint64_t number = in.u64();
  auto complete = in.check("store: counter");
  if (!complete) return std::unexpected(complete.error());
  return number;
}

std::string last_commit(const LastCommit& commit) {
  base::Writer out(version);
  out.u64(commit.number).u64(commit.place.segment).u64(commit.place.offset);
  return out.varint(commit.texts).u32(commit.dictionary).take();
}

base::Result<LastCommit> last_commit_from(std::string_view value) {
  base::Reader in(value);
  in.u8();
  LastCommit commit;
  commit.number = in.u64();
  if (!in.at_end()) {
    commit.place.segment = in.u64();
    commit.place.offset = in.u64();
  }
  if (!in.at_end()) {
    commit.texts = in.varint();
    commit.dictionary = in.u32();
  }
  auto complete = in.check("store: last commit");
  if (!complete) return std::unexpected(complete.error());
  return commit;
}

std::string part(const Part& part) {
  return base::Writer(version).varint(part.at.segment).varint(part.at.offset).varint(part.at.length).varint(part.octets).take();
}

base::Result<Part> part_from(std::string_view value) {
  base::Reader in(value);
  in.u8();
  Part part;
  part.at.segment = in.varint();
  part.at.offset = in.varint();
  const std::uint64_t length = in.varint();
  const std::uint64_t octets = in.varint();
  auto complete = in.check("record of a part");
  if (!complete) return std::unexpected(complete.error());
  if (length > 0xFFFFFFFF || octets > 0xFFFFFFFF) return base::fail("record of a part", base::errc::damaged);
  part.at.length = static_cast<std::uint32_t>(length);
  part.octets = static_cast<std::uint32_t>(octets);
  return part;
}

std::string dictionary(const Dictionary& dictionary) {
  const auto check = base::sha256(dictionary.octets);
  return base::Writer(version).varint(dictionary.texts).raw(base::view(check)).raw(dictionary.octets).take();
}

base::Result<Dictionary> dictionary_from(std::string_view value) {
  base::Reader in(value);
  in.u8();
  Dictionary dictionary;
  dictionary.texts = in.varint();
  const auto check = in.raw(base::Digest{}.size());
  dictionary.octets = in.rest();
  auto complete = in.check("record of a dictionary");
  if (!complete) return std::unexpected(complete.error());
  if (check != base::view(base::sha256(dictionary.octets))) return base::fail("dictionary: check", base::errc::damaged);
  return dictionary;
}

}  // namespace understudy::archive::store::values
