#include "mail/imap/mailbox_name.hpp"

#include <array>
#include <cstdint>

#include "base/text.hpp"

namespace understudy::mail::imap {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";  // RFC 3501 §5.1.3
constexpr unsigned surrogates = 0xd800, low_surrogates = 0xdc00, past_surrogates = 0xe000;
constexpr unsigned replacement = 0xfffd;

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> out{};
  out.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) out[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return out;
}
constexpr std::array<std::int8_t, 256> values = make_values();

bool is_printable(unsigned code) {
  return code >= 0x20 && code <= 0x7e;
}

void put_utf8(std::string& out, unsigned code) {
  const auto put = [&](unsigned octet) { out += static_cast<char>(octet); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

/// The characters between "&" and "-": base64 of UTF-16. Gives what is wrong with them, or nothing.
class ShiftedReader {
 public:
  explicit ShiftedReader(std::string& out) : out_(out) {}

  std::string_view take(char c) {
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0) return "a character in base64 that is not of its alphabet";
    bits_ = bits_ << 6 | static_cast<unsigned>(value);
    held_ += 6;
    if (held_ < 16) return {};
    held_ -= 16;
    const unsigned unit = bits_ >> held_ & 0xffff;
    bits_ &= (1u << held_) - 1;
    return take_unit(unit);
  }
  std::string_view finish() const {
    if (high_ != 0) return "half a surrogate pair";
    if (held_ >= 6 || bits_ != 0) return "bits left over at the end of base64";
    return {};
  }

 private:
  std::string_view take_unit(unsigned unit) {
    const bool low = unit >= low_surrogates && unit < past_surrogates;
    if (low != (high_ != 0)) return "half a surrogate pair";
    if (low) {
      put_utf8(out_, 0x10000 + ((high_ - surrogates) << 10) + (unit - low_surrogates));
      high_ = 0;
    } else if (unit >= surrogates && unit < low_surrogates) {
      high_ = unit;
    } else if (is_printable(unit)) {
      return "printable ASCII in base64";
    } else {
      put_utf8(out_, unit);
    }
    return {};
  }

  std::string& out_;
  unsigned bits_ = 0, held_ = 0;
  unsigned high_ = 0;  // of a pair whose other half is still to come
};

std::unexpected<std::string> bad_utf7(std::string_view what) {
  return std::unexpected("Mailbox name is not modified UTF-7: " + std::string(what));
}

/// Next code point of text that may be anything; U+FFFD for an octet that begins none.
unsigned next_code(std::string_view& text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    if (!base::is_utf8(text.substr(0, size))) continue;
    const auto first = static_cast<unsigned char>(text[0]);
    unsigned code = size == 1 ? first : first & (0x7fu >> size);
    for (std::size_t i = 1; i < size; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
    text.remove_prefix(size);
    return code;
  }
  text.remove_prefix(1);
  return replacement;
}

/// Base64 of UTF-16 as it grows.
class ShiftedWriter {
 public:
  explicit ShiftedWriter(std::string& out) : out_(out) {}
  void put(unsigned code) {
    if (!open_) out_ += '&';
    open_ = true;
    if (code < 0x10000) return put_unit(code);
    put_unit(surrogates + ((code - 0x10000) >> 10));
    put_unit(low_surrogates + ((code - 0x10000) & 0x3ff));
  }
  void close() {
    if (!open_) return;
    if (held_ > 0) out_ += alphabet[bits_ << (6 - held_) & 0x3f];
    out_ += '-';
    bits_ = held_ = 0;
    open_ = false;
  }

 private:
  void put_unit(unsigned unit) {
    bits_ = bits_ << 16 | unit;
    for (held_ += 16; held_ >= 6; held_ -= 6) out_ += alphabet[bits_ >> (held_ - 6) & 0x3f];
    bits_ &= (1u << held_) - 1;
  }

  std::string& out_;
  unsigned bits_ = 0, held_ = 0;
  bool open_ = false;
};

MailboxName read(std::string_view octets, NameForm form) {
  // Before it is decoded: base64 is at most three times as long as what it stands for, and a shift costs two octets more.
  constexpr std::size_t most_encoded = 6 * max_mailbox_name;
  if (octets.size() > most_encoded) return {std::string(octets.substr(0, max_mailbox_name)), "Mailbox name is too long"};
  std::string utf8(octets);
  if (form == NameForm::utf7) {
    auto decoded = from_utf7(octets);
    if (!decoded) return {std::move(utf8), std::move(decoded.error())};
    utf8 = std::move(*decoded);
  }
  std::string fault = fault_of_name(utf8);
  if (!fault.empty()) return {std::string(octets), std::move(fault)};
  return {std::move(utf8), {}};
}

}  // namespace

std::expected<std::string, std::string> from_utf7(std::string_view octets) {
  std::string out;
  bool behind_shift = false;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const char c = octets[i];
    if (c != '&') {
      if (!is_printable(static_cast<unsigned char>(c))) return bad_utf7("an octet that is not printable ASCII");
      out += c;
      behind_shift = false;
      continue;
    }
    const auto end = octets.find('-', i);
    if (end == octets.npos) return bad_utf7("a shift without its end");
    if (end == i + 1) {
      out += '&';
      behind_shift = false;
    } else {
      if (behind_shift) return bad_utf7("two shifts that should be one");
      ShiftedReader shifted(out);
      for (const char coded : octets.substr(i + 1, end - i - 1))
        if (const auto fault = shifted.take(coded); !fault.empty()) return bad_utf7(fault);
      if (const auto fault = shifted.finish(); !fault.empty()) return bad_utf7(fault);
      behind_shift = true;
    }
    i = end;
  }
  return out;
}

std::string to_utf7(std::string_view utf8) {
  std::string out;
  ShiftedWriter shifted(out);
  while (!utf8.empty()) {
    const unsigned code = next_code(utf8);
    if (!is_printable(code)) {
      shifted.put(code);
      continue;
    }
    shifted.close();
    out += static_cast<char>(code);
    if (code == '&') out += '-';
  }
  shifted.close();
  return out;
}

std::string fault_of_name(std::string_view utf8) {
  if (utf8.size() > max_mailbox_name) return "Mailbox name is too long";
  if (!base::is_utf8(utf8)) return "Mailbox name is not UTF-8";
  while (!utf8.empty()) {
    const unsigned code = next_code(utf8);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029)
      return "Mailbox name has a control character in it";
  }
  return {};
}

std::string normalise_inbox(std::string_view utf8) {
  constexpr std::string_view inbox = "INBOX";
  std::string out(utf8);
  if (base::istarts_with(utf8, inbox) && (utf8.size() == inbox.size() || utf8[inbox.size()] == hierarchy_delimiter))
    out.replace(0, inbox.size(), inbox);
  return out;
}

MailboxName read_mailbox_name(std::string_view octets, NameForm form) {
  MailboxName name = read(octets, form);
  if (name.good()) name.utf8 = normalise_inbox(name.utf8);
  return name;
}

MailboxName read_list_pattern(std::string_view octets, NameForm form) {
  return read(octets, form);
}

}  // namespace understudy::mail::imap
