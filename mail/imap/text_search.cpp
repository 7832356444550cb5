#include "mail/imap/text_search.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/text.hpp"
#include "mail/header/scan.hpp"
#include "mail/imap/folded_stream.hpp"
#include "mail/imap/text_decoder.hpp"
#include "mail/mime/encoded_word.hpp"
#include "mail/mime/fold.hpp"

namespace understudy::mail::imap {
namespace {

constexpr std::size_t short_text = 1024;

std::string searchable(std::string_view utf8) {
  std::string out;
  bool after_space = false;
  append_searchable(utf8, out, after_space);
  return out;
}

/// What a reader sees of a header field's value, or of a name; its own white space does not matter.
std::string decoded(std::string_view value) {
  return mime::decode_encoded_words(header::unfold(value));
}

bool holds(std::string_view text, std::string_view needle) {
  return memmem(text.data(), text.size(), needle.data(), needle.size()) != nullptr;
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view without_space_around(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// For a text that needs no decoding; none: it does.
std::optional<bool> short_contains(std::string_view haystack, std::string_view needle) {
  std::array<char, short_text> folded;
  if (haystack.size() > folded.size()) return std::nullopt;
  std::size_t size = 0;
  unsigned char seen = 0;
  for (const char c : haystack) {
    seen |= static_cast<unsigned char>(c);
    const bool space = is_space(c);
    folded[size] = space ? ' ' : mime::fold_ascii(c);
    size += space && size > 0 && folded[size - 1] == ' ' ? 0 : 1;
  }
  if (seen >= 0x80 || haystack.find("=?") != haystack.npos) return std::nullopt;
  return holds({folded.data(), size}, needle);
}

/// Whether its body, a leaf, is text that is searched. Reports about deliveries and the like are text too.
bool is_text(const mime::ContentType& type) {
  if (type.type == "message") return type.subtype != "rfc822" && type.subtype != "global";
  return type.type == "text";
}

}  // namespace

FoldedText::FoldedText(std::string_view utf8) : octets_(searchable(utf8)) {}

bool contains(std::string_view haystack, const FoldedText& needle) {
  if (needle.empty()) return true;
  haystack = without_space_around(haystack);
  if (const auto result = short_contains(haystack, needle.octets())) return *result;
  return holds(searchable(decoded(haystack)), needle.octets());
}

std::string searchable_value(std::string_view haystack) {
  return searchable(decoded(without_space_around(haystack)));
}

class TextSearch::Impl final : public mime::StructureListener {
 public:
  Impl(std::vector<Needle> needles, header::LineEnds ends, const TextSearchLimits& limits)
      : ends_(ends), needles_(std::move(needles)), found_(needles_.size()), parser_(ends, limits.structure, this) {
    for (std::size_t i = 0; i < needles_.size(); ++i)
      if (needles_[i].scope != Needle::Scope::header && needles_[i].text.empty()) found_[i] = true;
  }

  void feed(std::string_view octets) {
    constexpr std::size_t step = 64 * 1024;  // an answer that is there ends the work soon
    for (; !octets.empty() && !decided(); octets.remove_prefix(std::min(step, octets.size())))
      parser_.feed(octets.substr(0, step));
  }

  void finish() {
    if (!decided()) parser_.finish();
    end_body();
    header_done_ = true;
    over_ = true;
  }

  bool found(std::size_t index) const { return found_.at(index); }

  bool decided() const {
    if (over_) return true;
    for (std::size_t i = 0; i < needles_.size(); ++i)
      if (!found_[i] && !(header_done_ && needles_[i].scope == Needle::Scope::header)) return false;
    return true;
  }

  void on_header(const mime::Structure& so_far, std::size_t index, const header::Header& fields) override {
    const auto& part = so_far.parts[index];
    end_body();
    for (const auto& field : fields.fields) search_field(part, fields.name(field), fields.value(field));
    if (!part.parent) header_done_ = true;
    if (part.parent && part.filename) search_whole(searchable(*part.filename), Needle::Scope::body);
    if (!is_text(part.type) || !wants_text()) return;
    std::vector<FoldedStream::Wanted> wanted;
    for (std::size_t i = 0; i < needles_.size(); ++i)
      if (!found_[i] && needles_[i].scope != Needle::Scope::header) wanted.push_back({needles_[i].text.octets(), i});
    stream_.begin(std::move(wanted));
    decoder_.emplace(part, ends_);
  }

  void on_body(std::string_view octets) override {
    if (!decoder_) return;
    std::string_view text;
    decoder_->feed(octets, text);
    if (text.empty()) return;
    stream_.feed(text);
    collect();
  }

 private:
  bool wants_text() const {
    for (std::size_t i = 0; i < needles_.size(); ++i)
      if (!found_[i] && needles_[i].scope != Needle::Scope::header) return true;
    return false;
  }

  void end_body() {
    if (!decoder_) return;
    std::string_view text;
    decoder_->finish(text);
    stream_.feed(text);
    stream_.end();
    collect();
    decoder_.reset();
  }

  void collect() {
    for (const auto index : stream_.take_found()) found_[index] = true;
    if (stream_.idle()) decoder_.reset();
  }

  /// Marks what is looked for in `scope`, or in all of the message.
  void search_whole(std::string_view text, Needle::Scope scope) {
    for (std::size_t i = 0; i < needles_.size(); ++i) {
      const auto of = needles_[i].scope;
      if (found_[i] || (of != Needle::Scope::text && of != scope)) continue;
      found_[i] = holds(text, needles_[i].text.octets());
    }
  }

  void search_field(const mime::Part& part, std::string_view name, std::string_view value) {
    if (wants_text()) search_whole(whole_field(name, value), part.parent ? Needle::Scope::body : Needle::Scope::text);
    if (part.parent) return;
    for (std::size_t i = 0; i < needles_.size(); ++i) {
      const Needle& needle = needles_[i];
      if (found_[i] || needle.scope != Needle::Scope::header || !base::iequals(name, needle.field)) continue;
      found_[i] = contains(value, needle.text);
    }
  }

  static std::string whole_field(std::string_view name, std::string_view value) {
    std::string field(name);
    return searchable(field.append(": ").append(decoded(value)));
  }

  header::LineEnds ends_;
  std::vector<Needle> needles_;
  std::vector<bool> found_;
  bool header_done_ = false;
  bool over_ = false;
  std::optional<TextDecoder> decoder_;  // of a text part that is being read
  FoldedStream stream_;
  mime::StructureParser parser_;
};

TextSearch::TextSearch(std::vector<Needle> needles, header::LineEnds ends, const TextSearchLimits& limits)
    : impl_(std::make_unique<Impl>(std::move(needles), ends, limits)) {}
TextSearch::~TextSearch() = default;
TextSearch::TextSearch(TextSearch&&) noexcept = default;
TextSearch& TextSearch::operator=(TextSearch&&) noexcept = default;

void TextSearch::feed(std::string_view octets) {
  impl_->feed(octets);
}

void TextSearch::finish() {
  impl_->finish();
}

bool TextSearch::found(std::size_t index) const {
  return impl_->found(index);
}

bool TextSearch::decided() const {
  return impl_->decided();
}

}  // namespace understudy::mail::imap
