// Damaged octets never crash the readers of orders to end and of their answers, and what they take is written again octet by
// octet.
#include "archive/endings/order.hpp"
#include "fuzz_check.hpp"

using namespace understudy;
using namespace understudy::archive::endings;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  if (const auto order = Order::decode(octets)) tests::must(order->encode() == octets && !order->items.empty());
  if (const auto order = SignedOrder::decode(octets)) tests::must(order->encode() == octets);
  if (const auto answer = Answer::decode(octets)) tests::must(answer->encode() == octets);
  if (const auto answer = SignedAnswer::decode(octets)) tests::must(!answer->signed_by(base::PublicKey{}));
  return 0;
}
