// SEARCH, SORT, THREAD: RFC 9051 §6.4.4 and what search_key.hpp names.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/imap/date_time.hpp"
#include "mail/imap/parsers.hpp"
#include "mail/imap/search_names.hpp"

namespace understudy::mail::imap::parsers {
namespace {

using Kind = SearchKey::Kind;

/// "1-Feb-1994" with or without quotes.
bool read_date(TokenReader& in, std::chrono::sys_days& out) {
  if (!in.space()) return false;
  const auto text = in.astring();
  if (!text) return false;
  const auto day = parse_date(*text);
  if (!day) return in.fail("Date not understood");
  out = *day;
  return true;
}

bool read_text(TokenReader& in, std::string& out) {
  if (!in.space()) return false;
  auto text = in.astring();
  if (!text) return false;
  out = std::move(*text);
  return true;
}

bool read_atom(TokenReader& in, std::string& out, std::size_t most) {
  if (!in.space()) return false;
  const auto atom = in.atom();
  if (!atom) return false;
  if (atom->size() > most) return in.fail("A keyword or an object id is too long");
  out = *atom;
  return true;
}

bool read_number(TokenReader& in, std::uint64_t& out, std::uint64_t least, std::uint64_t most) {
  if (!in.space()) return false;
  const auto number = in.number(least, most);
  out = number.value_or(0);
  return number.has_value();
}

bool read_uids(TokenReader& in, SequenceSet& out) {
  if (!in.space()) return false;
  auto set = in.sequence_set();
  if (!set) return false;
  out = std::move(*set);
  return true;
}

/// RFC 7162 §3.1.5: MODSEQ ["/flags/\\Seen" all] 620162338. A flag is an atom, so the name of its entry is printable ASCII.
bool read_mod_sequence(TokenReader& in, SearchKey& out) {
  if (!in.space()) return false;
  if (in.is('"')) {
    auto entry = in.string();
    if (!entry || !in.space()) return false;
    const bool printable = std::ranges::all_of(*entry, [](char c) { return c >= 0x20 && c < 0x7f; });
    if (!printable) return in.fail("MODSEQ: the name of the entry is not understood");
    out.name = std::move(*entry);
    if (in.take_word("ALL"))
      out.entry_type = SearchKey::EntryType::all;
    else if (in.take_word("PRIV"))
      out.entry_type = SearchKey::EntryType::priv;
    else if (in.take_word("SHARED"))
      out.entry_type = SearchKey::EntryType::shared;
    else
      return in.fail("MODSEQ takes all, priv or shared behind the name of an entry");
    if (!in.space()) return false;
  }
  const auto number = in.number64();
  out.number = number.value_or(0);
  return number.has_value();
}

/// Recursion is bounded by ParseLimits::nesting, the whole tree by ParseLimits::search_keys.
class KeyReader {
 public:
  explicit KeyReader(TokenReader& in) : in_(in) {}

  /// key *(SP key): the end of the command, or of the parenthesis.
  bool read_list(SearchKey& out, std::size_t depth) {
    out.kind = Kind::both;
    do {
      out.keys.emplace_back();
      if (!read_key(out.keys.back(), depth)) return false;
    } while (in_.take(' '));
    return true;
  }

 private:
  bool read_key(SearchKey& out, std::size_t depth) {
    if (depth > in_.limits().nesting) return in_.fail("A search is nested too deeply");
    if (++keys_ > in_.limits().search_keys) return in_.fail("A search has too many keys");
    if (in_.take('(')) return read_list(out, depth + 1) && in_.expect(')');
    const auto word = in_.peek_word();
    if (word.empty() || (word[0] >= '0' && word[0] <= '9')) {
      out.kind = Kind::numbers;
      auto set = in_.sequence_set();
      if (!set) return false;
      out.set = std::move(*set);
      return true;
    }
    const SearchName* name = find_search_name(word);
    if (!name) return in_.fail("A search key is not known");
    in_.word();
    out.kind = name->kind;
    return read_arguments(name->argument, out, depth);
  }

  bool read_arguments(SearchArgument argument, SearchKey& out, std::size_t depth) {
    constexpr std::size_t longest_object_id = 255;  // RFC 8474 §7
    switch (argument) {
      case SearchArgument::none:
        return true;
      case SearchArgument::text:
        return read_text(in_, out.text);
      case SearchArgument::header:
        return read_text(in_, out.name) && read_text(in_, out.text);
      case SearchArgument::flag:
        return read_atom(in_, out.text, in_.limits().flag);
      case SearchArgument::object_id:
        return read_atom(in_, out.text, longest_object_id);
      case SearchArgument::date:
        return read_date(in_, out.day);
      case SearchArgument::octets:
        return read_number(in_, out.number, 0, INT64_MAX);
      case SearchArgument::interval:
        return read_number(in_, out.number, 1, UINT32_MAX);
      case SearchArgument::mod_sequence:
        return read_mod_sequence(in_, out);
      case SearchArgument::set:
        return read_uids(in_, out.set);
      case SearchArgument::one_key:
        return read_further_keys(out, 1, depth + 1);
      case SearchArgument::two_keys:
        return read_further_keys(out, 2, depth + 1);
    }
    return in_.fail("A search key is not known");
  }

  bool read_further_keys(SearchKey& out, std::size_t count, std::size_t depth) {
    for (std::size_t i = 0; i < count; ++i) {
      out.keys.emplace_back();
      if (!in_.space() || !read_key(out.keys.back(), depth)) return false;
    }
    return true;
  }

  TokenReader& in_;
  std::size_t keys_ = 0;
};

/// [" RETURN (" options ")"]
bool read_options(TokenReader& in, ReturnOptions& out) {
  if (!in.take_word("RETURN")) return true;
  out.given = true;
  const auto option = [&] {
    if (in.take_word("MIN")) return out.min = true;
    if (in.take_word("MAX")) return out.max = true;
    if (in.take_word("ALL")) return out.all = true;
    if (in.take_word("COUNT")) return out.count = true;
    if (in.take_word("SAVE")) return out.save = true;
    if (!in.take_word("PARTIAL")) return in.fail("A return option is not known");
    if (out.partial) return in.fail("PARTIAL stands there twice");  // RFC 9394 §3.1
    if (!in.space()) return false;
    out.partial = in.partial_range();
    return out.partial.has_value();
  };
  if (!in.space() || !in.list(in.limits().list_items, TokenReader::Empty::allowed, option)) return false;
  if (!out.min && !out.max && !out.all && !out.count && !out.save && !out.partial) out.all = true;  // RFC 9051 §6.4.4
  if (out.all && out.partial) return in.fail("ALL and PARTIAL exclude each other");                 // RFC 9394 §3.1
  return in.space();
}

bool read_sort_key(TokenReader& in, std::vector<SortKey>& out) {
  struct Name {
    std::string_view name;
    SortKey::Kind kind;
  };
  using enum SortKey::Kind;
  constexpr std::array<Name, 9> names = {{{"ARRIVAL", arrival},
                                          {"CC", cc},
                                          {"DATE", date},
                                          {"FROM", from},
                                          {"SIZE", size},
                                          {"SUBJECT", subject},
                                          {"TO", to},
                                          {"DISPLAYFROM", display_from},
                                          {"DISPLAYTO", display_to}}};
  SortKey key;
  if (in.take_word("REVERSE")) {
    key.reverse = true;
    if (!in.space()) return false;
  }
  const auto found = std::ranges::find_if(names, [&](const Name& name) { return in.take_word(name.name); });
  if (found == names.end()) return in.fail("A sort key is not known");
  key.kind = found->kind;
  out.push_back(key);
  return true;
}

/// charset SP keys
bool read_charset_and_keys(TokenReader& in, std::string& charset, SearchKey& key) {
  auto name = in.astring();
  if (!name || !in.space()) return false;
  charset = std::move(*name);
  return KeyReader(in).read_list(key, 0);
}

}  // namespace

bool read(TokenReader& in, command::Search& out) {
  if (!in.space() || !read_options(in, out.options)) return false;
  if (!in.take_word("CHARSET")) return KeyReader(in).read_list(out.key, 0);
  return in.space() && read_charset_and_keys(in, out.charset, out.key);
}

bool read(TokenReader& in, command::Sort& out) {
  if (!in.space() || !read_options(in, out.options)) return false;
  const auto most = in.limits().list_items;
  if (!in.list(most, TokenReader::Empty::no, [&] { return read_sort_key(in, out.order); })) return false;
  return in.space() && read_charset_and_keys(in, out.charset, out.key);
}

bool read(TokenReader& in, command::Thread& out) {
  if (!in.space()) return false;
  const auto algorithm = in.atom();
  if (!algorithm || !in.space()) return false;
  out.algorithm = to_upper(*algorithm);
  return read_charset_and_keys(in, out.charset, out.key);
}

}  // namespace understudy::mail::imap::parsers
