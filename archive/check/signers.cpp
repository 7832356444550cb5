#include "archive/check/signers.hpp"

#include <algorithm>

#include "archive/check/tables.hpp"
#include "archive/witness/book.hpp"
#include "archive/witness/countersignature.hpp"

namespace understudy::archive::check {

namespace {

template <class Value>
void add(std::vector<Value>& values, const Value& value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

}  // namespace

OtherMachine other_machine(const store::Reader& reader) {
  OtherMachine other;
  each_record(
      reader, witness::book::instance, store::Table::witnessed,
      [&](std::string_view, std::string_view value) {
        const auto read = witness::Countersigned::decode(value);
        if (!read) return true;
        add(other.keys, read->head.key);
        add(other.lives, {read->head.head.log.instance, read->head.head.log.incarnation});
        return true;
      },
      [](const Gap&) {});  // told where that table is read
  return other;
}

}  // namespace understudy::archive::check
