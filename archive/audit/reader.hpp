/// Reads the audit journal and what follows from it, as they are stored. Any thread; never changes anything.
#pragma once

#include <cstdint>
#include <functional>

#include "archive/audit/record.hpp"
#include "archive/audit/state.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::audit {

/// errc::not_found, errc::damaged.
base::Result<Record> read(const store::Reader& reader, std::uint64_t index);
/// The first entry at or behind `from`, and before `end`, that may be of `since` or later; `end`: none. A few reads for each
/// time that the clock was set back.
base::Result<std::uint64_t> seek(const store::Reader& reader, std::uint64_t from, std::uint64_t end, base::WallTime since);
/// Where the clock was set back next, behind `from` and before `end`; `end`: nowhere.
base::Result<std::uint64_t> next_step_back(const store::Reader& reader, std::uint64_t from, std::uint64_t end);
/// How many entries there are.
base::Result<std::uint64_t> size(const store::Reader& reader);
/// In the order in which they were opened, beginning with `from`, until `each` gives false.
base::Result<> each_case(const store::Reader& reader, std::uint64_t from, const std::function<bool(const KeptCase&)>& each);
/// In the order in which they were asked, beginning with `from`.
base::Result<> each_request(const store::Reader& reader, std::uint64_t from, const std::function<bool(const Request&)>& each);
base::Result<std::optional<Request>> find_request(const store::Reader& reader, std::uint64_t index);
/// Those that wait or were given and not used, in their order: as many as may be open at a time.
base::Result<> each_open_request(const store::Reader& reader, const std::function<bool(const Request&)>& each);
base::Result<std::optional<KeptCase>> find_case(const store::Reader& reader, std::string_view name);

}  // namespace understudy::archive::audit
