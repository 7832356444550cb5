#include "mail/imap/kept_fields.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/bytes.hpp"
#include "base/text.hpp"

namespace understudy::mail::imap {
namespace {

/// In lower case. A change raises kept_set.
constexpr std::array<std::string_view, 42> kept_names = {"from",
                                                         "to",
                                                         "cc",
                                                         "bcc",
                                                         "subject",
                                                         "date",
                                                         "sender",
                                                         "reply-to",
                                                         "message-id",
                                                         "in-reply-to",
                                                         "references",
                                                         "content-type",
                                                         "priority",
                                                         "mime-version",
                                                         "content-transfer-encoding",
                                                         "x-priority",
                                                         "importance",
                                                         "list-id",
                                                         "list-post",
                                                         "content-disposition",
                                                         "list-help",
                                                         "newsgroups",
                                                         "keywords",
                                                         "x-spam-flag",
                                                         "disposition-notification-to",
                                                         "x-mailer",
                                                         "user-agent",
                                                         "resent-from",
                                                         "x-spam-status",
                                                         "return-receipt-to",
                                                         "auto-submitted",
                                                         "organization",
                                                         "delivered-to",
                                                         "return-path",
                                                         "x-msmail-priority",
                                                         "resent-to",
                                                         "resent-date",
                                                         "list-unsubscribe",
                                                         "resent-message-id",
                                                         "list-unsubscribe-post",
                                                         "resent-cc",
                                                         "resent-sender"};

constexpr std::size_t longest_name = 256;

/// A kept field taken apart, without looking at more than its name: header::scan() has found it good.
struct Kept {
  std::string_view whole, name;
};

bool next_kept(base::Reader& reader, Kept& field) {
  if (reader.at_end()) return false;
  field.whole = reader.text();
  if (!reader.ok()) return false;
  const auto begin = std::min(field.whole.find_first_not_of('\r'), field.whole.size());
  const auto end = std::min(field.whole.find_first_of(": \t", begin), field.whole.size());
  field.name = field.whole.substr(begin, end - begin);
  return true;
}

/// `names`: in lower case, each between LFs.
bool is_among(std::string_view names, std::string_view name) {
  return names.find('\n' + base::to_lower(name) + '\n') != std::string_view::npos;
}

void add_name(std::string& names, std::string_view lower) {
  if (names.empty()) names.push_back('\n');
  names += lower;
  names.push_back('\n');
}

bool all_are_among(std::string_view present, std::span<const std::string_view> names) {
  while (present.size() > 1) {
    present.remove_prefix(1);
    const auto end = std::min(present.find('\n'), present.size());
    if (std::ranges::none_of(names, [&](std::string_view n) { return base::iequals(n, present.substr(0, end)); })) return false;
    present.remove_prefix(end);
  }
  return true;
}

}  // namespace

bool is_kept_name(std::string_view name) {
  return std::ranges::any_of(kept_names, [&](std::string_view known) { return base::iequals(known, name); });
}

KeptFields keep_fields(const header::Header& header, const KeptLimits& limits) {
  KeptFields out;
  out.complete = !header.truncated;
  if (header.truncated) out.set = 0;  // of no set of names is all known
  std::unordered_set<std::string> seen;
  for (const header::Field& field : header.fields) {
    const auto name = header.name(field);
    const bool kept = is_kept_name(name);
    if (kept && field.whole.size() <= limits.field && out.fields.size() + field.whole.size() <= limits.fields) {
      const auto octets = field.whole.of(header.text);
      base::put_varint(out.fields, octets.size());
      out.fields += octets;
      continue;
    }
    std::string lower = base::to_lower(name);
    if (kept) {
      if (!is_among(out.missed, lower)) add_name(out.missed, lower);
    } else if (lower.size() > longest_name || (out.others.size() + lower.size() > limits.names && !seen.contains(lower))) {
      out.complete = false;
    } else if (seen.insert(lower).second) {
      add_name(out.others, lower);
    }
  }
  return out;
}

bool KeptFieldsView::knows(std::string_view name) const {
  if (!missed_.empty() && is_among(missed_, name)) return false;
  if (set_ == kept_set && is_kept_name(name)) return true;
  return complete_ && !is_among(others_, name);
}

bool KeptFieldsView::any_value(std::string_view name, const std::function<bool(std::string_view)>& holds) const {
  base::Reader reader(fields_);
  for (Kept field; next_kept(reader, field);) {
    if (!base::iequals(field.name, name)) continue;
    auto value = field.whole.substr(std::min(field.whole.find(':') + 1, field.whole.size()));
    while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
    if (holds(value)) return true;
  }
  return false;
}

std::optional<std::string_view> KeptFieldsView::first_value(std::string_view name) const {
  std::optional<std::string_view> first;
  any_value(name, [&first](std::string_view value) {
    first = value;
    return true;
  });
  return first;
}

std::optional<std::string> KeptFieldsView::header_fields(std::span<const std::string_view> names, FieldChoice choice) const {
  const bool named = choice == FieldChoice::named;
  if (named && !std::ranges::all_of(names, [&](std::string_view name) { return knows(name); })) return std::nullopt;
  if (!named && !(complete_ && all_are_among(missed_, names) && all_are_among(others_, names))) return std::nullopt;
  std::string out;
  base::Reader reader(fields_);
  for (Kept field; next_kept(reader, field);) {
    const bool found = std::ranges::any_of(names, [&](std::string_view n) { return base::iequals(n, field.name); });
    if (found == named) out += field.whole;
  }
  if (!reader.ok()) return std::nullopt;
  if (!out.empty() && out.back() != '\n' && out.back() != '\r') out += "\r\n";
  return out += "\r\n";
}

}  // namespace understudy::mail::imap
