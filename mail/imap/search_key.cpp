#include "mail/imap/search_key.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/imap/date_time.hpp"
#include "mail/imap/search_names.hpp"
#include "mail/imap/written.hpp"
#include "mail/mime/charset.hpp"

namespace understudy::mail::imap {
namespace {

using Kind = SearchKey::Kind;
using Argument = SearchArgument;

constexpr std::array<SearchName, 44> names = {{
    {"ALL", Kind::all, Argument::none},
    {"ANSWERED", Kind::answered, Argument::none},
    {"DELETED", Kind::deleted, Argument::none},
    {"DRAFT", Kind::draft, Argument::none},
    {"FLAGGED", Kind::flagged, Argument::none},
    {"NEW", Kind::fresh, Argument::none},
    {"OLD", Kind::old, Argument::none},
    {"RECENT", Kind::recent, Argument::none},
    {"SEEN", Kind::seen, Argument::none},
    {"UNANSWERED", Kind::unanswered, Argument::none},
    {"UNDELETED", Kind::undeleted, Argument::none},
    {"UNDRAFT", Kind::undraft, Argument::none},
    {"UNFLAGGED", Kind::unflagged, Argument::none},
    {"UNSEEN", Kind::unseen, Argument::none},
    {"SAVEDATESUPPORTED", Kind::save_date_supported, Argument::none},
    {"OR", Kind::either, Argument::two_keys},
    {"NOT", Kind::negated, Argument::one_key},
    {"BCC", Kind::bcc, Argument::text},
    {"BODY", Kind::body, Argument::text},
    {"CC", Kind::cc, Argument::text},
    {"FROM", Kind::from, Argument::text},
    {"SUBJECT", Kind::subject, Argument::text},
    {"TEXT", Kind::text, Argument::text},
    {"TO", Kind::to, Argument::text},
    {"HEADER", Kind::header, Argument::header},
    {"KEYWORD", Kind::keyword, Argument::flag},
    {"UNKEYWORD", Kind::unkeyword, Argument::flag},
    {"EMAILID", Kind::email_id, Argument::object_id},
    {"THREADID", Kind::thread_id, Argument::object_id},
    {"BEFORE", Kind::before, Argument::date},
    {"ON", Kind::on, Argument::date},
    {"SINCE", Kind::since, Argument::date},
    {"SENTBEFORE", Kind::sent_before, Argument::date},
    {"SENTON", Kind::sent_on, Argument::date},
    {"SENTSINCE", Kind::sent_since, Argument::date},
    {"SAVEDBEFORE", Kind::saved_before, Argument::date},
    {"SAVEDON", Kind::saved_on, Argument::date},
    {"SAVEDSINCE", Kind::saved_since, Argument::date},
    {"LARGER", Kind::larger, Argument::octets},
    {"SMALLER", Kind::smaller, Argument::octets},
    {"OLDER", Kind::older, Argument::interval},
    {"YOUNGER", Kind::younger, Argument::interval},
    {"MODSEQ", Kind::mod_sequence, Argument::mod_sequence},
    {"UID", Kind::uids, Argument::set},
}};

std::string_view name_of(SearchKey::EntryType type) {
  switch (type) {
    case SearchKey::EntryType::priv:
      return "priv";
    case SearchKey::EntryType::shared:
      return "shared";
    default:
      return "all";
  }
}

std::string arguments_of(const SearchKey& key, SearchArgument argument) {
  switch (argument) {
    case Argument::text:
      return ' ' + written_string(key.text);
    case Argument::header:
      return ' ' + written_string(key.name) + ' ' + written_string(key.text);
    case Argument::flag:
    case Argument::object_id:
      return ' ' + key.text;
    case Argument::date:
      return ' ' + format_date(key.day);
    case Argument::octets:
    case Argument::interval:
      return ' ' + std::to_string(key.number);
    case Argument::mod_sequence:
      if (key.entry_type == SearchKey::EntryType::none) return ' ' + std::to_string(key.number);
      return ' ' + written_string(key.name) + ' ' + std::string(name_of(key.entry_type)) + ' ' + std::to_string(key.number);
    case Argument::set:
      return ' ' + key.set.text();
    default:
      return {};
  }
}

bool is_known(std::string_view charset) {
  return mime::to_utf8("", charset).has_value();
}

// The tree is at most ParseLimits::nesting deep.
void convert(SearchKey& key, std::string_view charset) {
  const bool is_flag = key.kind == Kind::keyword || key.kind == Kind::unkeyword;
  if (!key.text.empty() && !is_flag) {
    auto text = charset.empty() ? std::optional(mime::guessed_utf8(key.text)) : mime::to_utf8(key.text, charset);
    if (text) key.text = std::move(*text);
  }
  for (SearchKey& inner : key.keys) convert(inner, charset);
}

}  // namespace

const SearchName* find_search_name(std::string_view name) {
  const auto found = std::ranges::find_if(names, [&](const SearchName& n) { return base::iequals(n.name, name); });
  return found == names.end() ? nullptr : &*found;
}

const SearchName* find_search_name(SearchKey::Kind kind) {
  const auto found = std::ranges::find(names, kind, &SearchName::kind);
  return found == names.end() ? nullptr : &*found;
}

bool to_utf8(SearchKey& key, std::string_view charset) {
  if (!charset.empty() && !is_known(charset)) return false;
  convert(key, charset);
  return true;
}

std::string text_of(const SearchKey& key) {
  if (key.kind == Kind::numbers) return key.set.text();
  std::string out;
  if (const SearchName* name = find_search_name(key.kind)) out = std::string(name->name) + arguments_of(key, name->argument);
  for (const SearchKey& inner : key.keys) out += (out.empty() ? "" : " ") + text_of(inner);
  return key.kind == Kind::both ? '(' + out + ')' : out;
}

}  // namespace understudy::mail::imap
