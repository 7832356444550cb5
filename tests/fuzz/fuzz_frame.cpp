/// Frames of a segment: no octets make a frame of a place that they were not written for, and what a frame carries is whole or
/// an error, in bounded memory.
#include <string>

#include "archive/store/rocksdb/segments/frame.hpp"
#include "fuzz_check.hpp"

using namespace understudy::archive::store::segments;
using understudy::tests::must;

namespace {

void carry(std::string_view octets, FrameKind kind) {
  const Place place{1 + octets.size() % 7, octets.size()};
  const std::size_t half = octets.size() / 2;
  std::string frame;
  append_frame(frame, place, kind, {octets.substr(0, half), octets.substr(half)});
  const auto parsed = parse_frame(frame, place);
  must(parsed && parsed->kind == kind && parsed->payload == octets);
  must(frame_head_octets + payload_octets(frame) == frame.size());
  must(!parse_frame(frame, {place.segment, place.offset + 1}));
  must(!parse_frame(std::string_view(frame).substr(0, frame.size() - 1), place));
  const std::size_t bit = (octets.empty() ? 0 : static_cast<unsigned char>(octets[0])) % (frame.size() * 8);
  frame[bit / 8] ^= static_cast<char>(1 << bit % 8);
  must(!parse_frame(frame, place));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  must(!parse_frame(octets, {1, 0}) || size >= frame_head_octets);
  for (const auto kind : {FrameKind::head, FrameKind::commit, FrameKind::block}) carry(octets, kind);
  if (const auto head = Head::decode(octets)) must(octets.starts_with(head->encode()));
  if (const auto block = parse_block(octets)) must(octets.ends_with(block->coded));
  if (const auto commit = parse_commit(octets)) must(commit->batch.size() <= max_batch);
  const auto commit = parse_commit(encode_commit(size, octets));
  must(commit && commit->number == size && commit->batch == octets);
  return 0;
}
