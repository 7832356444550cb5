#include "archive/journal/tree.hpp"

#include <bit>

#include "base/bytes.hpp"

namespace understudy::archive::journal {

base::Digest node_hash(const base::Digest& left, const base::Digest& right) {
  return base::sha256(base::Writer(0x01).raw(base::view(left)).raw(base::view(right)).str());
}

void Frontier::append(const base::Digest& leaf, const Complete& complete) {
  base::Digest carry = leaf;
  unsigned level = 0;
  for (std::uint64_t index = size_; index & 1; index >>= 1) {
    carry = node_hash(roots_.back(), carry);
    roots_.pop_back();
    level += 1;
    if (complete) complete({level, index >> 1}, carry);
  }
  roots_.push_back(carry);
  ++size_;
}

base::Digest Frontier::root() const {
  if (roots_.empty()) return base::sha256({});
  base::Digest head = roots_.back();
  for (std::size_t i = roots_.size() - 1; i-- > 0;) head = node_hash(roots_[i], head);
  return head;
}

std::string Frontier::encode() const {
  base::Writer out(1);
  out.u64(size_);
  for (const auto& root : roots_) out.raw(base::view(root));
  return out.take();
}

base::Result<Frontier> Frontier::decode(std::string_view value) {
  base::Reader in(value);
  Frontier frontier;
  const auto version = in.u8();
  frontier.size_ = in.u64();
  for (int i = 0; i < std::popcount(frontier.size_); ++i) frontier.roots_.push_back(base::digest_from(in.raw(32)));
  // Roots that the size does not account for: the size is wrong, and a shorter tree would look whole.
  if (!in.ok() || version != 1 || !in.at_end()) return base::fail("tree frontier", base::errc::damaged);
  return frontier;
}

}  // namespace understudy::archive::journal
