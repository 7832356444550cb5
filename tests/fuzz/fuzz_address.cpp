/// Addresses and domains: what parses comes back the same from its own text, on the wire and in a path.
#include <string_view>

#include "fuzz_check.hpp"
#include "mail/address/address.hpp"

using namespace understudy::mail::address;
using understudy::tests::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Utf8 utf8 : {Utf8::refuse, Utf8::allow}) {
    if (const auto got = parse(text, utf8)) {
      const auto again = parse(got->text(), utf8);
      must(again && *again == *got);
      std::string_view rest;
      const std::string bracketed = "<" + got->text() + ">";
      const auto path = parse_forward_path(bracketed, rest, utf8);
      must(path && *path == *got && rest.empty());
    }
    std::string_view rest;
    if (const auto path = parse_reverse_path(text, rest, utf8)) must(text.ends_with(rest));
  }
  if (const auto domain = canonical_domain(text)) {
    const auto again = canonical_domain(*domain);
    must(again && *again == *domain);
  }
  const std::string by_hand = Address{std::string(text), std::string(text)}.text();
  must(by_hand.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  looks_generated(text);
  split_detail(text, '+');
  return 0;
}
