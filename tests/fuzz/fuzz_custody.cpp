// Damaged octets never crash the readers of custody, and what they take is written again octet by octet.
#include "archive/custody/receipt_batch.hpp"
#include "fuzz_check.hpp"

using namespace understudy;
using namespace understudy::archive::custody;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  if (const auto receipt = Receipt::decode(octets)) tests::must(receipt->encode() == octets);
  if (const auto batch = SignedBatch::decode(octets)) {
    tests::must(batch->encode() == octets && !batch->batch.receipts.empty());
    tests::must(!batch->signed_by(base::PublicKey{}));
  }
  if (const auto kept = KeptBatch::decode(octets)) {
    tests::must(!kept->signed_by(base::PublicKey{}));
    const auto again = KeptBatch::decode(kept->encode());
    tests::must(again && again->encode() == kept->encode());
  }
  if (const auto custody = mail::smtp::Custody::parse(octets))
    tests::must(mail::smtp::Custody::parse(custody->text()) == custody);
  return 0;
}
