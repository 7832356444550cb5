/// Any octets as DATA, in pieces that the octets themselves choose: the same result as in one piece; and what was decoded
/// goes out through the encoder and comes back.
#include <cstdlib>

#include "mail/smtp/body_decoder.hpp"
#include "mail/smtp/body_encoder.hpp"

using namespace understudy::mail::smtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Decoded {
  std::string message;
  std::size_t consumed = 0;
  BodyDecoder::State state = BodyDecoder::State::more;
  OctetFacts facts;
  bool good = false;
};

Decoded decode(std::string_view wire, std::size_t piece, const BodyOptions& options) {
  BodyDecoder decoder(options);
  Decoded got;
  for (std::size_t at = 0; at < wire.size() && got.state == BodyDecoder::State::more; at += piece) {
    const auto progress = decoder.feed(wire.substr(at, piece), got.message);
    got.consumed += progress.consumed;
    got.state = progress.state;
  }
  got.facts = decoder.facts();
  got.good = decoder.verdict().has_value();
  return got;
}

void send_again(const Decoded& got) {
  BodyEncoder encoder;
  std::string wire;
  const bool sent = encoder.feed(got.message, wire).has_value() && encoder.finish(wire).has_value();
  require(sent == !got.facts.needs_chunking());
  if (!sent) return;
  const auto back = decode(wire, 7, {});
  require(back.state == BodyDecoder::State::ended && back.consumed == wire.size() && back.message == got.message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view wire(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = 1 + data[0] % 16;
  const BodyOptions keep{.odd_octets = OddOctets::keep};
  const auto whole = decode(wire, wire.size() + 1, keep);
  const auto cut = decode(wire, piece, keep);
  require(whole.message == cut.message && whole.consumed == cut.consumed && whole.state == cut.state);
  require(whole.good && whole.message.size() <= wire.size());
  const auto strict = decode(wire, piece, {.max_octets = 64, .max_line = 32});
  require(strict.consumed == whole.consumed && strict.state == whole.state && strict.message.size() <= 64);
  if (whole.state != BodyDecoder::State::ended) return 0;
  require(whole.facts == cut.facts && whole.facts.octets == whole.message.size());
  require(wire.substr(0, whole.consumed).ends_with(".\r\n"));
  send_again(whole);
  return 0;
}
