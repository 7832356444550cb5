/// Dates: what is read can be written and read again.
#include <string_view>

#include "fuzz_check.hpp"
#include "mail/header/date.hpp"

using namespace understudy::mail::header;
using understudy::tests::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto got = parse_date({reinterpret_cast<const char*>(data), size});
  if (got) {
    const auto again = parse_date(format_date(*got));
    must(again && *again == *got);
  }
  return 0;
}
