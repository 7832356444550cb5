#include "routing/mx.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>

namespace understudy::routing {
namespace {

/// "10.0.0.1" in an MX record names no host (RFC 5321 §5.1 wants a name), yet a resolver would take it for an address.
bool looks_numeric(std::string_view host) {
  const auto last = host.substr(host.rfind('.') + 1);  // npos + 1 is 0: the whole
  return std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_root(std::string_view host) {
  return host.empty() || host == ".";
}

bool is_ours(std::string_view host, std::span<const std::string> ours) {
  return std::ranges::find(ours, host) != ours.end();
}

/// Fisher and Yates within each run of equal preference (§5.1: the load is spread over equals).
void shuffle_equals(std::vector<MxRecord>& records, base::Random& random) {
  for (auto run = records.begin(); run != records.end();) {
    const auto end = std::find_if(run, records.end(), [&](const MxRecord& r) { return r.preference != run->preference; });
    for (auto left = end - run; left > 1; --left)
      std::swap(run[left - 1], run[static_cast<std::ptrdiff_t>(random.number() % static_cast<std::uint64_t>(left))]);
    run = end;
  }
}

}  // namespace

MxChoice choose_mx(std::string_view domain, std::span<const MxRecord> records, std::span<const std::string> ours,
                   std::size_t limit, base::Random& random) {
  if (records.empty()) {
    if (is_ours(domain, ours)) return {MxChoice::Kind::none_left, {}};
    return {MxChoice::Kind::hosts, {std::string(domain)}, {0}};
  }
  if (std::ranges::all_of(records, [](const MxRecord& r) { return is_root(r.host); })) return {MxChoice::Kind::null_mx, {}};

  std::optional<std::uint16_t> own;  // the best preference under which we are listed
  for (const MxRecord& r : records)
    if (is_ours(r.host, ours) && (!own || r.preference < *own)) own = r.preference;

  std::vector<MxRecord> usable;
  std::ranges::copy_if(records, std::back_inserter(usable), [&](const MxRecord& r) {
    return !is_root(r.host) && !looks_numeric(r.host) && (!own || r.preference < *own);
  });
  std::ranges::stable_sort(usable, {}, &MxRecord::preference);
  shuffle_equals(usable, random);

  MxChoice choice;
  std::unordered_set<std::string_view> seen;
  for (const MxRecord& r : usable) {
    if (choice.hosts.size() == limit) break;
    if (!seen.insert(r.host).second) continue;
    choice.hosts.push_back(r.host);
    choice.preferences.push_back(r.preference);
  }
  if (choice.hosts.empty()) choice.kind = MxChoice::Kind::none_left;
  return choice;
}

MxChoice without_ourselves(MxChoice choice, std::span<const Leads> leads) {
  const auto ours = std::ranges::find(leads, Leads::to_ourselves);
  if (ours == leads.end()) return choice;
  // Equals of ours were shuffled: some may stand before us in the list.
  const auto own = choice.preferences[static_cast<std::size_t>(ours - leads.begin())];
  const auto better = std::ranges::lower_bound(choice.preferences, own) - choice.preferences.begin();
  choice.hosts.resize(static_cast<std::size_t>(better));
  choice.preferences.resize(choice.hosts.size());
  if (choice.hosts.empty()) choice.kind = MxChoice::Kind::none_left;
  return choice;
}

std::vector<std::size_t> by_turns(std::span<const AddressFamily> addresses, std::size_t limit) {
  std::vector<std::size_t> first, other;  // of the family that comes first, and of the other one
  for (std::size_t i = 0; i < addresses.size(); ++i) (addresses[i] == addresses[0] ? first : other).push_back(i);
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < addresses.size() && out.size() < limit; ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < other.size() && out.size() < limit) out.push_back(other[i]);
  }
  return out;
}

}  // namespace understudy::routing
