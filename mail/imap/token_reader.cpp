#include "mail/imap/token_reader.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"

namespace understudy::mail::imap {
namespace {

bool is_atom_char(unsigned char c) {
  return c > 0x20 && c < 0x7f && c != '(' && c != ')' && c != '{' && c != '%' && c != '*' && c != '"' && c != '\\' && c != ']';
}
bool is_astring_char(unsigned char c) {
  return is_atom_char(c) || c == ']';
}
bool is_list_char(unsigned char c) {
  return is_astring_char(c) || c == '%' || c == '*';
}
bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}
bool is_word_char(unsigned char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_' || c == '+';
}
bool is_set_char(unsigned char c) {
  return is_digit(c) || c == ':' || c == ',' || c == '*' || c == '$';
}

constexpr std::array<std::string_view, 6> system_flags = {"\\Answered", "\\Flagged", "\\Deleted",
                                                          "\\Seen",     "\\Draft",   "\\Recent"};

}  // namespace

bool TokenReader::fail(std::string_view sentence) {
  if (!error_.empty()) return false;
  error_ = sentence;
  ran_out_ = ran_out_ || at_end();
  return false;
}

bool TokenReader::take(char c) {
  if (!is(c)) return false;
  ++at_;
  return true;
}

bool TokenReader::expect(char c) {
  if (take(c)) return true;
  if (at_end()) return fail("Command ends too early");
  switch (c) {
    case ' ':
      return fail("A space is missing, or what stands before it is not understood");
    case '(':
      return fail("An opening parenthesis is missing");
    case ')':
      return fail("A closing parenthesis is missing");
    default:
      return fail("Syntax error");
  }
}

std::string_view TokenReader::span(bool (*wanted)(unsigned char)) const {
  std::size_t end = at_;
  while (end < text_.size() && wanted(static_cast<unsigned char>(text_[end]))) ++end;
  return text_.substr(at_, end - at_);
}

std::string_view TokenReader::peek_word() const {
  return span(is_word_char);
}

std::string_view TokenReader::word() {
  const auto found = peek_word();
  at_ += found.size();
  if (found.empty()) fail("A word is missing");
  return found;
}

bool TokenReader::take_word(std::string_view w) {
  // Not by peek_word(): that is as long as the client makes it, and asked again for each keyword that may stand here.
  const auto next = text_.substr(at_, w.size() + 1);
  if (!base::istarts_with(next, w)) return false;
  if (next.size() > w.size() && is_word_char(static_cast<unsigned char>(next.back()))) return false;
  at_ += w.size();
  return true;
}

std::optional<std::string_view> TokenReader::atom() {
  const auto found = span(is_atom_char);
  at_ += found.size();
  if (found.empty()) return fail("An atom is missing"), std::nullopt;
  return found;
}

std::optional<std::string> TokenReader::quoted() {
  const bool utf8 = context_.names == NameForm::utf8;
  std::string out;
  std::size_t i = at_ + 1;
  for (; i < text_.size() && text_[i] != '"'; ++i) {
    if (text_[i] == '\\') {
      ++i;
      if (i >= text_.size() || (text_[i] != '"' && text_[i] != '\\'))
        return fail("Only a quote or a backslash stands behind a backslash"), std::nullopt;
    }
    const auto c = static_cast<unsigned char>(text_[i]);
    if (c == 0 || c == '\r' || c == '\n') return fail("A quoted string ends on its line"), std::nullopt;
    if (c >= 0x80 && !utf8) return fail("Octets beyond ASCII need a literal here, or UTF8=ACCEPT"), std::nullopt;
    out += text_[i];
  }
  if (i >= text_.size()) return fail("A quoted string has no end"), std::nullopt;
  if (utf8 && !base::is_utf8(out)) return fail("A quoted string is not UTF-8"), std::nullopt;
  at_ = i + 1;
  return out;
}

std::optional<TokenReader::Head> TokenReader::literal_head(Binary binary) {
  Head head;
  const std::size_t start = at_;
  if (take('~')) head.binary = true;
  if (!take('{')) {
    at_ = start;
    return fail(at_end() ? "Command ends too early" : "A literal is missing"), std::nullopt;
  }
  if (head.binary && binary == Binary::no) return fail("No binary literal is taken here"), std::nullopt;
  const auto digits = span(is_digit);
  const auto octets = base::to_number(digits);
  at_ += digits.size();
  take('+');
  if (!octets || *octets > INT64_MAX || !take('}') || !take('\r') || !take('\n'))
    return fail("The size of a literal is not understood"), std::nullopt;
  head.octets = *octets;
  return head;
}

std::optional<std::string> TokenReader::literal(Binary binary) {
  const auto head = literal_head(binary);
  if (!head) return std::nullopt;
  if (head->octets > text_.size() - at_) {
    ran_out_ = true;
    return fail("A literal is cut off"), std::nullopt;
  }
  const auto octets = text_.substr(at_, static_cast<std::size_t>(head->octets));
  if (!head->binary && octets.find('\0') != octets.npos) return fail("A NUL stands in a literal"), std::nullopt;
  at_ += octets.size();
  return std::string(octets);
}

std::optional<std::string> TokenReader::string() {
  if (is('"')) return quoted();
  return literal(Binary::no);
}

std::optional<std::string> TokenReader::astring() {
  if (is('"') || is('{')) return string();
  const auto found = span(is_astring_char);
  at_ += found.size();
  if (found.empty()) return fail(at_end() ? "Command ends too early" : "A string is missing"), std::nullopt;
  return std::string(found);
}

std::optional<std::string> TokenReader::list_mailbox() {
  if (is('"') || is('{')) return string();
  const auto found = span(is_list_char);
  at_ += found.size();
  if (found.empty()) return fail(at_end() ? "Command ends too early" : "A pattern is missing"), std::nullopt;
  return std::string(found);
}

bool TokenReader::nstring(std::optional<std::string>& out, Binary binary) {
  out.reset();
  if (take_word("NIL")) return true;
  if (is('"')) {
    out = quoted();
  } else {
    out = literal(binary);
  }
  return out.has_value();
}

std::optional<std::uint64_t> TokenReader::number(std::uint64_t least, std::uint64_t most) {
  const auto digits = span(is_digit);
  const auto value = base::to_number(digits);
  at_ += digits.size();
  if (digits.empty()) return fail(at_end() ? "Command ends too early" : "A number is missing"), std::nullopt;
  if (!value || *value < least || *value > most) return fail("A number is out of its range"), std::nullopt;
  return value;
}

std::optional<std::uint32_t> TokenReader::nz_number() {
  const auto value = number(1, UINT32_MAX);
  return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

std::optional<std::uint64_t> TokenReader::number64() {
  return number(0, INT64_MAX);  // RFC 9051 §9: 63 bits
}

std::optional<SequenceSet> TokenReader::sequence_set() {
  const auto found = span(is_set_char);
  at_ += found.size();
  auto set = SequenceSet::parse(found, limits().sequence_set);
  if (!set) return fail(set.error()), std::nullopt;
  return std::move(*set);
}

std::optional<Ranges> TokenReader::known_set() {
  const auto found = span(is_set_char);
  at_ += found.size();
  auto set = found.size() > limits().sequence_set.octets ? std::nullopt : Ranges::parse(found, limits().sequence_set.ranges);
  if (!set) fail("A set of numbers is not understood, or too long");
  return set;
}

std::optional<MailboxName> TokenReader::mailbox() {
  const auto octets = astring();
  return octets ? std::optional(read_mailbox_name(*octets, context_.names)) : std::nullopt;
}

std::optional<MailboxName> TokenReader::pattern() {
  const auto octets = list_mailbox();
  return octets ? std::optional(read_list_pattern(*octets, context_.names)) : std::nullopt;
}

std::optional<std::string> TokenReader::flag() {
  const std::size_t start = at_;
  take('\\');
  const auto name = atom();
  if (!name) return std::nullopt;
  const auto whole = text_.substr(start, at_ - start);
  if (whole.size() > limits().flag) return fail("A flag is too long"), std::nullopt;
  const auto known = std::ranges::find_if(system_flags, [&](std::string_view f) { return base::iequals(f, whole); });
  return std::string(known == system_flags.end() ? whole : *known);
}

bool TokenReader::flags(std::vector<std::string>& out, Bare bare) {
  std::set<std::string> known;
  for (const std::string& flag : out) known.insert(base::to_lower(flag));
  const auto take_flag = [&] {
    auto next = flag();
    if (!next) return false;
    if (known.insert(base::to_lower(*next)).second) out.push_back(std::move(*next));
    return true;
  };
  if (is('(') || bare == Bare::no) return list(limits().list_items, Empty::allowed, take_flag);
  for (std::size_t count = 1;; ++count) {
    if (count > limits().list_items) return fail("Too many flags");
    if (!take_flag()) return false;
    if (!take(' ')) return true;
  }
}

std::optional<PartialRange> TokenReader::partial_range() {
  PartialRange range;
  range.from_end = take('-');
  const auto first = nz_number();
  if (!first || !expect(':') || (range.from_end && !expect('-'))) return std::nullopt;
  const auto last = nz_number();
  if (!last) return std::nullopt;
  range.first = std::min(*first, *last);
  range.last = std::max(*first, *last);
  return range;
}

}  // namespace understudy::mail::imap
