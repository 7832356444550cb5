#include "archive/witness/verify.hpp"

#include "archive/witness/book.hpp"
#include "archive/witness/countersignature.hpp"

namespace understudy::archive::witness {
namespace {

using store::Table;

std::string name_of(std::string_view what, const Countersigned& countersigned) {
  return std::string(what) + " over " + std::to_string(countersigned.head.head.head.size) + " entries";
}

base::Result<> check_ours(const store::Reader& reader, std::vector<std::string>& faults) {
  auto cursor = reader.scan(book::journal, Table::cosigned);
  for (; cursor->valid(); cursor->next()) {
    const auto read = Countersigned::decode(cursor->value());
    if (!read || !read->holds()) {
      faults.emplace_back("a countersignature of the other machine is damaged or does not hold");
      continue;
    }
    auto ours = reader.get(book::journal, Table::heads, cursor->key());
    if (!ours) return std::unexpected(ours.error());
    if (!*ours || **ours != read->head.encode())
      faults.push_back(name_of("the other machine countersigned a head", *read) + " that is not among ours any more");
  }
  return cursor->status();
}

base::Result<> check_theirs(const store::Reader& reader, std::vector<std::string>& faults) {
  auto cursor = reader.scan(book::instance, Table::witnessed);
  for (; cursor->valid(); cursor->next()) {
    const auto read = Countersigned::decode(cursor->value());
    if (!read || !read->holds()) faults.emplace_back("a head of the other machine that is kept is damaged or does not hold");
  }
  return cursor->status();
}

}  // namespace

base::Result<std::vector<std::string>> verify(const store::Reader& reader) {
  std::vector<std::string> faults;
  if (auto checked = check_ours(reader, faults); !checked) return std::unexpected(checked.error());
  if (auto checked = check_theirs(reader, faults); !checked) return std::unexpected(checked.error());
  return faults;
}

}  // namespace understudy::archive::witness
