/// A set of message numbers or UIDs as sorted disjoint closed ranges: the one type for such sets, also between commands, views
/// and stores. RFC 9051 §4.1.1 (how it is written). Knows no "*" and no "$": SequenceSet resolves those. Never does I/O.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::mail::imap {

class Ranges {  // a value; one thread at a time
 public:
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;  ///< the last one that is in it, never less than `first`
    bool operator==(const Range&) const = default;
  };
  class Numbers;  ///< walks number by number

  Ranges() = default;
  /// In any order, overlapping or not; a range with first > last is none.
  Ranges(std::initializer_list<Range> ranges);
  /// Any list of ranges, sorted and joined: O(n log n), where add() one by one in falling order is O(n²).
  static Ranges of(std::vector<Range> ranges);
  /// "1:3,5" as text() writes it or in any order and overlapping; "3:1" is "1:3". nullopt: another character, a zero, a number
  /// beyond 32 bits, nothing at all, or more than `most` ranges.
  static std::optional<Ranges> parse(std::string_view text, std::size_t most);

  /// O(1) where it comes last or joins the last range, else O(number of ranges).
  void add(std::uint32_t number) { add(number, number); }
  void add(std::uint32_t first, std::uint32_t last);  ///< first > last: nothing
  void unite(const Ranges& other);                    ///< this and the next two: linear in both
  void subtract(const Ranges& other);
  void intersect(const Ranges& other);
  void clear() { ranges_.clear(); }

  bool contains(std::uint32_t number) const;  ///< O(log n)
  bool empty() const { return ranges_.empty(); }
  std::uint64_t count() const;                                  ///< of numbers; O(number of ranges)
  std::optional<std::uint32_t> nth(std::uint64_t at) const;     ///< from 0; O(number of ranges)
  std::uint32_t min() const { return ranges_.front().first; }   ///< of a set that is not empty
  std::uint32_t max() const { return ranges_.back().last; }     ///< of a set that is not empty
  const std::vector<Range>& ranges() const { return ranges_; }  ///< sorted, disjoint, not even touching
  Numbers begin() const;                                        ///< numbers, smallest first; changes of the set end the walk
  Numbers end() const;
  std::string text() const;  ///< "1:3,5"; empty for the empty set
  bool operator==(const Ranges&) const = default;

 private:
  std::vector<Range> ranges_;
};

class Ranges::Numbers {
 public:
  using value_type = std::uint32_t;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;

  Numbers() = default;
  std::uint32_t operator*() const { return number_; }
  Numbers& operator++() {
    if (number_ != at_->last)
      ++number_;
    else
      *this = Numbers(at_ + 1, end_);
    return *this;
  }
  Numbers operator++(int) {
    Numbers before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Numbers& other) const { return at_ == other.at_ && number_ == other.number_; }

 private:
  friend class Ranges;
  Numbers(const Range* at, const Range* end) : at_(at), end_(end), number_(at == end ? 0 : at->first) {}

  const Range* at_ = nullptr;
  const Range* end_ = nullptr;
  std::uint32_t number_ = 0;
};

inline Ranges::Numbers Ranges::begin() const {
  return {ranges_.data(), ranges_.data() + ranges_.size()};
}
inline Ranges::Numbers Ranges::end() const {
  return {ranges_.data() + ranges_.size(), ranges_.data() + ranges_.size()};
}

}  // namespace understudy::mail::imap
