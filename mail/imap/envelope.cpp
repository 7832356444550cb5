#include "mail/imap/envelope.hpp"

#include <array>
#include <vector>

#include "base/text.hpp"
#include "mail/header/address_list.hpp"
#include "mail/imap/cut.hpp"
#include "mail/imap/wire.hpp"

namespace understudy::mail::imap {
namespace {

using header::Mailbox;

enum Known : std::uint8_t { date, subject, from, sender, reply_to, to, cc, bcc, in_reply_to, message_id, known_count };

constexpr std::array<std::string_view, known_count> names = {"Date", "Subject", "From", "Sender",      "Reply-To",
                                                             "To",   "Cc",      "Bcc",  "In-Reply-To", "Message-ID"};

/// The values of the fields that count, in the order of the header.
using Values = std::array<std::vector<std::string_view>, known_count>;

Values values_of(const header::Header& header) {
  Values values;
  for (const header::Field& field : header.fields)
    for (std::size_t i = 0; i < known_count; ++i)
      if (base::iequals(header.name(field), names[i])) values[i].push_back(header.value(field));
  return values;
}

class Maker {
 public:
  Maker(const header::Header& header, const EnvelopeLimits& limits) : limits_(limits), values_(values_of(header)) {
    out_.truncated = header.truncated;
  }

  Envelope run() {
    put_first('(', date);
    put_first(' ', subject);
    const std::string from_list = list(from);
    add(from_list);
    for (const Known field : {sender, reply_to}) {
      const std::string own = list(field);
      add(own == "NIL" ? from_list : own);
    }
    for (const Known field : {to, cc, bcc}) add(list(field));
    put_first(' ', in_reply_to);
    put_first(' ', message_id);
    out_.wire.push_back(')');
    return std::move(out_);
  }

 private:
  void put_first(char before, Known field) {
    out_.wire.push_back(before);
    if (values_[field].empty()) {
      out_.wire += "NIL";
    } else {
      put(out_.wire, header::unfold(values_[field].front()));
    }
  }

  void add(std::string_view list) {
    out_.wire.push_back(' ');
    out_.wire += list;
  }

  void put(std::string& out, std::string_view text) {
    const std::string_view kept = cut_text(text, limits_.text);
    out_.truncated = out_.truncated || kept.size() < text.size();
    put_text(out, kept);
  }

  std::string list(Known field) {
    std::string out = "(";
    for (const std::string_view value : values_[field]) {
      const auto found = header::parse_address_list(value, limits_.addresses - count_);
      out_.truncated = out_.truncated || found.truncated;
      for (const Mailbox& mailbox : found.entries) put_entry(out, mailbox);
      if (in_group_) put_entry(out, {.kind = Mailbox::Kind::group_end});  // the list was cut in it
    }
    if (out.size() == 1) return "NIL";
    out.push_back(')');
    return out;
  }

  /// The end of a group stands wherever its beginning does, whatever the limits: an open one would swallow what follows.
  void put_entry(std::string& out, const Mailbox& mailbox) {
    const bool ends_group = mailbox.kind == Mailbox::Kind::group_end;
    if (ends_group && !in_group_) return;
    if (!ends_group && (octets_ >= limits_.octets || count_ >= limits_.addresses)) {
      out_.truncated = true;
      return;
    }
    if (mailbox.kind != Mailbox::Kind::mailbox) in_group_ = !ends_group;
    if (!ends_group) ++count_;
    const auto before = out.size();
    put_address(out, mailbox);
    octets_ += out.size() - before;
  }

  void put_address(std::string& out, const Mailbox& mailbox) {
    out.push_back('(');
    if (mailbox.kind == Mailbox::Kind::mailbox && !mailbox.name.empty()) {
      put(out, mailbox.name);
    } else {
      out += "NIL";
    }
    out.push_back(' ');
    if (mailbox.route.empty()) {
      out += "NIL";
    } else {
      put(out, mailbox.route);
    }
    out.push_back(' ');
    if (mailbox.kind == Mailbox::Kind::mailbox) {
      put(out, mailbox.local);
      out.push_back(' ');
      put(out, mailbox.domain);
    } else if (mailbox.kind == Mailbox::Kind::group_start) {
      put(out, mailbox.name);
      out += " NIL";
    } else {
      out += "NIL NIL";
    }
    out.push_back(')');
  }

  EnvelopeLimits limits_;
  Values values_;
  Envelope out_;
  std::size_t count_ = 0;
  std::size_t octets_ = 0;
  bool in_group_ = false;
};

}  // namespace

Envelope make_envelope(const header::Header& header, const EnvelopeLimits& limits) {
  return Maker(header, limits).run();
}

}  // namespace understudy::mail::imap
