#include "archive/audit/reader.hpp"

#include <algorithm>

#include "archive/audit/askings.hpp"
#include "archive/journal/reader.hpp"
#include "base/bytes.hpp"

namespace understudy::archive::audit {
namespace {

constexpr store::Shard shard = journal::shard_of(journal::audit_log);

template <class Value>
base::Result<> each_of(const store::Reader& reader, char prefix, const std::string& from,
                       const std::function<bool(const Value&)>& each) {
  auto cursor = reader.scan(shard, store::Table::journal_state, from);
  for (; cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
    const auto value = Value::decode(cursor->value());
    if (!value) return std::unexpected(value.error());
    if (!each(*value)) return {};
  }
  return cursor->status();
}

}  // namespace

base::Result<Record> read(const store::Reader& reader, std::uint64_t index) {
  const auto sealed = journal::read_sealed(reader, journal::audit_log, index);
  if (!sealed) {
    const auto what =
        sealed.error().code == base::errc::not_found ? "audit entry " + std::to_string(index) : sealed.error().context;
    return std::unexpected(base::Error{sealed.error().code, what});
  }
  auto record = Record::decode(sealed->common.octets);
  if (!record) return base::fail("audit entry " + std::to_string(index), record.error());
  return record;
}

base::Result<std::uint64_t> next_step_back(const store::Reader& reader, std::uint64_t from, std::uint64_t end) {
  auto cursor = reader.scan(shard, store::Table::journal_state, back_key(from + 1));
  if (!cursor->valid() || !cursor->key().starts_with(back_prefix)) {
    if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
    return end;
  }
  base::Reader key(cursor->key().substr(1));
  return std::min(end, key.u64());
}

base::Result<std::uint64_t> seek(const store::Reader& reader, std::uint64_t from, std::uint64_t end, base::WallTime since) {
  while (from < end) {
    const auto next = next_step_back(reader, from, end);
    if (!next) return next;
    auto low = from, high = *next;  // times only grow in here
    while (low < high) {
      const auto middle = low + (high - low) / 2;
      const auto record = read(reader, middle);
      if (!record) return std::unexpected(record.error());
      if (record->time < since) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low < *next) return low;
    from = *next;
  }
  return end;
}

base::Result<std::uint64_t> size(const store::Reader& reader) {
  return journal::end_of_log(reader, journal::audit_log);
}

base::Result<> each_case(const store::Reader& reader, std::uint64_t from, const std::function<bool(const KeptCase&)>& each) {
  return each_of<KeptCase>(reader, case_prefix, case_key(from), each);
}

base::Result<> each_request(const store::Reader& reader, std::uint64_t from, const std::function<bool(const Request&)>& each) {
  return each_of<Request>(reader, request_prefix, request_key(from), each);
}

base::Result<std::optional<Request>> find_request(const store::Reader& reader, std::uint64_t index) {
  const auto value = reader.get(shard, store::Table::journal_state, request_key(index));
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<Request>();
  auto request = Request::decode(**value);
  if (!request) return std::unexpected(request.error());
  return std::optional(std::move(*request));
}

base::Result<> each_open_request(const store::Reader& reader, const std::function<bool(const Request&)>& each) {
  const auto open = open_requests(reader);
  if (!open) return std::unexpected(open.error());
  for (const auto index : *open) {
    const auto request = find_request(reader, index);
    if (!request) return std::unexpected(request.error());
    if (*request && !each(**request)) break;
  }
  return {};
}

base::Result<std::optional<KeptCase>> find_case(const store::Reader& reader, std::string_view name) {
  const Cells cells{[&reader](const std::string& key) { return reader.get(shard, store::Table::journal_state, key); }, {}};
  return find_case(cells, name);
}

}  // namespace understudy::archive::audit
