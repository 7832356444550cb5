/// Any octets as a message, cut as they themselves choose: the pieces are those of the message in one piece, and put together
/// again they are the message.
#include <vector>

#include "archive/store/content/base64_lines.hpp"
#include "archive/store/content/splitter.hpp"
#include "fuzz_check.hpp"

using namespace understudy;
using namespace understudy::archive::store::content;
using understudy::tests::must;

namespace {

struct Pieces : PieceSink {
  struct Part {
    std::size_t at;  ///< in the message
    Form form;
    std::string stored;
    bool operator==(const Part&) const = default;
  };
  std::string message;
  std::vector<Part> parts;

  base::Result<> literal(std::string_view octets) override {
    message += octets;
    return {};
  }
  base::Result<> part(const Form& form, std::string_view stored) override {
    parts.push_back({message.size(), form, std::string(stored)});
    encode(form, stored, message);
    must(message.size() - parts.back().at == octets_in_message(form, stored.size()));
    return {};
  }
};

Pieces split(std::string_view message, std::size_t cut, const SplitLimits& limits) {
  Pieces pieces;
  Splitter splitter(pieces, limits);
  for (; message.size() > cut; message.remove_prefix(cut)) must(splitter.feed(std::string(message.substr(0, cut))).has_value());
  must(splitter.feed(std::string(message)).has_value() && splitter.finish().has_value());
  return pieces;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view message(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t worthwhile = 1 + data[1] % 64;
  const SplitLimits limits{.part = worthwhile + 189, .worthwhile = worthwhile, .parts = data[1] % 8u * 4u, .text = worthwhile};
  const Pieces whole = split(message, size, limits);
  must(whole.message == message && whole.parts.size() <= limits.parts);
  for (const auto& part : whole.parts) must(part.stored.size() >= limits.worthwhile && part.stored.size() <= limits.part);
  const Pieces cut = split(message, 1 + data[0], limits);
  must(cut.message == message && cut.parts == whole.parts);
  return 0;
}
