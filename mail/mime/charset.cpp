#include "mail/mime/charset.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <iconv.h>

#include "base/text.hpp"

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

class Converter {
 public:
  explicit Converter(const std::string& charset) : handle_(iconv_open("UTF-8", charset.c_str())) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (works()) iconv_close(handle_);
  }
  bool works() const { return handle_ != reinterpret_cast<iconv_t>(-1); }  // NOLINT: iconv's own sentinel

  std::string convert(std::string_view octets) {
    std::string in(octets);
    std::string out;
    char* from = in.data();
    std::size_t left = in.size();
    while (left > 0) {
      std::array<char, 512> piece;
      char* to = piece.data();
      std::size_t room = piece.size();
      const auto rc = iconv(handle_, &from, &left, &to, &room);
      out.append(piece.data(), piece.size() - room);
      if (rc != static_cast<std::size_t>(-1) || errno == E2BIG) continue;
      out += replacement;  // an octet that is none of the charset, or the start of one that was cut off
      ++from;
      --left;
    }
    return out;
  }

 private:
  iconv_t handle_;
};

}  // namespace

std::optional<std::string> to_utf8(std::string_view octets, std::string_view charset) {
  const std::string name = base::to_lower(charset);
  if (std::ranges::find(known, name) == known.end()) return std::nullopt;
  if (name == "utf-8" && base::is_utf8(octets)) return std::string(octets);
  Converter converter(name);
  if (!converter.works()) return std::nullopt;
  return converter.convert(octets);
}

std::string guessed_utf8(std::string_view octets) {
  if (base::is_utf8(octets)) return std::string(octets);
  return to_utf8(octets, "windows-1252").value_or(std::string(replacement));
}

}  // namespace understudy::mail::mime
