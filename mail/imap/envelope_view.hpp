/// Reads an ENVELOPE in its written form (RFC 9051 §7.5.2, make_envelope()) field by field, for SEARCH, SORT and THREAD, which
/// do so for each message of a mailbox. Copies nothing, looks at no more than stands before the field. What is damaged reads as
/// NIL.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mail/imap/wire.hpp"

namespace understudy::mail::imap {

enum class EnvelopeField : std::uint8_t { date, subject, from, sender, reply_to, to, cc, bcc, in_reply_to, message_id };

struct AddressView {
  WireText name;
  WireText mailbox;  ///< of the beginning of a group: its name
  WireText host;

  bool is_group_start() const { return host.nil && !mailbox.nil; }
  bool is_group_end() const { return host.nil && mailbox.nil; }
  /// "mailbox@host", without "@" where there is no host.
  std::string address() const;
};

/// The addresses of one field, in order, group entries too.
class AddressCursor {
 public:
  /// `wire`: the written form of the list, or NIL.
  explicit AddressCursor(std::string_view wire);
  /// nullopt after the last one, and where the rest is damaged.
  std::optional<AddressView> next();

 private:
  WireReader reader_;
  bool inside_;
};

class EnvelopeView {  // one thread; remembers where fields were found
 public:
  /// Keeps a view of `wire`. Nothing is looked at yet.
  explicit EnvelopeView(std::string_view wire);
  /// The value in its written form, fit for a response; "NIL" where the wire form ends early or is damaged.
  std::string_view wire(EnvelopeField field);
  /// Of date, subject, in_reply_to, message_id; NIL for the others.
  WireText text(EnvelopeField field);
  /// Of the others; empty for those.
  AddressCursor addresses(EnvelopeField field) { return AddressCursor(wire(field)); }
  /// Whether all ten fields are there and nothing else. Looks through everything.
  bool is_whole();

 private:
  static constexpr std::size_t fields = 10;

  WireReader reader_;
  std::array<std::string_view, fields> found_;
  std::size_t count_ = 0;  // of the fields found so far
  bool damaged_ = false;
};

}  // namespace understudy::mail::imap
