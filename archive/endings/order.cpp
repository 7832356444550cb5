#include "archive/endings/order.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace understudy::archive::endings {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view order_context = "understudy ending";
constexpr std::string_view answer_context = "understudy ending answered";
constexpr std::size_t fixed_octets = 1 + 16 + 32 + 8 + 8 + 2 + 3;  ///< of an order, beside reason and items
constexpr std::size_t item_octets = 42 + 32 + 3;                   ///< of an item, beside its recipients

std::size_t size_of(const Order::Item& item) {
  return item_octets + sizeof(custody::Name) * item.recipients.size();
}

std::uint64_t milliseconds(base::WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

base::WallTime time_from(std::uint64_t milliseconds) {
  return base::WallTime(std::chrono::milliseconds(milliseconds));
}

std::string octets_to_sign(const custody::Life& by, std::uint64_t index, const base::Digest& order) {
  base::Writer out;
  by.encode(out);
  return out.u64(index).raw(base::view(order)).take();
}

bool is_plain(std::string_view text) {
  const auto is_control = [](unsigned char octet) { return octet < 0x20 || octet == 0x7f; };
  return text.size() <= max_reason && base::is_utf8(text) && std::ranges::none_of(text, is_control);
}

}  // namespace

bool is_reason(std::string_view reason) {
  return !reason.empty() && is_plain(reason);
}

bool Order::takes(const Item& item) const {
  auto octets = fixed_octets + max_reason + size_of(item);
  for (const auto& one : items) octets += size_of(one);
  return octets <= max_octets;
}

std::string Order::encode() const {
  base::Writer out(version);
  out.raw(custody::view(salt));
  by.encode(out);
  out.u64(index).u64(milliseconds(time)).text(reason).varint(items.size());
  for (const auto& item : items) {
    custody::encode(out, item.number);
    out.raw(base::view(item.digest));
    custody::encode(out, item.recipients);
  }
  return out.take();
}

base::Result<Order> Order::decode(std::string_view octets) {
  const auto wrong = [] { return base::fail("order to end", base::errc::malformed); };
  if (octets.size() > max_octets) return wrong();
  base::Reader in(octets);
  const auto found = in.u8();
  if (in.ok() && found > version) return base::fail("order to end", base::errc::unsupported);
  Order order;
  order.salt = custody::name_from(in.raw(sizeof(custody::Salt)));
  order.by = custody::Life::decode(in);
  order.index = in.u64();
  order.time = time_from(in.u64());
  order.reason = in.text();
  for (auto count = in.varint(); count > 0 && in.ok(); --count) {
    Item item;
    item.number = custody::decode_number(in);
    item.digest = base::digest_from(in.raw(sizeof(base::Digest)));
    item.recipients = custody::decode_names(in, max_octets / sizeof(custody::Name));
    if (item.number.number == 0 || item.recipients.empty()) return wrong();
    order.items.push_back(std::move(item));
  }
  if (!in.ok() || !in.at_end() || order.items.empty() || !is_reason(order.reason) || order.encode() != octets) return wrong();
  return order;
}

SignedOrder SignedOrder::sign(Order order, const base::SigningKey& key) {
  const auto signature = key.sign(order_context, octets_to_sign(order.by, order.index, order.hash()));
  return {std::move(order), signature};
}

bool SignedOrder::signed_by(const base::PublicKey& key) const {
  return signed_order(order.by, order.index, order.hash(), key, signature);
}

bool signed_order(const custody::Life& by, std::uint64_t index, const base::Digest& order, const base::PublicKey& key,
                  const base::Signature& signature) {
  return base::verify(key, order_context, octets_to_sign(by, index, order), signature);
}

std::string SignedOrder::encode() const {
  return base::Writer().raw(base::view(signature)).raw(order.encode()).take();
}

base::Result<SignedOrder> SignedOrder::decode(std::string_view octets) {
  base::Reader in(octets);
  const auto signature = base::signature_from(in.raw(sizeof(base::Signature)));
  auto order = Order::decode(in.rest());
  if (!order) return std::unexpected(order.error());
  return SignedOrder{std::move(*order), signature};
}

std::string_view word(Came came) {
  switch (came) {
    case Came::nothing:
      return "not answered";
    case Came::waiting:
      return "waiting";
    case Came::done:
      return "done";
    case Came::not_here:
      return "not here";
    case Came::declined:
      return "declined";
    case Came::refused:
      return "refused";
  }
  return "unknown";
}

std::string Answer::encode() const {
  base::Writer out(version);
  to.encode(out);
  out.u64(index).raw(base::view(order)).u8(static_cast<std::uint8_t>(came));
  by.encode(out);
  out.u8(ended_by ? 1 : 0).u64(ended_by.value_or(0)).u64(milliseconds(time)).text(why);
  return out.take();
}

base::Result<Answer> Answer::decode(std::string_view octets) {
  base::Reader in(octets);
  const auto found = in.u8();
  if (in.ok() && found > version) return base::fail("answer to an order", base::errc::unsupported);
  Answer answer;
  answer.to = custody::Life::decode(in);
  answer.index = in.u64();
  answer.order = base::digest_from(in.raw(sizeof(base::Digest)));
  const auto came = in.u8();
  answer.came = static_cast<Came>(came);
  answer.by = custody::Life::decode(in);
  const bool ended = in.u8() != 0;
  const auto by = in.u64();
  if (ended) answer.ended_by = by;
  answer.time = time_from(in.u64());
  answer.why = in.text();
  const bool known = came > static_cast<std::uint8_t>(Came::nothing) && came <= static_cast<std::uint8_t>(Came::refused);
  if (!in.ok() || !in.at_end() || !known || !is_plain(answer.why) || answer.encode() != octets)
    return base::fail("answer to an order", base::errc::malformed);
  return answer;
}

SignedAnswer SignedAnswer::sign(Answer answer, const base::SigningKey& key) {
  const auto signature = key.sign(answer_context, answer.encode());
  return {std::move(answer), signature};
}

bool SignedAnswer::signed_by(const base::PublicKey& key) const {
  return base::verify(key, answer_context, answer.encode(), signature);
}

std::string SignedAnswer::encode() const {
  return base::Writer().raw(base::view(signature)).raw(answer.encode()).take();
}

base::Result<SignedAnswer> SignedAnswer::decode(std::string_view octets) {
  base::Reader in(octets);
  const auto signature = base::signature_from(in.raw(sizeof(base::Signature)));
  auto answer = Answer::decode(in.rest());
  if (!answer) return std::unexpected(answer.error());
  return SignedAnswer{std::move(*answer), signature};
}

}  // namespace understudy::archive::endings
