#include "mail/pop3/maildrop.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace understudy::mail::pop3 {

bool is_uidl(std::string_view text) {
  constexpr std::size_t longest = 70;
  return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7e; });
}

Maildrop::Maildrop(std::vector<Entry> entries) : entries_(std::move(entries)), deleted_(entries_.size(), false) {
  if (!std::ranges::all_of(entries_, is_uidl, &Entry::uidl)) throw std::logic_error("pop3: a unique-id that is none");
  for (const Entry& entry : entries_) {
    if (entry.size > std::numeric_limits<std::uint64_t>::max() - octets_) throw std::logic_error("pop3: sizes beyond 64 bits");
    octets_ += entry.size;
  }
  octets_left_ = octets_;
}

bool Maildrop::exists(std::uint64_t number) const {
  return number >= 1 && number <= entries_.size() && !deleted_[number - 1];
}

const Entry& Maildrop::at(std::uint64_t number) const {
  if (!exists(number)) throw std::logic_error("pop3: no such message");
  return entries_[number - 1];
}

void Maildrop::mark(std::uint64_t number) {
  if (!exists(number)) throw std::logic_error("pop3: no such message");
  deleted_[number - 1] = true;
  ++marked_;
  octets_left_ -= entries_[number - 1].size;
}

void Maildrop::unmark_all() {
  deleted_.assign(entries_.size(), false);
  marked_ = 0;
  octets_left_ = octets_;
}

std::vector<std::uint64_t> Maildrop::marked() const {
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 0; i < deleted_.size(); ++i)
    if (deleted_[i]) numbers.push_back(i + 1);
  return numbers;
}

}  // namespace understudy::mail::pop3
