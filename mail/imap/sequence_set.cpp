#include "mail/imap/sequence_set.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace understudy::mail::imap {
namespace {

std::optional<std::uint32_t> to_bound(std::string_view text, std::uint32_t star) {
  if (text == "*") return star;
  const auto value = base::to_number(text);
  if (!value || *value == 0 || *value > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

}  // namespace

std::expected<SequenceSet, std::string> SequenceSet::parse(std::string_view text, const Limits& limits) {
  SequenceSet out;
  if (text == "$") {
    out.saved_ = true;
    return out;
  }
  if (text.size() > limits.octets || static_cast<std::size_t>(std::ranges::count(text, ',')) >= limits.ranges)
    return std::unexpected("Too many ranges in a sequence set");
  while (true) {
    const auto comma = std::min(text.find(','), text.size());
    const auto part = text.substr(0, comma);
    const auto colon = std::min(part.find(':'), part.size());
    const auto first = to_bound(part.substr(0, colon), star);
    const auto last = colon == part.size() ? first : to_bound(part.substr(colon + 1), star);
    if (!first || !last) return std::unexpected("Sequence set not understood");
    out.ranges_.push_back({*first, *last});
    if (comma == text.size()) return out;
    text.remove_prefix(comma + 1);
  }
}

bool SequenceSet::has_star() const {
  return std::ranges::any_of(ranges_, [](const Ranges::Range& range) { return range.first == star || range.last == star; });
}

Ranges SequenceSet::resolve(std::uint32_t largest) const {
  std::vector<Ranges::Range> found;
  found.reserve(ranges_.size());
  for (const Ranges::Range& range : ranges_) {
    const std::uint32_t first = range.first == star ? largest : range.first;
    const std::uint32_t last = range.last == star ? largest : range.last;
    if (first != 0 && last != 0) found.push_back({std::min(first, last), std::max(first, last)});
  }
  return Ranges::of(std::move(found));
}

std::string SequenceSet::text() const {
  if (saved_) return "$";
  const auto bound = [](std::uint32_t number) { return number == star ? std::string("*") : std::to_string(number); };
  std::string out;
  for (const Ranges::Range& range : ranges_) {
    if (!out.empty()) out += ',';
    out += bound(range.first);
    if (range.last != range.first) out += ':' + bound(range.last);
  }
  return out;
}

}  // namespace understudy::mail::imap
