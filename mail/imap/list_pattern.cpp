#include "mail/imap/list_pattern.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "mail/imap/mailbox_name.hpp"

namespace understudy::mail::imap {
namespace {

constexpr std::size_t word_bits = 64;

bool is_set(const std::vector<std::uint64_t>& bits, std::size_t at) {
  return (bits[at / word_bits] >> (at % word_bits) & 1) != 0;
}
void set(std::vector<std::uint64_t>& bits, std::size_t at) {
  bits[at / word_bits] |= std::uint64_t(1) << (at % word_bits);
}

// A run of wildcards is one: "*" where there is one among them, else "%". So behind a wildcard never stands another.
std::string shortened(std::string_view pattern) {
  std::string out;
  for (const char c : pattern) {
    const bool wild = c == '*' || c == '%';
    const bool behind_wild = !out.empty() && (out.back() == '*' || out.back() == '%');
    if (!wild || !behind_wild)
      out += c;
    else if (c == '*')
      out.back() = '*';
  }
  return out;
}

unsigned char other_case(unsigned char c) {
  if (c >= 'a' && c <= 'z') return static_cast<unsigned char>(c - 'a' + 'A');
  return c >= 'A' && c <= 'Z' ? static_cast<unsigned char>(c - 'A' + 'a') : c;
}

}  // namespace

// A state is a place in the pattern: what is before it has been matched. Bit i of a row: the octet stands at place i.
ListPattern::ListPattern(std::string_view pattern) {
  const std::string text = shortened(pattern);
  length_ = text.size();
  const Bits none(length_ / word_bits + 1);
  stars_ = percents_ = none;
  for (std::size_t i = 0; i < length_; ++i) {
    if (text[i] == '*') set(stars_, i);
    if (text[i] == '%') set(percents_, i);
    if (text[i] == '*' || text[i] == '%') continue;
    auto& row = row_[static_cast<unsigned char>(text[i])];
    if (row == 0) {
      rows_.push_back(none);
      row = static_cast<std::uint16_t>(rows_.size());
    }
    set(rows_[row - 1u], i);
  }
}

// A wildcard may match nothing: who stands before it stands behind it too.
void ListPattern::open(Bits& states) const {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const std::uint64_t wild = states[i] & (stars_[i] | percents_[i]);
    states[i] |= wild << 1 | carry;
    carry = wild >> (word_bits - 1);
  }
}

void ListPattern::step(Bits& states, unsigned char c, bool any_case) const {
  const Bits* row = row_[c] == 0 ? nullptr : &rows_[row_[c] - 1u];
  const auto other = any_case ? row_[other_case(c)] : std::uint16_t(0);
  const Bits* second = other == 0 ? nullptr : &rows_[other - 1u];
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const std::uint64_t match = states[i] & ((row ? (*row)[i] : 0) | (second ? (*second)[i] : 0));
    const std::uint64_t stay = states[i] & (stars_[i] | (c == hierarchy_delimiter ? 0 : percents_[i]));
    states[i] = match << 1 | carry | stay;
    carry = match >> (word_bits - 1);
  }
  open(states);
}

ListPattern::Bits ListPattern::run(std::string_view name) const {
  constexpr std::string_view inbox = "INBOX";
  const bool under_inbox = base::istarts_with(name, inbox) && (name.size() == inbox.size() || name[inbox.size()] == '/');
  Bits states(length_ / word_bits + 1);
  set(states, 0);
  open(states);
  for (std::size_t i = 0; i < name.size(); ++i)
    step(states, static_cast<unsigned char>(name[i]), under_inbox && i < inbox.size());
  return states;
}

bool ListPattern::matches(std::string_view name) const {
  return is_set(run(name), length_);
}

bool ListPattern::reaches(std::string_view name) const {
  Bits states = run(name);
  if (is_set(states, length_)) return true;
  step(states, hierarchy_delimiter, false);
  return std::ranges::any_of(states, [](std::uint64_t word) { return word != 0; });
}

std::string interpret(std::string_view reference, std::string_view pattern) {
  if (pattern.starts_with(hierarchy_delimiter)) return std::string(pattern);
  return std::string(reference) + std::string(pattern);
}

}  // namespace understudy::mail::imap
