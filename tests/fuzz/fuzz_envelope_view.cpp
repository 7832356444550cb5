/// Any octets as an ENVELOPE and as a BODYSTRUCTURE in the written form: read in any order without harm, and what is whole is
/// made of its fields.
#include <string>
#include <string_view>

#include "fuzz_check.hpp"
#include "mail/imap/body_structure.hpp"
#include "mail/imap/envelope_view.hpp"

using namespace understudy::mail::imap;
using understudy::tests::must;

namespace {

void check_addresses(AddressCursor cursor, std::string_view wire) {
  std::size_t count = 0;
  while (const auto address = cursor.next()) {
    must(address->address().size() <= wire.size());
    must(++count <= wire.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view wire(reinterpret_cast<const char*>(data), size);
  EnvelopeView forward(wire), backward(wire);
  std::string together;
  for (int i = 0; i < 10; ++i) {
    const auto field = static_cast<EnvelopeField>(i);
    together += (i == 0 ? '(' : ' ');
    together += forward.wire(field);
    must(forward.text(field).inner.size() <= size);
    check_addresses(forward.addresses(field), wire);
    backward.wire(static_cast<EnvelopeField>(9 - i));
  }
  must(forward.is_whole() == backward.is_whole());
  for (int i = 0; i < 10; ++i)
    must(forward.wire(static_cast<EnvelopeField>(i)) == backward.wire(static_cast<EnvelopeField>(i)));
  if (forward.is_whole()) must(together + ')' == wire);

  const std::string body = body_of(wire);
  must(body.size() <= size + 1);
  if (!body.empty()) must(body_of(body) == body);
  return 0;
}
