/// Any octets as the headings of many messages: what is understood is written as it was read, and nothing is read outside of
/// it.
#include <cstdint>
#include <string_view>

#include "fuzz_check.hpp"
#include "mail/imap/headings.hpp"

using namespace understudy::mail::imap;
using understudy::tests::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view record(reinterpret_cast<const char*>(data), size);
  const auto read = Headings::decode(record);
  if (!read) return 0;
  must(read->size() <= size);
  const auto again = Headings::decode(read->encode());
  must(again.has_value() && again->size() == read->size());
  for (std::size_t row = 0; row < read->size(); ++row) {
    must(read->sent(row) == again->sent(row) && read->references(row).size() == again->references(row).size());
    for (const auto field :
         {SortField::subject, SortField::from, SortField::to, SortField::cc, SortField::display_from, SortField::display_to})
      must(read->key(row, field) == again->key(row, field));
  }
  for (const auto field :
       {HeadingView::Field::subject, HeadingView::Field::from, HeadingView::Field::to, HeadingView::Field::cc})
    must(read->find(field, FoldedText("a")) == again->find(field, FoldedText("a")));
  return 0;
}
