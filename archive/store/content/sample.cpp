#include "archive/store/content/sample.hpp"

#include <algorithm>

namespace understudy::archive::store::content {
namespace {

constexpr std::uint64_t one_in_judging = 8;
constexpr std::uint64_t stride = 0x9e3779b97f4a7c15;  // odd: the counter meets every number before it meets one again

/// Makes numbers that follow each other look drawn: the finaliser of SplitMix64.
std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

}  // namespace

Sample::Sample(base::Random& random, const SampleLimits& limits) : limits_(limits), draws_(random.number()) {}

std::uint64_t Sample::next_key() {
  return mixed(draws_.fetch_add(stride, std::memory_order_relaxed));
}

void Sample::offer(std::string_view text) {
  if (text.size() < limits_.least) return;
  const std::uint64_t key = next_key();
  if (key >= below_.load(std::memory_order_relaxed)) return;
  Item item{key, std::string(text.substr(0, limits_.text))};
  const std::lock_guard lock(mutex_);
  if (key >= below_.load(std::memory_order_relaxed)) return;
  used_ += cost(item);
  kept_.push_back(std::move(item));
  std::push_heap(kept_.begin(), kept_.end());
  while (used_ > limits_.octets) {
    std::pop_heap(kept_.begin(), kept_.end());
    used_ -= cost(kept_.back());
    below_.store(kept_.back().key, std::memory_order_relaxed);
    kept_.pop_back();
  }
}

SampleSet Sample::copy() const {
  SampleSet out;
  const std::lock_guard lock(mutex_);
  // The low bits have no part in what is kept: keys below the limit differ from others in their high bits.
  for (const Item& item : kept_) (item.key % one_in_judging == 0 ? out.judging : out.training).add(item.text);
  return out;
}

std::size_t Sample::octets() const {
  const std::lock_guard lock(mutex_);
  return used_ - kept_.size() * sizeof(Item);
}

void Sample::clear() {
  const std::lock_guard lock(mutex_);
  std::vector<Item>().swap(kept_);
  used_ = 0;
  below_.store(std::numeric_limits<std::uint64_t>::max(), std::memory_order_relaxed);
}

}  // namespace understudy::archive::store::content
