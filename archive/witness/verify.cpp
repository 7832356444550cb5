#include "archive/witness/verify.hpp"

#include "archive/witness/book.hpp"
#include "archive/witness/countersignature.hpp"
#include "archive/witness/witness.hpp"

namespace understudy::archive::witness {
namespace {

using store::Table;

std::string name_of(std::string_view what, const Countersigned& countersigned) {
  return std::string(what) + " over " + std::to_string(countersigned.head.head.head.size) + " entries";
}

base::Result<> check_ours(const store::Reader& reader, journal::Log log, std::vector<std::string>& faults) {
  auto cursor = reader.scan(journal::shard_of(log), Table::cosigned);
  for (; cursor->valid(); cursor->next()) {
    const auto read = Countersigned::decode(cursor->value());
    if (!read || !read->holds()) {
      faults.emplace_back("a countersignature of the other machine is damaged or does not hold");
      continue;
    }
    auto ours = reader.get(journal::shard_of(log), Table::heads, cursor->key());
    if (!ours) return std::unexpected(ours.error());
    if (!*ours || **ours != read->head.encode())
      faults.push_back(name_of("the other machine countersigned a head", *read) + " that is not among ours any more");
  }
  return cursor->status();
}

/// Each under its own name, and the newest among them.
base::Result<> check_theirs(const store::Reader& reader, std::vector<std::string>& faults) {
  auto cursor = reader.scan(book::instance, Table::witnessed);
  for (; cursor->valid(); cursor->next()) {
    const auto read = Countersigned::decode(cursor->value());
    if (!read || !read->holds()) {
      faults.emplace_back("a head of the other machine that is kept is damaged or does not hold");
      continue;
    }
    const auto name = book::history(read->head.head);
    if (cursor->key() == name) continue;
    const auto kept = reader.get(book::instance, Table::witnessed, name);
    if (cursor->key() != book::newest(read->head.head.log.book) || (kept && *kept != cursor->value()))
      faults.push_back(name_of("a head of the other machine", *read) + " is not kept as what it is");
  }
  return cursor->status();
}

base::Result<> check_disputes(const store::Reader& reader, std::vector<std::string>& faults) {
  auto cursor = reader.scan(book::instance, Table::disputes);
  for (; cursor->valid(); cursor->next()) {
    const auto read = Dispute::decode(cursor->value());
    if (!read || read->encode() != cursor->value()) {
      faults.emplace_back("a dispute with the other machine that is kept is damaged");
      continue;
    }
    const auto& head = read->shown.head;
    const auto name = book::evidence(read->time, head);
    const auto kept = reader.get(book::instance, Table::disputes, name);
    const bool known = cursor->key() == name || cursor->key() == book::open(head.head.log.book);
    if (!known || !head.holds() || !read->before.holds() || !is_dispute(read->finding) ||
        read->finding > Finding::not_continued || (kept && *kept != cursor->value()))
      faults.push_back("a dispute over " + std::to_string(head.head.head.size) +
                       " entries of the other machine is not kept as what it is");
  }
  return cursor->status();
}

}  // namespace

base::Result<std::vector<std::string>> verify(const store::Reader& reader, journal::Log log) {
  std::vector<std::string> faults;
  const auto all = [&faults](const char* what, const base::Result<>& checked) {
    if (!checked) faults.push_back(std::string(what) + " cannot be read: " + checked.error().text());
  };
  all("the countersignatures", check_ours(reader, log, faults));
  all("the heads of the other machine", check_theirs(reader, faults));
  all("the disputes with the other machine", check_disputes(reader, faults));
  return faults;
}

}  // namespace understudy::archive::witness
