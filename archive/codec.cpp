#include "archive/codec.hpp"

namespace understudy::archive {

void encode(base::Writer& out, const mail::address::Address& address) {
  out.text(address.local).text(address.domain);
}

mail::address::Address decode_address(base::Reader& in) {
  mail::address::Address address;
  address.local = in.text();
  address.domain = in.text();
  return address;
}

void encode(base::Writer& out, const mail::address::ReversePath& reverse_path) {
  out.u8(reverse_path ? 1 : 0);
  if (reverse_path) encode(out, *reverse_path);
}

mail::address::ReversePath decode_reverse_path(base::Reader& in) {
  if (in.u8() == 0) return std::nullopt;
  return decode_address(in);
}

void encode(base::Writer& out, const mail::smtp::Recipient& recipient) {
  encode(out, recipient.forward_path);
  out.u8(recipient.notify.bits).text(recipient.orcpt);
}

mail::smtp::Recipient decode_recipient(base::Reader& in) {
  mail::smtp::Recipient recipient;
  recipient.forward_path = decode_address(in);
  recipient.notify.bits = in.u8();
  recipient.orcpt = in.text();
  return recipient;
}

void encode_transaction(base::Writer& out, const mail::smtp::Envelope& envelope) {
  encode(out, envelope.reverse_path);
  out.u8(static_cast<std::uint8_t>(envelope.body)).u8(envelope.smtputf8 ? 1 : 0);
  out.u8(static_cast<std::uint8_t>(envelope.dsn_return)).text(envelope.envid);
}

mail::smtp::Envelope decode_transaction(base::Reader& in) {
  mail::smtp::Envelope envelope;
  envelope.reverse_path = decode_reverse_path(in);
  envelope.body = static_cast<mail::smtp::BodyType>(in.u8() & 1);
  envelope.smtputf8 = in.u8() != 0;
  const auto dsn_return = in.u8();
  envelope.dsn_return = static_cast<mail::smtp::DsnReturn>(dsn_return <= 2 ? dsn_return : 0);
  envelope.envid = in.text();
  return envelope;
}

void encode(base::Writer& out, const mail::smtp::Reply& reply) {
  out.u16(static_cast<std::uint16_t>(reply.code)).text(reply.status).varint(reply.lines.size());
  for (const auto& line : reply.lines) out.text(line);
}

mail::smtp::Reply decode_reply(base::Reader& in) {
  mail::smtp::Reply reply;
  reply.code = in.u16();
  reply.status = in.text();
  for (auto lines = in.varint(); lines > 0 && in.ok(); --lines) reply.lines.emplace_back(in.text());
  return reply;
}

}  // namespace understudy::archive
