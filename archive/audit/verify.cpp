#include "archive/audit/verify.hpp"

#include <map>

#include "archive/audit/askings.hpp"
#include "archive/audit/record.hpp"
#include "archive/audit/state.hpp"
#include "archive/journal/reader.hpp"
#include "archive/witness/verify.hpp"

namespace understudy::archive::audit {
namespace {

constexpr store::Shard shard = journal::shard_of(journal::audit_log);

/// The projection, made again from the entries.
class Again {
 public:
  /// `secret`: under which names of cases are kept, which no entry has.
  explicit Again(const std::optional<std::string>& secret) {
    if (secret) cells_[std::string(secret_key)] = *secret;
  }

  std::string take(const journal::Sealed& sealed) {
    const auto record = Record::decode(sealed.common.octets);
    if (!record) return "it cannot be decoded: " + record.error().text();
    if (!sealed.parts.empty()) return "it has more than one part";
    const auto index = sealed.position.index;
    if (record->of && *record->of >= index) return "it tells of the end of what had not begun";
    const Cells cells{[this](const std::string& key) -> base::Result<std::optional<std::string>> {
                        const auto found = cells_.find(key);
                        if (found == cells_.end()) return std::optional<std::string>();
                        return std::optional(found->second);
                      },
                      [this](std::string key, std::string value) { cells_[std::move(key)] = std::move(value); }};
    if (auto projected = project(cells, index, *record); !projected) return projected.error().text();
    return {};
  }

  base::Result<> compare(const store::Reader& reader, std::vector<std::string>& faults) {
    cells_.erase(std::string(secret_key));
    const auto last = cells_.extract(std::string(last_time_key));
    const auto kept = reader.get(shard, store::Table::journal_state, last_time_key);
    if (kept && !last.empty() && *kept != last.mapped())
      faults.emplace_back("the time that is kept of the newest entry is not its time");
    for (const char prefix : {case_prefix, case_name_prefix, request_prefix, back_prefix}) {
      auto cursor = reader.scan(shard, store::Table::journal_state, std::string(1, prefix));
      for (; cursor->valid() && cursor->key().starts_with(prefix); cursor->next()) {
        const auto found = cells_.find(std::string(cursor->key()));
        if (found == cells_.end() || found->second != cursor->value())
          faults.emplace_back("a case or a request is kept that is not what the entries say of it");
        if (found != cells_.end()) cells_.erase(found);
      }
      if (auto ended = cursor->status(); !ended) return ended;
    }
    if (!cells_.empty()) faults.emplace_back(std::to_string(cells_.size()) + " cases or requests of the entries are not kept");
    return {};
  }

 private:
  std::map<std::string, std::string> cells_;
};

}  // namespace

base::Result<journal::Verdict> verify(const store::Reader& reader, const store::BodySource& bodies,
                                      const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
  const auto secret = reader.get(shard, store::Table::journal_state, secret_key);
  if (!secret) return std::unexpected(secret.error());
  Again again(*secret);
  journal::BookRules rules;
  rules.key_told = [](const journal::Sealed& sealed) -> base::Result<std::optional<journal::KeyChange>> {
    auto record = Record::decode(sealed.common.octets);
    if (!record) return std::unexpected(record.error());
    return std::move(record->key_change);
  };
  rules.fault = [&again](const journal::Sealed& sealed) { return again.take(sealed); };
  journal::Extent extent;
  extent.log = journal::audit_log;
  auto verdict = journal::verify(reader, bodies, extent, progress, rules);
  if (!verdict) return verdict;
  if (auto compared = again.compare(reader, verdict->faults); !compared)
    verdict->faults.push_back("cases and requests cannot be read: " + compared.error().text());
  const auto fault = [&verdict](std::string what) { verdict->faults.push_back(std::move(what)); };
  if (auto checked = check_askings(reader, fault); !checked)
    fault("which requests wait cannot be read: " + checked.error().text());
  const auto countersignatures = witness::verify(reader, journal::audit_log);
  if (!countersignatures) return std::unexpected(countersignatures.error());
  verdict->faults.insert(verdict->faults.end(), countersignatures->begin(), countersignatures->end());
  return verdict;
}

}  // namespace understudy::archive::audit
