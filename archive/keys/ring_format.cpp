#include "archive/keys/ring_format.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "base/bytes.hpp"
#include "base/codec.hpp"
#include "base/digest.hpp"

namespace understudy::archive::keys {
namespace {

constexpr std::string_view magic = "understudy ring\n";
constexpr std::uint8_t ring_version = 1;
constexpr std::size_t salt_octets = 16;
constexpr std::size_t nonce_octets = sizeof(base::Nonce);

std::string_view view(const RingId& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

base::Nonce nonce_from(std::string_view octets) {
  base::Nonce nonce{};
  std::ranges::copy(octets.substr(0, nonce.size()), nonce.begin());
  return nonce;
}

base::SecretKey wrapping_key(const base::SecretKey& master, std::string_view salt) {
  return base::derive(master, salt, "understudy key ring");
}

std::string context_of(const RingId& id, store::Shard shard) {
  return base::Writer().raw("understudy key").raw(view(id)).u8(static_cast<std::uint8_t>(shard.kind)).u64(shard.id).take();
}

std::unexpected<base::Error> damaged(const std::string& what) {
  return base::fail(what, base::errc::damaged);
}

bool is_known(RingRecord::Kind kind) {
  return kind >= RingRecord::Kind::key && kind <= RingRecord::Kind::records;
}

}  // namespace

Wrapping::Wrapping(const RingId& id, std::string header, base::SecretKey key)
    : id_(id),
      header_(std::move(header)),
      key_(std::move(key)),
      check_key_(base::derive(key_, {}, "understudy key ring checks")) {}

base::Digest Wrapping::check(std::string_view octets) const {
  return base::hmac_sha256(check_key_.view(), base::Writer().raw(view(id_)).raw(octets).str());
}

Wrapping Wrapping::make(const base::SecretKey& master, const RingId& id, base::Random& random) {
  const std::string salt = random.octets(salt_octets), nonce = random.octets(nonce_octets);
  auto key = wrapping_key(master, salt);
  std::string header = base::Writer().raw(magic).u8(ring_version).raw(view(id)).raw(salt).raw(nonce).take();
  base::seal(key, nonce_from(nonce), std::string(header), {}, header);
  header += base::view(base::sha256(header));
  return {id, std::move(header), std::move(key)};
}

base::Result<Wrapping> Wrapping::read(const base::SecretKey& master, std::string_view header) {
  base::Reader in(header);
  if (in.raw(magic.size()) != magic) return damaged("it does not begin as a key ring does");
  const auto version = in.u8();
  if (version > ring_version) return base::fail("it was made by a later version", base::errc::unsupported);
  RingId id{};
  std::ranges::copy(in.raw(id.size()), id.begin());
  const auto salt = in.raw(salt_octets), nonce = in.raw(nonce_octets), tag = in.raw(base::seal_octets);
  const auto checked = header.substr(0, header.size() - std::min(header.size(), sizeof(base::Digest)));
  const auto digest = in.raw(sizeof(base::Digest));
  if (!in.ok() || !in.at_end() || version == 0 || digest != base::view(base::sha256(checked)))
    return damaged("its header does not have the digest that it claims");
  auto key = wrapping_key(master, salt);
  if (!base::open(key, nonce_from(nonce), header.substr(0, checked.size() - tag.size()), tag))
    return base::fail("it was made under another master key", base::errc::refused);
  return Wrapping(id, std::string(header), std::move(key));
}

std::string Wrapping::wrap(store::Shard shard, const base::SecretKey& key, base::Random& random) const {
  std::string wrapped = random.octets(nonce_octets);
  base::seal(key_, nonce_from(wrapped), context_of(id_, shard), key.view(), wrapped);
  return wrapped;
}

base::Result<base::SecretKey> Wrapping::unwrap(store::Shard shard, std::string_view wrapped) const {
  if (wrapped.size() != wrap_octets) return damaged("a wrapped key");
  auto plain = base::open(key_, nonce_from(wrapped), context_of(id_, shard), wrapped.substr(nonce_octets));
  if (!plain) return damaged("a wrapped key");
  const auto key = base::SecretKey::from(*plain);
  base::wipe(*plain);
  if (!key) return damaged("a wrapped key");
  return *key;
}

std::string RingWriter::record(const RingRecord& record) {
  base::Writer out(static_cast<std::uint8_t>(record.kind));
  out.u8(static_cast<std::uint8_t>(record.shard.kind)).u64(record.shard.id);
  out.u64(static_cast<std::uint64_t>(record.time.time_since_epoch().count())).raw(record.wrapped);
  const auto check = wrapping_->check(base::Writer().raw("record").u64(count_).raw(last_).raw(out.str()).str());
  last_ = base::view(check);
  count_ += 1;
  return out.raw(last_).take();
}

std::string RingWriter::mark() const {
  const auto check = wrapping_->check(base::Writer().raw("mark").u64(count_).raw(last_).str());
  return base::Writer().u64(count_).raw(base::view(check)).take();
}

namespace {

/// nullopt: it does not have its check.
std::optional<RingRecord> decode(std::string_view octets, RingWriter& writer) {
  base::Reader in(octets);
  RingRecord record;
  record.kind = static_cast<RingRecord::Kind>(in.u8());
  record.shard.kind = static_cast<store::ShardKind>(in.u8());
  record.shard.id = in.u64();
  record.time = base::WallTime(std::chrono::milliseconds(in.u64()));
  record.wrapped = in.raw(wrap_octets);
  if (!is_known(record.kind) || !base::equal_constant_time(writer.record(record), octets)) return std::nullopt;
  return record;
}

}  // namespace

base::Result<RingContent> decode_ring(std::string_view file, const Wrapping& wrapping) {
  if (file.size() < header_octets + mark_octets) return damaged("it was cut inside of its header");
  const auto mark = file.substr(header_octets, mark_octets);
  const auto promised = base::Reader(mark).u64();
  RingContent content;
  RingWriter writer(wrapping);
  std::set<store::Shard> seen;
  auto rest = file.substr(header_octets + mark_octets);
  const auto has_mark = [&] { return writer.count() != promised || base::equal_constant_time(mark, writer.mark()); };
  const auto wrong_mark = [] { return damaged("its mark does not have the digest that it claims"); };
  if (!has_mark()) return wrong_mark();
  while (!rest.empty()) {
    const auto place = writer.count();
    const auto record = decode(rest.substr(0, record_octets), writer);
    if (!record && place >= promised && rest.size() <= record_octets) break;
    const std::string where = "record " + std::to_string(place);
    if (!record) return damaged(where + " does not have the digest that it claims");
    if (!has_mark()) return wrong_mark();
    if (!seen.insert(record->shard).second) return damaged(where + " is of a shard that has one already");
    content.records.push_back(*record);
    rest.remove_prefix(record_octets);
  }
  if (content.records.size() < promised)
    return damaged("it has " + std::to_string(content.records.size()) + " keys, and had " + std::to_string(promised));
  content.octets = file.size() - rest.size();
  return content;
}

std::string text_of(const RingId& id) {
  return base::to_hex(view(id));
}

}  // namespace understudy::archive::keys
