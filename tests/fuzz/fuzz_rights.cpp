/// Any octets as rights of RFC 4314 and as a record of what was given: written again they are the same set; and nobody may do
/// what is taken away from him.
#include <algorithm>
#include <string>
#include <string_view>

#include "archive/mailbox/rights.hpp"
#include "fuzz_check.hpp"

using namespace understudy::archive::mailbox;
using understudy::tests::must;

namespace {

void check_text(std::string_view text) {
  const auto rights = Rights::parse(text);
  const bool known =
      std::ranges::all_of(text, [](char c) { return c == 'c' || c == 'd' || Rights::letters.find(c) != Rights::letters.npos; });
  must(rights.has_value() == known);
  if (!rights) return;
  must(Rights::parse(rights->text()) == rights);
  // "c" and "d" are told where one of theirs is given (RFC 4314 §2.1.1), so what is told may mean more, and never less.
  const auto told = Rights::parse(rights->told());
  must(told && told->has(*rights) && told->without(*rights).without(Rights::of("kxet")).empty());
  must(rights->told().starts_with(rights->text()) && rights->text().size() <= Rights::letters.size());
  must(Rights::all().has(*rights) && rights->without(*rights).empty());
}

/// Each line a grant: to account 1, 2 or anyone (0), given or taken away, by one octet; its letters.
std::vector<Grant> grants_of(std::string_view text) {
  std::vector<Grant> grants;
  while (!text.empty() && grants.size() < 20) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const auto choice = static_cast<unsigned char>(line[0]);
    Grant grant;
    grant.account = choice % 3;
    grant.identifier = std::string(choice % 2 == 0 ? "" : "-") + (grant.account == 0 ? std::string(anyone) : "joe");
    grant.rights = Rights::parse(line.substr(1)).value_or(Rights());
    grants.push_back(std::move(grant));
  }
  return grants;
}

void check_grants(const std::vector<Grant>& grants) {
  for (const std::uint64_t account : {1U, 2U, 3U}) {
    Rights given, taken;
    for (const auto& grant : grants) {
      if (grant.account != 0 && grant.account != account) continue;
      (grant.takes_away() ? taken : given) = (grant.takes_away() ? taken : given) | grant.rights;
    }
    const auto rights = rights_of(account, grants);
    must(rights == given.without(taken) && !rights.has_any(taken));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_text(text);
  check_grants(grants_of(text));
  if (const auto grant = decode_grant("joe", text)) {
    const auto again = decode_grant("joe", encode_grant(grant->account, grant->rights.text()));
    must(again && *again == *grant);
  }
  return 0;
}
