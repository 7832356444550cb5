/// Whether the table of places has just what the entries filled, without a look-up for each place: both sides are added up, for
/// some entries that lie together at a time. Only where the sums differ is there anything to look for. Never does I/O.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace understudy::archive::check {

class PlaceSums {  // one thread
 public:
  /// Of a journal of so many entries. The sums are of hashes under `secret`, which is another one each time: nobody finds
  /// beforehand what gives the same sum.
  PlaceSums(std::uint64_t entries, std::string secret)
      : secret_(std::move(secret)), groups_((entries + entries_of_group - 1) / entries_of_group) {}

  /// A record of the table, of this entry.
  void stored(std::uint64_t index, std::string_view key, std::string_view value) {
    auto& group = of(index);
    group.records += 1;
    const auto hash = hash_of(key, value);
    for (std::size_t i = 0; i < hash.size(); ++i) group.sum[i] += hash[i];
  }
  /// What the entry has filled.
  void filled(std::uint64_t index, std::string_view key, std::string_view value) {
    auto& group = of(index);
    const auto hash = hash_of(key, value);
    for (std::size_t i = 0; i < hash.size(); ++i) group.sum[i] -= hash[i];
  }

  std::uint64_t groups() const { return groups_.size(); }
  /// Its records are what its entries have filled, one by one.
  bool agrees(std::uint64_t group) const { return groups_[group].sum == Sum{}; }
  std::uint64_t records(std::uint64_t group) const { return groups_[group].records; }

  static constexpr std::uint64_t entries_of_group = 256;

 private:
  using Sum = std::array<std::uint64_t, 2>;
  struct Group {
    Sum sum{};
    std::uint64_t records = 0;
  };

  Group& of(std::uint64_t index) { return groups_[index / entries_of_group]; }
  Sum hash_of(std::string_view key, std::string_view value) const;

  std::string secret_;
  std::vector<Group> groups_;
};

}  // namespace understudy::archive::check
