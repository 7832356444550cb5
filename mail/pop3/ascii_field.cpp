#include "mail/pop3/ascii_field.hpp"

#include <algorithm>
#include <array>

#include "base/codec.hpp"
#include "base/text.hpp"
#include "mail/address/address.hpp"
#include "mail/header/address_list.hpp"
#include "mail/header/scan.hpp"
#include "mail/mime/charset.hpp"
#include "mail/mime/content_type.hpp"
#include "mail/mime/encoded_word.hpp"

namespace understudy::mail::pop3 {
namespace {

constexpr std::size_t longest_line = 76;      // RFC 2047 §2
constexpr std::size_t word_octets = 39;       // of text: 52 of Base64, and the word has 64
constexpr std::size_t parameter_octets = 48;  // of a piece of a parameter
constexpr std::size_t longest_name = 64;      // of a parameter: each piece of it has the name; one with a longer one goes
constexpr std::string_view prefix = "Downgraded-";
constexpr std::string_view hex = "0123456789ABCDEF";

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c <= 0x7e; });
}

bool is_any_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view n) { return base::iequals(n, name); });
}

/// Text as it is meant: encoded words that stand in it already are read, or they would be encoded twice.
std::string meant(std::string_view text) {
  return mime::decode_encoded_words(mime::guessed_utf8(text));
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// Encoded words of UTF-8 text, each of whole characters.
std::vector<std::string> encoded_words(std::string_view utf8) {
  std::vector<std::string> words;
  while (!utf8.empty()) {
    auto size = std::min(word_octets, utf8.size());
    while (size < utf8.size() && size > word_octets - 3 && continues_character(utf8[size])) --size;
    words.push_back("=?utf-8?B?" + base::to_base64(utf8.substr(0, size)) + "?=");
    utf8.remove_prefix(size);
  }
  return words;
}

/// Writes a field word by word, folding before what would not fit.
class Writer {
 public:
  Writer(std::string_view name, std::string_view eol, std::string& out) : eol_(eol), out_(out) {
    out_.append(name).append(":");
    column_ = name.size() + 1;
  }
  void word(std::string_view text) {
    if (column_ + 1 + text.size() > longest_line) {
      out_ += eol_;
      column_ = 0;
    }
    out_.append(" ").append(text);
    column_ += 1 + text.size();
  }
  void words(const std::vector<std::string>& all) {
    for (const auto& one : all) word(one);
  }
  /// Behind the last word, without a space.
  void mark(char c) {
    out_.push_back(c);
    ++column_;
  }
  void end() { out_ += eol_; }

 private:
  std::string_view eol_;
  std::string& out_;
  std::size_t column_ = 0;
};

struct Named {
  std::string_view name;
  std::string value;  // unfolded
  std::string_view eol;
};

void append_text(const Named& field, std::string_view name, std::string& out) {
  Writer writer(name, field.eol, out);
  writer.words(encoded_words(meant(field.value)));
  writer.end();
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + '"';
}

void put_phrase(std::string_view text, Writer& writer) {
  if (text.empty()) return;
  const bool plain = is_printable(text), has_words = text.find("=?") != text.npos;
  if (plain && text.find_first_of("()<>[]:;@\\,.\"") == text.npos) {
    for (const auto word : base::split(text, ' ')) writer.word(word);
  } else if (plain && !has_words) {
    writer.word(in_quotes(text));
  } else {
    writer.words(encoded_words(meant(text)));
  }
}

/// The address in ASCII; empty: there is no way to say it.
std::string ascii_address(const header::Mailbox& mailbox) {
  auto domain = mailbox.domain;
  if (base::has_8bit(domain)) domain = address::canonical_domain(domain).value_or(std::string());
  if (domain.empty() || !is_printable(domain) || !is_printable(mailbox.local)) return {};
  return address::Address{mailbox.local, std::move(domain)}.text();
}

void put_mailbox(const header::Mailbox& mailbox, Writer& writer) {
  if (const auto address = ascii_address(mailbox); !address.empty()) {
    put_phrase(mailbox.name, writer);
    return writer.word('<' + address + '>');
  }
  auto shown = mailbox.domain.empty() ? mailbox.local : mailbox.address();
  if (!mailbox.name.empty()) shown = mailbox.name + " <" + shown + '>';
  put_phrase(shown, writer);
  writer.word("<" + std::string(nobodys_address) + ">");
}

/// False, and nothing written, where others may read the addresses otherwise than we do.
bool append_addresses(const Named& field, std::string& out) {
  using Kind = header::Mailbox::Kind;
  const auto list = header::parse_address_list(field.value);
  if (list.truncated || list.entries.empty() || std::ranges::any_of(list.entries, &header::Mailbox::ambiguous)) return false;
  Writer writer(field.name, field.eol, out);
  auto before = Kind::group_start;
  for (const auto& entry : list.entries) {
    if (before != Kind::group_start && entry.kind != Kind::group_end) writer.mark(',');
    if (entry.kind == Kind::group_end) {
      writer.mark(';');
    } else if (entry.kind == Kind::group_start) {
      if (entry.name.empty()) writer.word("\"\"");
      put_phrase(entry.name, writer);
      writer.mark(':');
    } else {
      put_mailbox(entry, writer);
    }
    before = entry.kind;
  }
  writer.end();
  return true;
}

bool is_attribute_char(char c) {  // RFC 2231 §7
  return c > 0x20 && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?=*'%").find(c) == std::string_view::npos;
}

/// Each character that has to be as %XX, in pieces that end between two of them.
std::vector<std::string> percent_encoded(std::string_view utf8) {
  std::vector<std::string> pieces(1);
  for (const char c : utf8) {
    if (pieces.back().size() + 3 > parameter_octets) pieces.emplace_back();
    if (is_attribute_char(c)) {
      pieces.back().push_back(c);
    } else {
      const auto octet = static_cast<unsigned char>(c);
      pieces.back().append({'%', hex[octet >> 4], hex[octet & 0xf]});
    }
  }
  return pieces;
}

void put_parameter(const mime::Parameter& parameter, Writer& writer) {
  if (parameter.name.size() > longest_name || !std::ranges::all_of(parameter.name, is_attribute_char)) return;
  writer.mark(';');
  if (is_printable(parameter.value)) return writer.word(parameter.name + '=' + in_quotes(parameter.value));
  const auto pieces = percent_encoded(meant(parameter.value));
  if (pieces.size() == 1) return writer.word(parameter.name + "*=utf-8''" + pieces.front());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0) writer.mark(';');
    writer.word(parameter.name + '*' + std::to_string(i) + "*=" + (i == 0 ? "utf-8''" : "") + pieces[i]);
  }
}

bool append_parameters(const Named& field, std::string_view kind, const mime::ParameterList& parameters, std::string& out) {
  if (kind.empty() || !is_printable(kind)) return false;
  Writer writer(field.name, field.eol, out);
  writer.word(kind);
  for (const auto& parameter : parameters.items) put_parameter(parameter, writer);
  writer.end();
  return true;
}

bool append_structured(const Named& field, std::string& out) {
  if (base::iequals(field.name, "Content-Type")) {
    const auto type = mime::parse_content_type(field.value);
    return type && append_parameters(field, type->type + '/' + type->subtype, type->parameters, out);
  }
  if (base::iequals(field.name, "Content-Disposition")) {
    const auto disposition = mime::parse_disposition(field.value);
    return disposition && append_parameters(field, disposition->kind, disposition->parameters, out);
  }
  if (is_any_of(field.name, {"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Resent-From", "Resent-Sender", "Resent-Reply-To",
                             "Resent-To", "Resent-Cc", "Resent-Bcc"}))
    return append_addresses(field, out);
  return false;
}

}  // namespace

void append_ascii(std::string_view field, std::string& out) {
  if (!base::has_8bit(field)) {
    out += field;
    return;
  }
  if (!header::begins_field(field.substr(0, field.find_first_of("\r\n")))) {
    for (const char c : field) out.push_back(static_cast<unsigned char>(c) < 0x80 ? c : '?');
    return;
  }
  const auto colon = field.find(':');
  const auto text_end = field.find_last_not_of("\r\n");
  const auto end = text_end == field.npos ? 0 : text_end + 1;
  const bool bare_cr = end < field.size() && field.find('\n', end) == field.npos;
  const Named named{base::trim(field.substr(0, colon)), header::unfold(field.substr(colon + 1, end - colon - 1)),
                    bare_cr ? "\r" : "\r\n"};
  if (is_any_of(named.name, {"Subject", "Comments", "Content-Description"})) return append_text(named, named.name, out);
  if (!append_structured(named, out)) append_text(named, std::string(prefix).append(named.name), out);
}

}  // namespace understudy::mail::pop3
