#include "mail/mime/transfer_decoder.hpp"

#include <algorithm>
#include <array>

namespace understudy::mail::mime {
namespace {

constexpr std::uint8_t none = 0xff, white = 0xfe, equals = 0xfd;

constexpr std::array<std::uint8_t, 256> make_base64_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(none);
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  for (const char c : std::string_view(" \t\r\n")) values[static_cast<unsigned char>(c)] = white;
  values['='] = equals;
  return values;
}

constexpr auto base64_values = make_base64_values();

/// Sixteen: no such digit.
unsigned hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return 16;
}

bool is_white(char c) {
  return c == ' ' || c == '\t';
}

/// Decodes quanta of four characters of the alphabet off the front; gives how many octets of `in` they are.
std::size_t whole_quanta(std::string_view in, std::string& out) {
  std::array<char, 768> piece;
  std::size_t taken = 0, made = 0;
  const auto value = [&](std::size_t i) -> std::uint32_t { return base64_values[static_cast<unsigned char>(in[i])]; };
  for (; taken + 4 <= in.size() && made < piece.size(); taken += 4) {
    const auto a = value(taken), b = value(taken + 1), c = value(taken + 2), d = value(taken + 3);
    if ((a | b | c | d) > 63) break;
    const auto bits = a << 18 | b << 12 | c << 6 | d;
    piece[made++] = static_cast<char>(bits >> 16);
    piece[made++] = static_cast<char>(bits >> 8);
    piece[made++] = static_cast<char>(bits);
  }
  out.append(piece.data(), made);
  return taken;
}

}  // namespace

void TransferDecoder::feed(std::string_view in, std::string& out) {
  if (encoding_ == Encoding::base64) {
    feed_base64(in, out);
  } else if (encoding_ == Encoding::quoted_printable) {
    feed_quoted_printable(in, out);
  } else {
    out += in;
  }
}

void TransferDecoder::feed_base64(std::string_view in, std::string& out) {
  while (!in.empty()) {
    if (characters_ == 0 && !padded_) in.remove_prefix(whole_quanta(in, out));
    if (in.empty()) return;
    const auto value = base64_values[static_cast<unsigned char>(in.front())];
    in.remove_prefix(1);
    if (value < 64) {
      broken_ = broken_ || padded_;  // data behind padding: another text put behind the first
      bits_ = bits_ << 6 | value;
      if (++characters_ < 4) continue;
      out += {static_cast<char>(bits_ >> 16), static_cast<char>(bits_ >> 8), static_cast<char>(bits_)};
      bits_ = characters_ = 0;
    } else if (value == equals) {
      if (characters_ > 0) {
        padding_ = 4 - characters_;
        broken_ = broken_ || characters_ == 1;
        end_quantum(out);
      }
      broken_ = broken_ || padding_ == 0;
      padded_ = true;
      if (padding_ > 0) --padding_;
    } else {
      broken_ = broken_ || value == none;
    }
  }
}

/// What the characters of an unfinished quantum say.
void TransferDecoder::end_quantum(std::string& out) {
  bits_ <<= 6 * (4 - characters_);
  if (characters_ >= 2) out.push_back(static_cast<char>(bits_ >> 16));
  if (characters_ == 3) out.push_back(static_cast<char>(bits_ >> 8));
  bits_ = characters_ = 0;
}

void TransferDecoder::feed_quoted_printable(std::string_view in, std::string& out) {
  while (!in.empty()) {
    if (held_.empty()) {
      const auto plain = std::min(in.find_first_of("= \t\r\n"), in.size());
      out += in.substr(0, plain);
      in.remove_prefix(plain);
      if (in.empty()) return;
    }
    take_special(in.front(), out);
    in.remove_prefix(1);
  }
}

void TransferDecoder::give_held(std::string& out) {
  broken_ = broken_ || held_.starts_with('=');
  out += held_;
  held_.clear();
}

/// One character that is special, or behind something that was held back.
void TransferDecoder::take_special(char c, std::string& out) {
  if (c == '\n') {  // RFC 2045 §6.7 (3), (5): white space at the end goes, and the line end too behind "="
    const bool crlf = held_.ends_with('\r');
    if (crlf) held_.pop_back();
    if (held_.size() == 2 && hex_value(held_.back()) < 16) give_held(out);  // "=4"
    const bool soft = held_.starts_with('=');
    held_.clear();
    if (!soft) out += crlf ? "\r\n" : "\n";
    return;
  }
  if (held_.size() == 2 && held_.front() == '=' && hex_value(held_.back()) < 16) {
    if (const auto low = hex_value(c); low < 16) {
      out.push_back(static_cast<char>(hex_value(held_.back()) * 16 + low));
      held_.clear();
      return;
    }
    give_held(out);
  }
  if (held_.ends_with('\r') || held_.size() >= held_white_space) give_held(out);
  if (is_white(c) || c == '\r') {
    held_.push_back(c);
  } else if (held_ == "=" && hex_value(c) < 16) {
    held_.push_back(c);
  } else {
    give_held(out);
    if (c == '=') {
      held_.push_back(c);
    } else {
      out.push_back(c);
    }
  }
}

void TransferDecoder::finish(std::string& out) {
  if (encoding_ == Encoding::base64) {
    broken_ = broken_ || characters_ > 0 || padding_ > 0;
    end_quantum(out);
  } else if (encoding_ == Encoding::quoted_printable) {
    const bool ends_in_white = !held_.ends_with('\r');
    if (ends_in_white && held_.size() == 2 && hex_value(held_.back()) < 16) give_held(out);
    if (!ends_in_white) give_held(out);
    held_.clear();  // a soft line end without a line end, or white space
  }
}

std::string decode_transfer(std::string_view text, Encoding encoding) {
  std::string out;
  out.reserve(text.size());
  TransferDecoder decoder(encoding);
  decoder.feed(text, out);
  decoder.finish(out);
  return out;
}

}  // namespace understudy::mail::mime
