/// A maildrop as one session sees it: the messages that were there when it was locked, and which are marked as deleted
/// (RFC 1939 §5). Message numbers are 1 to count(). Removes nothing: at QUIT it says what is to be removed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::mail::pop3 {

struct Entry {
  std::uint64_t size = 0;  ///< octets of the message as stored
  std::string uidl;        ///< 1 to 70 octets of 0x21 to 0x7e, the same in all sessions, never used again (RFC 1939 §7)
};

bool is_uidl(std::string_view text);

class Maildrop {
 public:
  Maildrop() = default;
  /// A UIDL that is none, and sizes that together are over 2^64-1, are bugs of the caller: std::logic_error.
  explicit Maildrop(std::vector<Entry> entries);

  std::uint64_t count() const { return entries_.size(); }           ///< with those that are marked
  std::uint64_t left() const { return entries_.size() - marked_; }  ///< without
  std::uint64_t octets_left() const { return octets_left_; }        ///< likewise
  bool exists(std::uint64_t number) const;                          ///< and is not marked
  const Entry& at(std::uint64_t number) const;                      ///< must exist()
  void mark(std::uint64_t number);                                  ///< must exist()
  void unmark_all();
  std::vector<std::uint64_t> marked() const;  ///< in order

 private:
  std::vector<Entry> entries_;
  std::vector<bool> deleted_;
  std::uint64_t marked_ = 0;
  std::uint64_t octets_ = 0;  // of all
  std::uint64_t octets_left_ = 0;
};

}  // namespace understudy::mail::pop3
