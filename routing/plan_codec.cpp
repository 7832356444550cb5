#include "routing/plan_codec.hpp"

#include <utility>

#include "base/bytes.hpp"

namespace understudy::routing {
namespace {

using base::Reader;
using base::Writer;

constexpr std::uint8_t version = 1;
constexpr std::uint8_t flag_create = 1;
constexpr std::uint8_t flag_seen = 2;
// No reply that we make or take has more; what claims more is damaged.
constexpr std::uint64_t max_reply_lines = 1024;

std::string encode(const File& file) {
  const auto flags = static_cast<std::uint8_t>((file.create ? flag_create : 0) | (file.seen ? flag_seen : 0));
  return Writer().text(file.account).text(file.folder).u8(flags).text(file.original).take();
}

bool decode(std::string_view octets, File& file) {
  Reader in(octets);
  file.account = in.text();
  file.folder = in.text();
  const std::uint8_t flags = in.u8();
  file.create = (flags & flag_create) != 0;
  file.seen = (flags & flag_seen) != 0;
  file.original = in.text();
  return in.ok();
}

std::string encode(const Enqueue& entry) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(entry.kind)).text(entry.hop.text).u8(entry.forward_path ? 1 : 0);
  if (entry.forward_path) out.text(entry.forward_path->local).text(entry.forward_path->domain);
  if (entry.custody == Switch::on) out.u8(1);
  return out.take();
}

bool decode(std::string_view octets, Enqueue& entry) {
  Reader in(octets);
  const std::uint8_t kind = in.u8();
  if (kind < static_cast<std::uint8_t>(EntryKind::relay) || kind > static_cast<std::uint8_t>(EntryKind::home)) return false;
  entry.kind = static_cast<EntryKind>(kind);
  entry.hop.text = in.text();
  const std::uint8_t rewritten = in.u8();
  if (rewritten > 1) return false;
  if (rewritten == 1) {
    mail::address::Address to;
    to.local = in.text();
    to.domain = in.text();
    entry.forward_path = std::move(to);
  }
  if (in.at_end()) return in.ok();
  const std::uint8_t custody = in.u8();
  entry.custody = custody == 1 ? Switch::on : Switch::off;
  return in.ok() && custody <= 1;
}

std::string encode(const mail::smtp::Reply& reply) {
  Writer out;
  out.u16(static_cast<std::uint16_t>(reply.code)).text(reply.status).varint(reply.lines.size());
  for (const std::string& line : reply.lines) out.text(line);
  return out.take();
}

bool decode(std::string_view octets, mail::smtp::Reply& reply) {
  Reader in(octets);
  reply.code = in.u16();
  reply.status = in.text();
  const std::uint64_t lines = in.varint();
  if (lines > max_reply_lines) return false;
  for (std::uint64_t i = 0; i < lines && in.ok(); ++i) reply.lines.emplace_back(in.text());
  return in.ok();
}

template <class T>
void put_list(Writer& out, const std::vector<T>& items) {
  out.varint(items.size());
  for (const T& item : items) out.text(encode(item));
}

template <class T>
void put_optional(Writer& out, const std::optional<T>& item) {
  out.u8(item ? 1 : 0);
  if (item) out.text(encode(*item));
}

/// A count is not believed: every item takes at least its length octet, so the octets end before memory does.
template <class T>
bool get_list(Reader& in, std::vector<T>& items) {
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i)
    if (!decode(in.text(), items.emplace_back())) return false;
  return in.ok();
}

template <class T>
bool get_optional(Reader& in, std::optional<T>& item) {
  const std::uint8_t present = in.u8();
  if (present > 1) return false;
  return present == 0 || decode(in.text(), item.emplace());
}

base::Result<> check_version(Reader& in, const char* what) {
  const std::uint8_t found = in.u8();
  if (!in.ok() || found == 0) return base::fail(what, base::errc::damaged);
  if (found > version) return base::fail(what, base::errc::unsupported);
  return {};
}

}  // namespace

std::string encode_recipient(const RecipientPlan& recipient) {
  Writer out(version);
  put_list(out, recipient.files);
  put_list(out, recipient.enqueues);
  put_optional(out, recipient.returned);
  out.u8(static_cast<std::uint8_t>(recipient.success));
  return out.take();
}

base::Result<RecipientPlan> decode_recipient(std::string_view octets) {
  constexpr auto what = "plan of a recipient";
  Reader in(octets);
  if (auto known = check_version(in, what); !known) return base::fail("routing.decode", known.error());
  RecipientPlan out;
  const bool good = get_list(in, out.files) && get_list(in, out.enqueues) && get_optional(in, out.returned);
  const std::uint8_t success = in.u8();
  if (!good || !in.ok() || success > static_cast<std::uint8_t>(Report::expanded)) return base::fail(what, base::errc::damaged);
  out.success = static_cast<Report>(success);
  return out;
}

std::string encode_common(const Plan& plan) {
  Writer out(version);
  put_optional(out, plan.sent);
  out.varint(plan.marks.size());
  for (const std::string& mark : plan.marks) out.text(mark);
  return out.take();
}

base::Result<PlanCommon> decode_common(std::string_view octets) {
  constexpr auto what = "plan of a message";
  Reader in(octets);
  if (auto known = check_version(in, what); !known) return base::fail("routing.decode", known.error());
  PlanCommon out;
  const bool good = get_optional(in, out.sent);
  const std::uint64_t marks = in.varint();
  for (std::uint64_t i = 0; i < marks && in.ok(); ++i) out.marks.emplace_back(in.text());
  if (!good || !in.ok()) return base::fail(what, base::errc::damaged);
  return out;
}

}  // namespace understudy::routing
