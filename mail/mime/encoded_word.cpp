#include "mail/mime/encoded_word.hpp"

#include <optional>

#include "base/codec.hpp"
#include "base/text.hpp"
#include "mail/mime/charset.hpp"
#include "mail/mime/quoted_printable.hpp"

namespace understudy::mail::mime {
namespace {

constexpr auto npos = std::string_view::npos;

struct Word {
  std::string charset;
  std::string octets;
  std::size_t size = 0;  ///< of the encoded form
};

std::string from_q(std::string_view text) {
  std::string spaced(text);
  for (char& c : spaced)
    if (c == '_') c = ' ';
  spaced.push_back('.');  // quoted-printable drops white space at the end; a Q word means it
  std::string out = from_quoted_printable(spaced);
  out.pop_back();
  return out;
}

/// Padding is often forgotten.
std::optional<std::string> from_b(std::string_view text) {
  std::string padded(text.substr(0, text.find('=')));
  while (padded.size() % 4 != 0) padded.push_back('=');
  return base::from_base64(padded);
}

/// The word at the front of `text`: =?charset*language?encoding?text?=
std::optional<Word> word_at(std::string_view text) {
  constexpr std::size_t longest = 1000;  // RFC 2047 says 75; longer ones exist
  text = text.substr(0, longest);
  if (!text.starts_with("=?")) return std::nullopt;
  const auto charset_end = text.find('?', 2);
  if (charset_end == npos || charset_end + 2 >= text.size() || text[charset_end + 2] != '?') return std::nullopt;
  const auto start = charset_end + 3;
  const auto end = text.find("?=", start);
  if (end == npos) return std::nullopt;
  Word word;
  word.size = end + 2;
  const auto label = text.substr(2, charset_end - 2);
  word.charset = label.substr(0, label.find('*'));  // RFC 2231 §5: a language may follow
  const auto encoded = text.substr(start, end - start);
  const char encoding = text[charset_end + 1];
  if (encoding == 'q' || encoding == 'Q') {
    word.octets = from_q(encoded);
  } else if (encoding == 'b' || encoding == 'B') {
    auto octets = from_b(encoded);
    if (!octets) return std::nullopt;
    word.octets = std::move(*octets);
  } else {
    return std::nullopt;
  }
  return word;
}

/// Collects neighbouring words of one charset, so that a character cut in two between them is whole again.
class Output {
 public:
  void put(Word word) {
    if (!base::iequals(word.charset, charset_)) flush();
    charset_ = std::move(word.charset);
    octets_ += word.octets;
  }
  void put(std::string_view plain) {
    flush();
    out_ += plain;
  }
  void flush() {
    if (!octets_.empty()) out_ += to_utf8(octets_, charset_).value_or(guessed_utf8(octets_));
    octets_.clear();
    charset_.clear();
  }
  std::string take() { return flush(), std::move(out_); }

 private:
  std::string out_;
  std::string charset_;
  std::string octets_;
};

}  // namespace

std::string decode_encoded_words(std::string_view text) {
  Output out;
  bool after_word = false;
  while (!text.empty()) {
    const auto gap = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    auto word = word_at(text.substr(gap));
    if (word) {
      if (!after_word) out.put(text.substr(0, gap));
      text.remove_prefix(gap + word->size);
      out.put(std::move(*word));
    } else {
      const auto next = std::min(text.find("=?", gap + 1), text.size());
      const auto last = text.substr(0, next).find_last_not_of(" \t\r\n");
      const auto end =
          next == text.size() || last == npos || last < gap ? next : last + 1;  // the white space belongs to what follows
      out.put(guessed_utf8(text.substr(0, end)));
      text.remove_prefix(end);
    }
    after_word = word.has_value();
  }
  return out.take();
}

}  // namespace understudy::mail::mime
