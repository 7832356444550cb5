#include "archive/journal/head.hpp"

#include <algorithm>

#include "base/codec.hpp"

namespace understudy::archive::journal {
namespace {

constexpr std::string_view context = "understudy tree head";
constexpr std::uint8_t head_version = 1;
constexpr std::uint8_t value_version = 1;

using Id = std::array<std::uint8_t, 16>;

std::string_view view(const Id& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

Id id_from(std::string_view octets) {
  Id id{};
  std::ranges::copy(octets.substr(0, id.size()), id.begin());
  return id;
}

}  // namespace

base::Result<LogName> LogName::make(std::string_view instance, std::string_view incarnation, Log log) {
  const auto first = base::from_hex(instance);
  const auto second = base::from_hex(incarnation);
  if (!first || !second || first->size() != 16 || second->size() != 16)
    return base::fail("identity of the store", base::errc::malformed);
  return LogName{id_from(*first), id_from(*second), log.book, log.partition};
}

void LogName::encode(base::Writer& out) const {
  out.raw(view(instance)).raw(view(incarnation)).u8(static_cast<std::uint8_t>(book)).u16(partition);
}

LogName LogName::decode(base::Reader& in) {
  LogName log;
  log.instance = id_from(in.raw(16));
  log.incarnation = id_from(in.raw(16));
  log.book = static_cast<Book>(in.u8());
  log.partition = in.u16();
  return log;
}

std::string TreeHead::encode() const {
  base::Writer out(head_version);
  log.encode(out);
  out.u64(head.size).raw(base::view(head.root)).u64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
  return out.raw(base::view(key)).take();
}

base::Result<TreeHead> TreeHead::decode(std::string_view octets_of_it) {
  base::Reader in(octets_of_it);
  const auto version = in.u8();
  if (in.ok() && version > head_version) return base::fail("tree head", base::errc::unsupported);
  TreeHead tree;
  tree.log = LogName::decode(in);
  const bool known_book = tree.log.book == Book::mail || tree.log.book == Book::audit;
  tree.head.size = in.u64();
  tree.head.root = base::digest_from(in.raw(32));
  tree.time = base::WallTime(std::chrono::milliseconds(in.u64()));
  tree.key = base::digest_from(in.raw(32));
  if (!in.ok() || !in.at_end() || version == 0 || !known_book || tree.head.size >= proof::max_size)
    return base::fail("tree head", base::errc::damaged);
  return tree;
}

SignedHead SignedHead::sign(TreeHead head, const base::SigningKey& key) {
  head.key = key.public_key().fingerprint();
  const auto signature = key.sign(context, head.encode());
  return {head, key.public_key(), signature};
}

bool SignedHead::holds() const {
  return head.key == key.fingerprint() && base::verify(key, context, head.encode(), signature);
}

std::string SignedHead::encode() const {
  return base::Writer(value_version).raw(head.encode()).raw(key.view()).raw(base::view(signature)).take();
}

base::Result<SignedHead> SignedHead::decode(std::string_view value) {
  base::Reader in(value);
  const auto version = in.u8();
  if (in.ok() && version > value_version) return base::fail("signed tree head", base::errc::unsupported);
  auto head = TreeHead::decode(in.raw(TreeHead::octets));
  if (!head) return std::unexpected(head.error());
  SignedHead result;
  result.head = *head;
  result.key = base::PublicKey::from(in.raw(32));
  result.signature = base::signature_from(in.raw(64));
  if (!in.ok() || version == 0) return base::fail("signed tree head", base::errc::damaged);
  return result;
}

}  // namespace understudy::archive::journal
