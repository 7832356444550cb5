/// Any octets as a message: its heading is within its bounds, is its record's, and finds in many what a search of the octets
/// finds in one; and the same octets as a record are read without harm and are written again as they were read.
#include <array>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "fuzz_check.hpp"
#include "mail/imap/headings.hpp"
#include "mail/imap/summary.hpp"
#include "mail/imap/text_search.hpp"

using namespace understudy;
using namespace understudy::mail;
using namespace understudy::mail::imap;
using understudy::tests::must;

namespace {

using Field = HeadingView::Field;

constexpr std::array sorted = {SortField::subject, SortField::from,         SortField::to,
                               SortField::cc,      SortField::display_from, SortField::display_to};

bool same(const HeadingView& a, const HeadingView& b) {
  return a.sent == b.sent && a.sent_on == b.sent_on && a.is_reply_or_forward == b.is_reply_or_forward &&
         a.base_subject == b.base_subject && a.message_id == b.message_id && a.references == b.references &&
         a.searched == b.searched && a.keys == b.keys;
}

/// Of what decode() gave: as a record, and in a row between others.
void check_view(const HeadingView& view) {
  const std::string record = view.encode();
  const auto again = HeadingView::decode(record);
  must(again && same(*again, view) && again->encode() == record);
  Headings headings;
  headings.add(3, view);
  headings.add(7, std::nullopt);
  headings.add(9, view);
  headings.shrink();
  for (const std::size_t row : {0U, 2U}) {
    must(headings.is_known(row) && headings.sent(row) == view.sent && headings.sent_on(row) == view.sent_on);
    must(headings.references(row).size() * sizeof(ThreadId) == view.references.size());
    for (const auto field : sorted) must(headings.key(row, field) == view.keys[HeadingView::key_of(field)]);
  }
  must(headings.row(9) == 2 && !headings.is_known(1) && !headings.row(8));
}

void check_message(std::string_view message, const FoldedText& wanted) {
  const Summary summary = summarise(message);
  const std::string summed = encode(summary);
  const auto of = SummaryView::open(summed);
  must(of.has_value());
  const std::string record = heading_of(*of);
  must(record.size() <= 26 * 1024);
  const auto view = HeadingView::decode(record);
  must(view && view->encode() == record);
  for (const auto& text : view->searched) must(!text || text->empty() || text->back() == HeadingView::mark);
  check_view(*view);

  if (wanted.empty()) return;
  std::vector<Needle> needles;
  for (const char* name : HeadingView::names) needles.push_back({Needle::Scope::header, name, wanted});
  TextSearch search(needles, header::line_ends_of(message));
  search.feed(message);
  search.finish();
  Headings headings;
  headings.add(1, *view);
  headings.add(2, HeadingView{});
  headings.add(3, *view);
  for (std::size_t i = 0; i < HeadingView::names.size(); ++i) {
    const auto field = static_cast<Field>(i);
    if (!headings.is_known(0, field)) continue;
    const auto hits = headings.find(field, wanted);
    must(hits.size() == 3 && !hits[1] && hits[0] == hits[2]);
    if (search.found(i)) must(hits[0]);
    if (field == Field::subject) must(hits[0] == search.found(i));  // addresses are found as ENVELOPE has them, too
  }
}

}  // namespace

/// The first octet is the size of the text that is looked for and stands behind it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  if (const auto view = HeadingView::decode(all)) check_view(*view);
  const auto wanted = all.substr(1, data[0] % 16U);
  check_message(all.substr(1 + wanted.size()), FoldedText(wanted));
  return 0;
}
