#include "mail/mime/charset.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <iconv.h>

#include "base/text.hpp"
#include "mail/mime/fold.hpp"

namespace understudy::mail::mime {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

/// Only these are handed to the converter: a stranger's text must not choose among all that it can load.
constexpr std::array<std::string_view, 37> known = {
    "utf-8",        "us-ascii",     "iso-8859-1",   "iso-8859-2",   "iso-8859-3",   "iso-8859-4",   "iso-8859-5",
    "iso-8859-6",   "iso-8859-7",   "iso-8859-8",   "iso-8859-9",   "iso-8859-10",  "iso-8859-11",  "iso-8859-13",
    "iso-8859-14",  "iso-8859-15",  "iso-8859-16",  "windows-1250", "windows-1251", "windows-1252", "windows-1253",
    "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258", "koi8-r",       "koi8-u",
    "gb2312",       "gbk",          "gb18030",      "big5",         "shift_jis",    "euc-jp",       "iso-2022-jp",
    "euc-kr",       "tis-620"};

}  // namespace

class Utf8Converter::Handle {
 public:
  explicit Handle(const std::string& charset) : handle_(iconv_open("UTF-8", charset.c_str())) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (works()) iconv_close(handle_);
  }
  bool works() const { return handle_ != reinterpret_cast<iconv_t>(-1); }  // NOLINT: iconv's own sentinel

  void convert(std::string_view octets, std::string& out) {
    held_ += octets;
    char* from = held_.data();
    std::size_t left = held_.size();
    while (left > 0 && step(&from, &left, out) != EINVAL)
      ;  // until the rest is the start of a character
    held_.erase(0, held_.size() - left);
  }

  void finish(std::string& out) {
    char* from = held_.data();
    std::size_t left = held_.size();
    while (left > 0) {
      if (step(&from, &left, out) == EINVAL) skip(&from, &left, out);
    }
    held_.clear();
    step(nullptr, nullptr, out);  // some charsets keep a letter back, to join it with an accent
  }

 private:
  /// What iconv said. An octet that is none of the charset is passed over.
  int step(char** from, std::size_t* left, std::string& out) {
    std::array<char, 4096> piece;
    char* to = piece.data();
    std::size_t room = piece.size();
    const auto rc = iconv(handle_, from, left, &to, &room);
    const int error = rc == static_cast<std::size_t>(-1) ? errno : 0;
    out.append(piece.data(), piece.size() - room);
    if (error == EILSEQ && from) skip(from, left, out);
    return error;
  }
  static void skip(char** from, std::size_t* left, std::string& out) {
    out += replacement;
    ++*from;
    --*left;
  }

  iconv_t handle_;
  std::string held_;
};

Utf8Converter::Utf8Converter(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Utf8Converter::Utf8Converter(Utf8Converter&&) noexcept = default;
Utf8Converter& Utf8Converter::operator=(Utf8Converter&&) noexcept = default;
Utf8Converter::~Utf8Converter() = default;

std::optional<Utf8Converter> Utf8Converter::open(std::string_view charset) {
  const std::string name = base::to_lower(charset);
  if (std::ranges::find(known, name) == known.end()) return std::nullopt;
  auto handle = std::make_unique<Handle>(name);
  if (!handle->works()) return std::nullopt;
  return Utf8Converter(std::move(handle));
}

void Utf8Converter::feed(std::string_view octets, std::string& out) {
  handle_->convert(octets, out);
}

void Utf8Converter::finish(std::string& out) {
  handle_->finish(out);
}

std::optional<std::string> to_utf8(std::string_view octets, std::string_view charset) {
  const std::string name = base::to_lower(charset);
  if (std::ranges::find(known, name) == known.end()) return std::nullopt;
  if (name == "utf-8" && base::is_utf8(octets)) return std::string(octets);
  auto converter = Utf8Converter::open(name);
  if (!converter) return std::nullopt;
  std::string out;
  converter->feed(octets, out);
  converter->finish(out);
  return out;
}

std::string guessed_utf8(std::string_view octets) {
  if (base::is_utf8(octets)) return std::string(octets);
  return to_utf8(octets, "windows-1252").value_or(std::string(replacement));
}

namespace {

std::array<std::string, 128> make_upper_half() {
  std::array<std::string, 128> half;
  for (std::size_t i = 0; i < half.size(); ++i) {
    const char octet = static_cast<char>(128 + i);
    half[i] = to_utf8({&octet, 1}, "windows-1252").value_or(std::string(replacement));
  }
  return half;
}

void append_guessed(std::string_view octets, std::string& out) {
  static const std::array<std::string, 128> upper_half = make_upper_half();
  while (!octets.empty()) {
    const auto first = octets.front();
    auto size = static_cast<unsigned char>(first) < 0x80 ? 1 : character_size(octets);
    if (size == 0) {
      out += upper_half[static_cast<unsigned char>(first) - 128U];
      size = 1;
    } else {
      out.append(octets, 0, size);
    }
    octets.remove_prefix(size);
  }
}

}  // namespace

void Utf8Guesser::feed(std::string_view octets, std::string& out) {
  std::string joined;
  if (!held_.empty()) octets = joined = std::exchange(held_, {}).append(octets);
  const auto whole = whole_characters(octets);
  append_guessed(octets.substr(0, whole), out);
  held_ = octets.substr(whole);
}

void Utf8Guesser::finish(std::string& out) {
  append_guessed(std::exchange(held_, {}), out);
}

}  // namespace understudy::mail::mime
