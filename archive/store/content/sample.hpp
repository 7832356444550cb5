/// A sample of the small texts that were stored, to train a dictionary on: every text offered has had the same chance to be in
/// it, whatever its length and whenever it came. Memory is bounded; never does I/O.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"

namespace understudy::archive::store::content {

/// Texts one behind the other.
struct SampleShare {
  std::string octets;
  std::vector<std::size_t> sizes;  ///< of each text, in order

  void add(std::string_view text) {
    octets += text;
    sizes.push_back(text.size());
  }
};

struct SampleSet {
  SampleShare training;
  SampleShare judging;  ///< what no dictionary of this sample was trained on
};

struct SampleLimits {
  std::size_t octets = 8 * 1024 * 1024;  ///< of memory
  std::size_t text = 32 * 1024;          ///< octets of a text that are kept, from its beginning
  std::size_t least = 64;                ///< octets of a text that is worth it
};

class Sample {  // any thread
 public:
  /// `random`: drawn from once, here. The same numbers and the same texts in the same order give the same sample.
  explicit Sample(base::Random& random, const SampleLimits& limits = {});
  /// Copies what it keeps. Once the sample is full most calls end before any lock.
  void offer(std::string_view text);
  /// What is kept now; one in eight is for judging.
  SampleSet copy() const;
  /// Octets of the texts that are kept.
  std::size_t octets() const;
  /// Begins anew, and gives the memory back.
  void clear();

 private:
  struct Item {
    std::uint64_t key;
    std::string text;
    bool operator<(const Item& other) const { return key < other.key; }
  };
  static std::size_t cost(const Item& item) { return sizeof(Item) + item.text.size(); }
  std::uint64_t next_key();

  const SampleLimits limits_;
  std::atomic<std::uint64_t> draws_;
  /// Texts are kept by the smallest of keys drawn at random: all that are below this one, and no other.
  std::atomic<std::uint64_t> below_{std::numeric_limits<std::uint64_t>::max()};
  mutable std::mutex mutex_;  // of what follows
  std::vector<Item> kept_;    // a heap, the highest key in front
  std::size_t used_ = 0;
};

}  // namespace understudy::archive::store::content
