// Damaged octets never crash the decoders of a plan, and what they take is written again as the same plan.
#include <cstdlib>

#include "routing/describe.hpp"
#include "routing/plan_codec.hpp"

using namespace understudy::routing;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  if (const auto recipient = decode_recipient(octets)) {
    (void)describe(*recipient);
    const auto again = decode_recipient(encode_recipient(*recipient));
    if (!again || *again != *recipient) std::abort();
  }
  if (const auto common = decode_common(octets)) {
    Plan plan;
    plan.sent = common->sent;
    plan.marks = common->marks;
    (void)describe(plan);
    const auto again = decode_common(encode_common(plan));
    if (!again || *again != *common) std::abort();
  }
  return 0;
}
