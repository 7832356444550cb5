#include "archive/directory/former.hpp"

#include <algorithm>

#include "archive/directory/owner.hpp"
#include "base/text.hpp"

namespace understudy::archive::directory {

base::Result<std::vector<AccountRecord>> former_accounts(const store::Reader& reader, std::string_view name) {
  const auto number = base::to_number(name);
  std::vector<AccountRecord> found;
  auto log = reader.scan(shard, store::Table::directory_log);
  for (; log->valid(); log->next()) {
    base::Reader in(log->value());
    in.u8();
    const std::string_view logged = in.text();
    const bool is_record = in.u8() == 1;
    const std::string_view octets = is_record ? in.text() : std::string_view();
    if (auto fits = in.check("directory log"); !fits) return std::unexpected(fits.error());
    if (!is_record || (!number && logged != name)) continue;
    auto record = AccountRecord::decode(octets);
    if (!record) return std::unexpected(record.error());
    if (number && record->number != *number) continue;
    const auto known = std::ranges::find(found, record->number, &AccountRecord::number);
    if (known == found.end())
      found.push_back(std::move(*record));
    else
      *known = std::move(*record);
  }
  if (auto ended = log->status(); !ended) return std::unexpected(ended.error());
  return found;
}

}  // namespace understudy::archive::directory
