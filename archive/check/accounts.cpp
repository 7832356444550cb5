#include "archive/check/accounts.hpp"

#include <map>
#include <optional>

#include "archive/check/entries.hpp"
#include "archive/check/tables.hpp"
#include "archive/check/walk.hpp"
#include "archive/directory/account.hpp"
#include "archive/directory/live.hpp"
#include "archive/journal/reader.hpp"
#include "archive/keys/destroyed.hpp"
#include "base/codec.hpp"

namespace understudy::archive::check {
namespace {

using directory::AccountRecord;
using mailbox::AccountNumber;
using store::Table;

constexpr store::Shard directory_shard{store::ShardKind::directory, 0}, instance_shard{store::ShardKind::instance, 0};
constexpr std::size_t made_key_octets = 32;
constexpr std::size_t life_octets = 1 + 1 + 32;  ///< version, length, hexadecimal digits

class DirectoryCheck {
 public:
  DirectoryCheck(const store::Reader& reader, Findings& findings, const GoOn& go_on)
      : reader_(reader), findings_(findings), walk_(reader, go_on) {}

  base::Result<> check() {
    walk_.each(directory_shard, Table::directory_log, [this](auto key, auto value) { log(key, value); });
    walk_.each(directory_shard, Table::accounts, [this](auto key, auto value) { account(key, value); });
    for (const auto& [name, record] : records_)
      fault("account " + name + ": is not there any more; the directory's log has it");
    walk_.each(directory_shard, Table::directory_state, [this](auto key, auto value) { state(key, value); });
    if (version_ > 0 && !numbers_) fault("table directory_state: its numbers are missing");
    for (const auto& [partition, index] : removed_)
      fault("table directory_state: where journal " + std::to_string(partition) +
            " was when an account was removed is missing: " + std::to_string(index));
    for (const auto& name : seeds_)
      fault("table directory_state: that account " + name + " of the configuration was seen is missing");
    walk_.each(directory_shard, Table::creations, [this](auto key, auto value) { creations(key, value); });
    if (!made_.empty())
      for (const auto day = made_.rbegin()->first.first; const auto& [key, count] : made_)
        if (key.first == day)
          fault("table creations: mailboxes that mail made in " + key.second + " on day " + std::to_string(day) +
                " are not counted");
    if (walk_.stopped()) return base::fail("check of the store", base::errc::shutting_down);
    return {};
  }

 private:
  void fault(const std::string& what) { findings_.add("the directory, " + what); }

  // --- the log ----------------------------------------------------------------------------------------------------------

  void log(std::string_view key, std::string_view value) {
    const auto version = base::Reader(key).u64();
    if (key.size() != 8 || version != version_ + 1)
      fault("table directory_log: what stood between " + std::to_string(version_) + " and " + std::to_string(version) +
            " is missing");
    version_ = version;
    base::Reader in(value);
    const bool known = in.u8() == 1;
    const std::string name(in.text());
    const auto kind = in.u8();
    const std::string octets(kind == 1 ? in.text() : std::string_view());
    std::optional<Position> removed;
    if (kind == 0 && !in.at_end()) removed = Position::decode(in);
    if (kind == 3) went_on_ = std::max(went_on_, in.u64());
    if (!known || !in.ok() || !in.at_end() || kind > 3)
      return fault("table directory_log: record " + std::to_string(version) + ": is not understood");
    if (kind == 2) seeds_.insert(name);
    if (kind == 0) records_.erase(name);
    if (removed) removed_[removed->partition] = removed->index;
    if (kind == 1) record(version, name, octets);
  }

  void record(std::uint64_t version, const std::string& name, const std::string& octets) {
    records_[name] = octets;
    const auto read = AccountRecord::decode(octets);
    if (!read || read->name != name)
      return fault("table directory_log: record " + std::to_string(version) + ": is not the record of " + name);
    if (!known_.insert(read->number).second) return;
    if (read->made_by != directory::MadeBy::mail) return;
    const auto at = name.rfind('@');
    made_[{directory::Live::day_of(read->made), at == std::string::npos ? std::string() : name.substr(at + 1)}] += 1;
  }

  // --- what follows from it ---------------------------------------------------------------------------------------------

  void account(std::string_view key, std::string_view value) {
    const std::string name(key);
    const auto found = records_.find(name);
    if (found == records_.end()) return fault("account " + base::escape(name) + ": the directory's log does not have it");
    if (found->second != value) fault("account " + name + ": is not what the directory's log says");
    records_.erase(found);
  }

  void state(std::string_view key, std::string_view value) {
    const std::string where = "table directory_state: record " + base::escape(key) + ": ";
    if (key.starts_with('s')) {
      if (value != std::string_view("\1")) fault(where + "is not understood");
      seeds_.erase(std::string(key.substr(1)));
      return;
    }
    base::Reader in(value);
    const bool known = in.u8() == 1;
    const auto number = in.u64();
    if (key == "n") {
      const auto next_account = in.u64();
      if (!known || !in.ok() || !in.at_end()) return fault(where + "is not understood");
      numbers_ = true;
      if (number != version_)
        fault("table directory_log: it ends at " + std::to_string(version_) + ", and directory_state says " +
              std::to_string(number));
      return last_account(next_account);
    }
    if (key.size() != 1 + 2 || key.front() != 'a' || !known || !in.ok() || !in.at_end())
      return fault(where + "is not understood");
    const auto partition = base::Reader(key.substr(1)).u16();
    const auto end = journal::end_of_log(reader_, partition);
    if (end && number > *end) fault(where + "is beyond the end of the journal");
    if (const auto last = removed_.find(partition); last != removed_.end() && last->second != number)
      fault(where + "is not where the journal was when the last account was removed");
    removed_.erase(partition);
  }

  /// Numbers are given in order; one that the ring of keys knows is passed over.
  void last_account(AccountNumber next) {
    const AccountNumber after = std::max(went_on_, known_.empty() ? 1 : *known_.rbegin() + 1);
    bool fits = next >= after;
    for (auto number = after; fits && number < next; ++number)
      fits = reader_.keys() && reader_.keys()->knows({store::ShardKind::account, number});
    if (!fits)
      fault("table directory_state: the next account is number " + std::to_string(next) + ", and by the log " +
            std::to_string(after));
  }

  void creations(std::string_view key, std::string_view value) {
    base::Reader name(key), in(value);
    const std::int64_t day = name.u32();
    const std::string domain(name.rest());
    const bool known = in.u8() == 1;
    const auto count = in.u32();
    const auto found = made_.find({day, domain});
    if (!known || !in.ok() || !in.at_end() || found == made_.end() || found->second != count)
      fault("table creations: record " + base::to_hex(key) + ": is not what the directory's log says");
    if (found != made_.end()) made_.erase(found);
  }

  const store::Reader& reader_;
  Findings& findings_;
  Walk walk_;
  std::map<std::string, std::string> records_;  ///< by the log, as it is at its end
  std::set<AccountNumber> known_;               ///< that were ever given
  AccountNumber went_on_ = 0;                   ///< from here on, since the store was put back from an older copy
  std::set<std::string> seeds_;
  std::map<std::uint16_t, std::uint64_t> removed_;
  std::map<std::pair<std::int64_t, std::string>, std::uint32_t> made_;  ///< by mail: day, domain
  std::uint64_t version_ = 0;
  bool numbers_ = false;
};

void instance(const store::Reader& reader, Findings& findings) {
  bool role = false, key = false, any = false;
  each_record(
      reader, instance_shard, Table::instance_state,
      [&](std::string_view name, std::string_view value) {
        any = any || name != "numbers-life";  // which is the archive's own, the others are of who serves it
        const bool is_role = name == "role", is_key = name == "made-key" || name == "peer-made-key";
        role = role || is_role;
        key = key || name == "made-key";
        const bool is_life = name == "numbers-life" && value.size() == life_octets && value[0] == 1;
        const bool fits = is_role ? value.size() == 2 && value[0] == 1 && value[1] >= 1 && value[1] <= 3
                                  : is_life || (is_key && value.size() == made_key_octets);
        if (!fits) findings.add("the instance, table instance_state: record " + base::escape(name) + ": is not understood");
        return true;
      },
      [](const Gap&) {});  // told where tables are read
  if (any && !role) findings.add("the instance, table instance_state: its role is missing");
  if (any && !key) findings.add("the instance, table instance_state: its key of Message-IDs is missing");
}

/// A key is destroyed after the journal has told of it, and no other way.
void tombstones(const store::Reader& reader, const ToldOfAccounts& told, Findings& findings) {
  if (!reader.keys()) return;
  for (const auto& shard : reader.keys()->tombstones()) {
    if (shard.kind == store::ShardKind::account && told.destroyed.contains(shard.id)) continue;
    const std::string whose =
        shard.kind == store::ShardKind::account ? "account " + std::to_string(shard.id) : name_of(shard, {});
    findings.add("the key of " + whose + " was destroyed, and no entry of the journal tells of it" +
                 (told.unreadable > 0 ? ", as far as it can be read" : ""));
  }
}

}  // namespace

base::Result<> accounts(const store::Reader& reader, const ToldOfAccounts& told, Findings& findings, const GoOn& go_on) {
  instance(reader, findings);
  tombstones(reader, told, findings);
  if (keys::is_destroyed(reader, directory_shard)) return {};
  return DirectoryCheck(reader, findings, go_on).check();
}

}  // namespace understudy::archive::check
