#include "mail/imap/ranges.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace understudy::mail::imap {
namespace {

using Range = Ranges::Range;

// Whether `next`, which begins at or behind `range`, overlaps or touches it. 64 bits: the largest number has no successor.
bool joins(const Range& range, std::uint32_t next) {
  return next <= std::uint64_t(range.last) + 1;
}

// `range` comes at or behind the last one.
void append(std::vector<Range>& ranges, Range range) {
  if (!ranges.empty() && joins(ranges.back(), range.first))
    ranges.back().last = std::max(ranges.back().last, range.last);
  else
    ranges.push_back(range);
}

void put_number(std::string& out, std::uint32_t number) {
  std::array<char, 10> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

std::optional<std::uint32_t> to_nonzero(std::string_view text) {
  const auto value = base::to_number(text);
  if (!value || *value == 0 || *value > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

}  // namespace

Ranges::Ranges(std::initializer_list<Range> ranges) : Ranges(of(std::vector<Range>(ranges))) {}

Ranges Ranges::of(std::vector<Range> ranges) {
  std::erase_if(ranges, [](const Range& range) { return range.first > range.last; });
  std::ranges::sort(ranges, {}, &Range::first);
  Ranges out;
  for (const Range& range : ranges) append(out.ranges_, range);
  return out;
}

std::optional<Ranges> Ranges::parse(std::string_view text, std::size_t most) {
  if (static_cast<std::size_t>(std::ranges::count(text, ',')) >= most) return std::nullopt;
  std::vector<Range> ranges;
  for (const std::string_view part : base::split(text, ',')) {
    const auto colon = std::min(part.find(':'), part.size());
    const auto first = to_nonzero(part.substr(0, colon));
    const auto last = colon == part.size() ? first : to_nonzero(part.substr(colon + 1));
    if (!first || !last) return std::nullopt;
    ranges.push_back({std::min(*first, *last), std::max(*first, *last)});
  }
  return of(std::move(ranges));
}

void Ranges::add(std::uint32_t first, std::uint32_t last) {
  if (first > last) return;
  if (ranges_.empty() || first >= ranges_.back().first) return append(ranges_, {first, last});
  // The ranges from `from` to before `to` become one with the new one.
  const auto from = std::ranges::lower_bound(ranges_, first, {}, [](const Range& r) { return std::uint64_t(r.last) + 1; });
  auto to = from;
  while (to != ranges_.end() && to->first <= std::uint64_t(last) + 1) ++to;
  if (from == to) {
    ranges_.insert(from, {first, last});
    return;
  }
  from->first = std::min(from->first, first);
  from->last = std::max(std::prev(to)->last, last);
  ranges_.erase(std::next(from), to);
}

void Ranges::unite(const Ranges& other) {
  std::vector<Range> both;
  both.reserve(ranges_.size() + other.ranges_.size());
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() || b != other.ranges_.end()) {
    const bool from_a = b == other.ranges_.end() || (a != ranges_.end() && a->first <= b->first);
    append(both, from_a ? *a++ : *b++);
  }
  ranges_ = std::move(both);
}

void Ranges::subtract(const Ranges& other) {
  std::vector<Range> left;
  auto b = other.ranges_.begin();
  for (const Range& range : ranges_) {
    while (b != other.ranges_.end() && b->last < range.first) ++b;
    std::uint64_t first = range.first;  // of what is not looked at yet
    for (auto cut = b; cut != other.ranges_.end() && cut->first <= range.last && first <= range.last; ++cut) {
      if (cut->first > first) left.push_back({static_cast<std::uint32_t>(first), cut->first - 1});
      first = std::uint64_t(cut->last) + 1;
      b = cut;  // it may reach into the next range, those before it cannot
    }
    if (first <= range.last) left.push_back({static_cast<std::uint32_t>(first), range.last});
  }
  ranges_ = std::move(left);
}

void Ranges::intersect(const Ranges& other) {
  std::vector<Range> common;
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() && b != other.ranges_.end()) {
    const std::uint32_t first = std::max(a->first, b->first);
    const std::uint32_t last = std::min(a->last, b->last);
    if (first <= last) common.push_back({first, last});
    if (a->last < b->last)
      ++a;
    else
      ++b;
  }
  ranges_ = std::move(common);
}

bool Ranges::contains(std::uint32_t number) const {
  const auto at = std::ranges::lower_bound(ranges_, number, {}, &Range::last);
  return at != ranges_.end() && at->first <= number;
}

std::uint64_t Ranges::count() const {
  std::uint64_t sum = 0;
  for (const Range& range : ranges_) sum += std::uint64_t(range.last) - range.first + 1;
  return sum;
}

std::optional<std::uint32_t> Ranges::nth(std::uint64_t at) const {
  for (const Range& range : ranges_) {
    const std::uint64_t size = std::uint64_t(range.last) - range.first + 1;
    if (at < size) return static_cast<std::uint32_t>(range.first + at);
    at -= size;
  }
  return std::nullopt;
}

std::string Ranges::text() const {
  std::string out;
  for (const Range& range : ranges_) {
    if (!out.empty()) out += ',';
    put_number(out, range.first);
    if (range.first == range.last) continue;
    out += ':';
    put_number(out, range.last);
  }
  return out;
}

}  // namespace understudy::mail::imap
