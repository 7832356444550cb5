/// Any octets as a message: its summary does not depend on the pieces, its wire forms are whole, its record gives it back; and
/// the same octets as a record are read without harm.
#include <string_view>

#include "base/text.hpp"
#include "fuzz_check.hpp"
#include "mail/imap/envelope_view.hpp"
#include "mail/imap/preview.hpp"
#include "mail/imap/summary_record.hpp"
#include "mail/mime/transfer_decoder.hpp"

using namespace understudy::mail;
using namespace understudy::mail::imap;
using understudy::tests::must;

namespace {

constexpr std::array<std::string_view, 3> names = {"from", "Subject", "X-None"};

void check_record(std::string_view record) {
  const auto view = SummaryView::open(record);
  if (!view) return;
  view->header_fields(names, FieldChoice::named);
  view->header_fields(names, FieldChoice::all_but_named);
  if (const auto parts = view->parts()) find_section(*parts, {{1, 2, 1}, SectionPath::What::header});
  if (const auto wire = view->body_structure()) body_of(*wire);
  (void)view->decode();
}

void check_decoder(std::string_view text, std::size_t cut, mime::Encoding encoding) {
  mime::TransferDecoder decoder(encoding);
  std::string out;
  for (; text.size() > cut; text.remove_prefix(cut)) decoder.feed(text.substr(0, cut), out);
  decoder.feed(text, out);
  decoder.finish(out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view message(reinterpret_cast<const char*>(data) + 2, size - 2);
  const SummaryLimits limits{.head = 16u + data[1] * 64u, .preview = 1u + data[1]};
  const Summary whole = summarise(message, limits);
  must(whole.facts.size == message.size() && whole.facts.header_size <= message.size());
  must(EnvelopeView(whole.envelope).is_whole());
  must(!body_of(whole.body_structure).empty());
  must(understudy::base::is_utf8(whole.preview) && whole.preview.size() <= 4 * preview_characters);
  for (const PartRange& part : whole.parts) must(part.header.end == part.body.begin && part.body.end <= message.size());

  const std::size_t cut = 1 + data[0];
  SummaryMaker maker(limits);
  std::string_view rest = message;
  for (; rest.size() > cut; rest.remove_prefix(cut)) maker.feed(rest.substr(0, cut));
  maker.feed(rest);
  must(maker.finish() == whole);

  if (const auto kept = header_fields(whole, names, FieldChoice::named))
    must(*kept == filter_header(message.substr(0, whole.facts.header_size), whole.facts.line_ends, names, FieldChoice::named));
  const std::string record = encode(whole);
  must(record.size() <= longest_record);
  const auto view = SummaryView::open(record);
  must(view.has_value());
  const auto back = view->decode();
  must(back.has_value() && (!view->is_whole() || *back == whole));
  must(encode(whole, 1024).size() <= 1024);

  check_record(message);
  check_decoder(message, cut, mime::Encoding::base64);
  check_decoder(message, cut, mime::Encoding::quoted_printable);
  return 0;
}
