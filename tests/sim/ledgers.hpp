/// What has to be so of both machines' books when all is quiet: nothing is owed any more, every number is closed by a receipt
/// that the other book bears out, both journals verify, and neither ever showed what it had to take back.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/company.hpp"

namespace understudy::sim {

/// Why not all is quiet yet, one line for each reason: outboxes that are not empty, no link, numbers that are open, newest
/// heads that do not cover all entries or are not countersigned.
std::vector<std::string> what_is_under_way(Company& company);
inline bool is_quiet(Company& company) {
  return what_is_under_way(company).empty();
}
std::uint64_t numbers_given(const Box& box);  ///< of custody

/// One line for each thing that is not as it has to be. `given_up`: numbers of the primary's of which an administrator took
/// recipients away.
std::vector<std::string> unequal_ledgers(Company& company, const std::set<std::uint64_t>& given_up = {});

/// Everything that both stores hold, as one digest.
std::string fingerprint(Company& company);

}  // namespace understudy::sim
