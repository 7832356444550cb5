/// Any octets as the record of 64 messages of a mailbox: what is understood is written in one way, each message of it is found
/// alone, and none is there that the whole does not have.
#include <cstdint>
#include <string>
#include <string_view>

#include "archive/mailbox/message_chunk.hpp"
#include "fuzz_check.hpp"

using namespace understudy::archive::mailbox;
using understudy::tests::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string record(reinterpret_cast<const char*>(data), size);
  const auto chunk = MessageChunk::decode(3, record);
  if (!chunk) return 0;
  must(!chunk->empty() && chunk->messages().size() <= MessageChunk::uids);
  const auto written = chunk->encode();
  const auto again = MessageChunk::decode(3, written);
  must(again.has_value() && again->encode() == written);
  must(chunk->keyword_octets() <= written.size());
  for (Uid uid = MessageChunk::first_uid(3); uid <= MessageChunk::last_uid(3); ++uid) {
    const auto alone = in_chunk(record, uid);
    const auto* whole = chunk->find(uid);
    must(alone.has_value() == (whole != nullptr));
    must(!alone || *alone == *whole);
  }
  return 0;
}
