/// MIME structure: the parts are the octets of the message, however it comes in pieces; the top header is what the scan says.
#include <string_view>

#include "fuzz_check.hpp"
#include "mail/mime/encoded_word.hpp"
#include "mail/mime/quoted_printable.hpp"
#include "mail/mime/structure.hpp"

using namespace understudy::mail;
using namespace understudy::mail::mime;
using understudy::tests::must;

namespace {

void check(const Structure& structure, std::size_t size) {
  must(structure.size == size && !structure.parts.empty());
  for (const Part& part : structure.parts) {
    for (const auto& range : {part.delimiter, part.header, part.body, part.preamble, part.closing, part.epilogue})
      must(range.begin <= range.end && range.end <= size);
    must(part.delimiter.end == part.header.begin && part.header.end == part.body.begin && part.lines <= part.body.size());
    if (part.shape == Part::Shape::multipart)
      must(part.closing.end == part.epilogue.begin && part.epilogue.end == part.body.end);
    if (part.parent) must(structure.parts[*part.parent].body.contains({part.delimiter.begin, part.body.end}));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Structure whole = parse_structure(text);
  check(whole, size);
  must(whole.parts[0].header.end == header::scan(text).body);

  StructureParser parser(header::line_ends_of(text));
  const std::size_t cut = size > 0 ? data[0] % size : 0;
  parser.feed(text.substr(0, cut));
  parser.feed(text.substr(cut));
  const Structure pieces = parser.finish();
  must(pieces.parts.size() == whole.parts.size());
  for (std::size_t i = 0; i < whole.parts.size(); ++i) must(pieces.parts[i].body == whole.parts[i].body);

  must(from_quoted_printable(to_quoted_printable(text)) == text);
  decode_encoded_words(text.substr(0, 4096));
  return 0;
}
