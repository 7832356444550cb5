/// Any octets as a name at a login: the parts of an auditor's name, put together again, are the name; and the operator is never
/// one that the account's name or the case could have put in his place.
#include <algorithm>
#include <string>
#include <string_view>

#include "archive/login/auditor_name.hpp"
#include "fuzz_check.hpp"

using understudy::archive::login::AuditorName;
using understudy::tests::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view name(reinterpret_cast<const char*>(data), size);
  const auto stars = static_cast<std::size_t>(std::ranges::count(name, '*'));
  const auto parsed = AuditorName::parse(name);
  if (parsed) {
    must(stars > 0 && !parsed->account.empty() && !parsed->by_operator.empty());
    must(parsed->by_operator.find('*') == std::string::npos);
    must(parsed->account.find('*') == std::string::npos || parsed->account.find('@') != std::string::npos);
    const auto at = name.find('@');
    if (at != name.npos && name.find('*', at) != name.npos) must(parsed->account.find('@') == at);
    const auto auditor = parsed->in_case.empty() ? parsed->by_operator : parsed->by_operator + "*" + parsed->in_case;
    must(AuditorName::joined(parsed->account, auditor) == name);
    must(AuditorName::parse(AuditorName::joined(parsed->account, auditor)) == parsed);
  }
  // Who acts for an account that is no such name itself is named by joining the two, and is none but himself.
  const auto cut = std::min(name.find('\n'), size);
  const auto account = name.substr(0, cut), auditor = name.substr(std::min(cut + 1, size));
  if (account.empty() || account.find('*') != account.npos || auditor.empty() || auditor.find('*') != auditor.npos) return 0;
  const auto both = AuditorName::parse(AuditorName::joined(account, auditor));
  if (account.find('@') != account.npos || auditor.find('@') == auditor.npos) {
    must(both && both->account == account && both->by_operator == auditor && both->in_case.empty());
  }
  return 0;
}
