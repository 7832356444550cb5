#include "mail/imap/text_decoder.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "mail/mime/quoted_printable.hpp"

namespace understudy::mail::imap {
namespace {

constexpr std::size_t block_octets = 16 * 1024;

constexpr std::array<std::int8_t, 256> make_base64() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr auto base64_values = make_base64();

/// Text that says nothing of its charset, or that it is ASCII or UTF-8, may be anything: the guesser sees.
std::optional<mime::Utf8Converter> converter_of(const mime::Part& part) {
  const std::string* charset = part.type.parameters.find("charset");
  if (!charset || base::iequals(*charset, "utf-8") || base::iequals(*charset, "us-ascii")) return std::nullopt;
  return mime::Utf8Converter::open(*charset);
}

}  // namespace

TextDecoder::TextDecoder(const mime::Part& part, header::LineEnds ends)
    : encoding_(part.encoding), ends_(ends), converter_(converter_of(part)) {
  if (part.type.is("text", "html")) html_.emplace();
}

void TextDecoder::feed(std::string_view octets, std::string_view& text) {
  text = {};
  block_ += octets;
  if (block_.size() < block_octets) return;
  decode();
  text = to_text(false);
}

void TextDecoder::finish(std::string_view& text) {
  decode();
  if (encoding_ == mime::Encoding::quoted_printable) decode_all_quoted_printable();
  text = to_text(true);
}

void TextDecoder::decode() {
  decoded_.clear();
  if (encoding_ == mime::Encoding::base64) return decode_base64();
  if (encoding_ == mime::Encoding::quoted_printable) return decode_quoted_printable();
  decoded_.swap(block_);
  block_.clear();
}

/// Padding ends a group; what follows begins a new one, as where somebody put two texts together.
void TextDecoder::decode_base64() {
  for (const char c : std::exchange(block_, {})) {
    const auto value = base64_values[static_cast<unsigned char>(c)];
    if (c == '=') bit_count_ = 0;
    if (value < 0) continue;
    bits_ = bits_ << 6 | static_cast<std::uint32_t>(value);
    bit_count_ += 6;
    if (bit_count_ < 8) continue;
    bit_count_ -= 8;
    decoded_.push_back(static_cast<char>(bits_ >> bit_count_));
  }
}

/// Whole lines; of a line without an end as much as can be told: not the start of an escape, and white space at its end as one
/// space, since a search does not count it.
void TextDecoder::decode_quoted_printable() {
  if (ends_ == header::LineEnds::cr) std::ranges::replace(block_, '\r', '\n');
  const auto newline = block_.rfind('\n');
  auto end = newline == std::string::npos ? 0 : newline + 1;
  bool space = false;
  if (end == 0 && block_.size() >= block_octets) {
    const auto equals = block_.find_last_of('=');
    end = equals != std::string::npos && equals > 0 && equals + 3 > block_.size() ? equals : block_.size();
    const auto last = block_.find_last_not_of(" \t\r", end - 1);
    space = last == std::string::npos || last + 1 < end;
    if (space && last != std::string::npos && last > 0 && block_[last] == '=') {  // with a line end it would be a soft one
      end = last;
      space = false;
    }
  }
  decoded_ = mime::from_quoted_printable(std::string_view(block_).substr(0, end));
  if (space) decoded_.push_back(' ');
  block_.erase(0, end);
}

void TextDecoder::decode_all_quoted_printable() {
  decoded_ += mime::from_quoted_printable(block_);
  block_.clear();
}

std::string_view TextDecoder::to_text(bool last) {
  utf8_.clear();
  if (converter_) {
    converter_->feed(decoded_, utf8_);
    if (last) converter_->finish(utf8_);
  } else {
    guesser_.feed(decoded_, utf8_);
    if (last) guesser_.finish(utf8_);
  }
  if (!html_) return utf8_;
  text_.clear();
  html_->feed(utf8_, text_);
  if (last) html_->finish(text_);
  return text_;
}

}  // namespace understudy::mail::imap
