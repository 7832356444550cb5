/// Any octets as a mailbox name, a pattern, a set, a URL and a date: one form for each name, and patterns that know themselves.
#include <algorithm>

#include "base/text.hpp"
#include "fuzz_check.hpp"
#include "mail/imap/date_time.hpp"
#include "mail/imap/list_pattern.hpp"
#include "mail/imap/mailbox_name.hpp"
#include "mail/imap/sequence_set.hpp"
#include "mail/imap/url.hpp"

using namespace understudy;
using namespace understudy::mail::imap;
using understudy::tests::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto name = from_utf7(text)) {
    must(base::is_utf8(*name));
    must(to_utf7(*name) == text);
  }
  if (base::is_utf8(text)) must(from_utf7(to_utf7(text)).value_or("") == text);
  for (const auto form : {NameForm::utf7, NameForm::utf8}) {
    const MailboxName name = read_mailbox_name(text, form);
    must(name.utf8.size() <= 6 * max_mailbox_name);
    must(!name.good() || fault_of_name(name.utf8).empty());
  }
  const auto cut = std::min(text.find('\n'), size);
  const ListPattern pattern(text.substr(0, cut));
  const auto name = text.substr(std::min(cut + 1, size));
  if (pattern.matches(name)) must(pattern.reaches(name) && ListPattern("*").matches(name));
  if (text.substr(0, cut).find_first_of("*%") == text.npos) must(pattern.matches(text.substr(0, cut)));
  if (const auto set = SequenceSet::parse(text, {})) {
    const auto ranges = set->resolve(7);
    must(ranges.empty() || Ranges::parse(ranges.text(), 20'000) == ranges);
  }
  if (const auto url = parse_url(text)) must(url->uid > 0 && fault_of_name(url->mailbox).empty());
  if (const auto date = parse_date_time(text)) must(parse_date_time(format_date_time(date->moment, date->zone)) == date);
  if (const auto day = parse_date(text)) must(parse_date(format_date(*day)) == day);
  return 0;
}
