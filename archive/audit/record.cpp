#include "archive/audit/record.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"

namespace understudy::archive::audit {
namespace {

constexpr std::uint8_t record_version = 1;

/// What only some records have.
enum class Extra : std::uint8_t { of = 1, approval, request, key_change, opens, closes, decides };

constexpr std::array kinds{std::pair{Kind::plain, "plain"},         std::pair{Kind::inspect, "inspect"},
                           std::pair{Kind::search, "search"},       std::pair{Kind::read, "read"},
                           std::pair{Kind::give, "export"},         std::pair{Kind::change, "change"},
                           std::pair{Kind::configure, "configure"}, std::pair{Kind::end, "end"},
                           std::pair{Kind::review, "review"},       std::pair{Kind::approve, "approve"}};

void put_time(base::Writer& out, base::WallTime time) {
  out.u64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

base::WallTime get_time(base::Reader& in) {
  return base::WallTime(std::chrono::milliseconds(in.u64()));
}

void put_time(base::Writer& out, const std::optional<base::WallTime>& time) {
  out.u8(time ? 1 : 0);
  if (time) put_time(out, *time);
}

std::optional<base::WallTime> get_optional_time(base::Reader& in) {
  if (in.u8() == 0) return std::nullopt;
  return get_time(in);
}

void cut(std::string& text, std::size_t most) {
  constexpr std::string_view mark = "...";
  if (text.size() <= most) return;
  auto end = most - mark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // no half of a UTF-8 character
  text.resize(end);
  text += mark;
}

/// Gathers what is there, so that its number stands before it.
class Extras {
 public:
  void add(Extra kind, std::string octets) {
    out_.u8(static_cast<std::uint8_t>(kind)).text(octets);
    count_ += 1;
  }
  void append_to(base::Writer& out) const { out.varint(count_).raw(out_.str()); }

 private:
  base::Writer out_;
  std::uint64_t count_ = 0;
};

Extras extras_of(const Record& record) {
  Extras extras;
  if (record.of) extras.add(Extra::of, base::Writer().u64(*record.of).take());
  if (record.approval)
    extras.add(Extra::approval, base::Writer().u64(record.approval->request).text(record.approval->by).take());
  if (record.request) extras.add(Extra::request, std::string(base::view(*record.request)));
  if (record.key_change) {
    base::Writer key;
    record.key_change->encode(key);
    extras.add(Extra::key_change, key.take());
  }
  if (record.opens) {
    base::Writer opened;
    record.opens->encode(opened);
    extras.add(Extra::opens, opened.take());
  }
  if (!record.closes.empty()) extras.add(Extra::closes, record.closes);
  if (record.decides)
    extras.add(Extra::decides,
               base::Writer().u64(record.decides->request).u8(static_cast<std::uint8_t>(record.decides->answer)).take());
  return extras;
}

bool read_extra(Record& record, std::uint8_t kind, std::string_view octets) {
  base::Reader in(octets);
  switch (static_cast<Extra>(kind)) {
    case Extra::of:
      record.of = in.u64();
      break;
    case Extra::approval:
      record.approval = Approval{in.u64(), std::string(in.text())};
      break;
    case Extra::request:
      record.request = base::digest_from(in.raw(sizeof(base::Digest)));
      break;
    case Extra::key_change:
      record.key_change = journal::KeyChange::decode(in);
      break;
    case Extra::opens:
      record.opens = Case::decode(in);
      break;
    case Extra::closes:
      record.closes = in.rest();
      break;
    case Extra::decides:
      record.decides = Decision{in.u64(), static_cast<Decision::Answer>(in.u8())};
      break;
  }
  return in.ok();
}

template <class Enum>
bool within(Enum value, Enum first, Enum last) {
  return value >= first && value <= last;
}

}  // namespace

std::string_view name_of(Kind kind) {
  const auto found = std::ranges::find(kinds, kind, [](const auto& each) { return each.first; });
  return found == kinds.end() ? "unknown" : found->second;
}

std::optional<Kind> kind_from(std::string_view name) {
  const auto found = std::ranges::find(kinds, name, [](const auto& each) { return std::string_view(each.second); });
  if (found == kinds.end()) return std::nullopt;
  return found->first;
}

std::string_view name_of(Role role) {
  switch (role) {
    case Role::none:
      return "none";
    case Role::administrator:
      return "administrator";
    case Role::auditor:
      return "auditor";
    case Role::machine:
      return "machine";
  }
  return "unknown";
}

std::string_view name_of(Event event) {
  switch (event) {
    case Event::begun:
      return "begun";
    case Event::ended:
      return "ended";
    case Event::refused:
      return "refused";
    case Event::asked:
      return "asked";
    case Event::noted:
      return "noted";
  }
  return "unknown";
}

void Case::encode(base::Writer& out) const {
  out.text(name).text(reason).text(holder).varint(accounts.size());
  for (const auto& account : accounts) out.text(account);
  put_time(out, until);
  put_time(out, from);
  put_time(out, up_to);
}

Case Case::decode(base::Reader& in) {
  Case read;
  read.name = in.text();
  read.reason = in.text();
  read.holder = in.text();
  const auto count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) read.accounts.emplace_back(in.text());
  read.until = get_time(in);
  read.from = get_optional_time(in);
  read.up_to = get_optional_time(in);
  return read;
}

void Record::clip() {
  cut(actor.name, max_name);
  cut(actor.from, max_name);
  cut(action, max_name);
  if (object.size() > max_fields) object.resize(max_fields);
  for (auto& field : object) {
    cut(field.name, max_name);
    cut(field.value, max_value);
  }
  cut(reason, max_value);
  cut(in_case, Case::max_name);
  cut(closes, Case::max_name);
  cut(outcome, max_outcome);
}

std::string Record::encode() const {
  base::Writer out(record_version);
  put_time(out, time);
  out.u8(static_cast<std::uint8_t>(event)).text(actor.name).u32(actor.uid).text(actor.from);
  out.u8(static_cast<std::uint8_t>(role)).u8(static_cast<std::uint8_t>(kind)).text(action).varint(object.size());
  for (const auto& field : object) out.text(field.name).text(field.value);
  out.text(reason).text(in_case).text(outcome);
  extras_of(*this).append_to(out);
  return out.take();
}

base::Result<Record> Record::decode(std::string_view octets) {
  base::Reader in(octets);
  const auto version = in.u8();
  if (in.ok() && version > record_version) return base::fail("audit entry", base::errc::unsupported);
  Record record;
  record.time = get_time(in);
  record.event = static_cast<Event>(in.u8());
  record.actor.name = in.text();
  record.actor.uid = in.u32();
  record.actor.from = in.text();
  record.role = static_cast<Role>(in.u8());
  record.kind = static_cast<Kind>(in.u8());
  record.action = in.text();
  const auto fields = in.varint();
  for (std::uint64_t i = 0; i < fields && in.ok(); ++i) {
    std::string name(in.text());
    record.object.push_back({std::move(name), std::string(in.text())});
  }
  record.reason = in.text();
  record.in_case = in.text();
  record.outcome = in.text();
  bool whole = true;
  const auto extras = in.varint();
  for (std::uint64_t i = 0; i < extras && in.ok(); ++i) {
    const auto kind = in.u8();
    whole = read_extra(record, kind, in.text()) && whole;
  }
  const bool known = within(record.event, Event::begun, Event::noted) && within(record.role, Role::none, Role::machine) &&
                     within(record.kind, Kind::plain, last_kind);
  if (!in.ok() || !whole || !known || version == 0) return base::fail("audit entry", base::errc::damaged);
  return record;
}

}  // namespace understudy::archive::audit
