#include "archive/check/arrivals.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "archive/check/entries.hpp"
#include "archive/check/place_sums.hpp"
#include "archive/check/walk.hpp"
#include "archive/commit/outgoing.hpp"
#include "archive/custody/owed.hpp"
#include "archive/custody/received.hpp"
#include "archive/endings/traces.hpp"
#include "archive/journal/destruction.hpp"
#include "archive/journal/heads.hpp"
#include "archive/journal/owner.hpp"
#include "archive/journal/places.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/scan.hpp"
#include "base/codec.hpp"
#include "base/random.hpp"

namespace understudy::archive::check {
namespace {

using custody::Names;
using store::Table;

base::WallTime time_from(std::uint64_t milliseconds) {
  return base::WallTime(std::chrono::milliseconds(milliseconds));
}

std::uint64_t milliseconds(base::WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

/// What `places` has of a place: its value tells whether its name is keyed.
std::string place_value(const journal::Entry& entry, std::uint8_t version) {
  base::Writer out(version);
  entry.position.encode(out);
  return out.u64(milliseconds(entry.time)).take();
}
constexpr std::uint8_t plain_place = 1, keyed_place = 2;

/// All that the entry has filled, by the plain keys of `places`.
std::vector<base::Digest> places_of(const journal::Entry& entry) {
  std::vector<base::Digest> keys;
  const auto add = [&](std::string_view place) {
    keys.push_back(journal::Places::plain_key(entry.envelope.reverse_path, entry.facts.received, place));
  };
  for (std::size_t i = 0; i < entry.plan.recipients.size(); ++i)
    for (const auto& place : journal::places_of(entry.plan.recipients[i], entry.envelope.recipients[i].forward_path))
      add(place);
  if (entry.plan.sent) add(journal::place_of(*entry.plan.sent));
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  return keys;
}

class ArrivalCheck {
 public:
  ArrivalCheck(const store::Reader& reader, std::uint16_t partition, base::WallTime now, Findings& findings,
               ToldOfAccounts& told, FiledAs& filed_as, const GoOn& go_on)
      : reader_(reader),
        partition_(partition),
        now_(now),
        findings_(findings),
        told_(told),
        filed_as_(filed_as),
        walk_(reader, go_on),
        entries_(reader) {}

  base::Result<> check() {
    if (const auto key = reader_.keys() ? reader_.keys()->find(shard()) : base::fail("no keys", base::errc::no_key))
      secret_ = journal::Places::secret_of(*key);
    auto numbers = journal::read_numbers(reader_, partition_);
    if (!numbers) return {};  // told where the journal is verified
    size_ = numbers->frontier.size();
    sums_ = PlaceSums(size_, base::SystemRandom().octets(sizeof(base::Digest)));
    look_at_places();
    filed_as_.expect(partition_, size_);
    journal::Scan scan(reader_, partition_);
    for (std::uint64_t index = 0; index < size_; ++index) {
      entry(told_by(scan.sealed(index)), index);
      if (!walk_.goes_on()) return base::fail("check of the store", base::errc::shutting_down);
    }
    look_for_strange_places();
    told_destructions();
    strange_names();
    if (walk_.stopped()) return base::fail("check of the store", base::errc::shutting_down);
    return {};
  }

 private:
  store::Shard shard() const { return custody::shard_of(partition_); }
  void fault(Position position, const std::string& what) { findings_.add("entry " + position.text() + ": " + what); }

  // --- from the entry to what is remembered of it ------------------------------------------------------------------------

  void entry(const Told& told, std::uint64_t index) {
    if (told.state == Told::State::unreadable || told.state == Told::State::absent) told_.unreadable += 1;
    if (told.state != Told::State::there) return;
    const auto& entry = *told.entry;
    if (entry.destruction) told_.destroyed.insert(entry.destruction->account);
    if (entry.key_change) key(entry, index);
    if (!entry.brings_message()) return;
    filed_as_.note(entry);
    if (may_have_places(entry)) filled(entry);
    if (!entry.made.empty()) made(entry);
    if (entry.custody) came(told);
    if (entry.owed) leaves(told);
  }

  void key(const journal::Entry& entry, std::uint64_t index) {
    const auto kept = reader_.get(shard(), Table::journal_state, journal::key_record_key(index));
    if (kept && (!*kept || **kept != entry.key_change->key.view()))
      fault(entry.position, "the key that it tells of is not kept");
  }

  bool may_have_places(const journal::Entry& entry) const {
    return entry.brings_message() && oldest_place_ && entry.time >= *oldest_place_;
  }

  /// As names are made now: older ones, and those that were given up, are looked for where the sums differ.
  void filled(const journal::Entry& entry) {
    const auto value = place_value(entry, secret_ ? keyed_place : plain_place);
    for (const auto& plain : places_of(entry)) {
      const auto key = secret_ ? base::hmac_sha256(secret_->view(), base::view(plain)) : plain;
      sums_.filled(entry.position.index, base::view(key), value);
    }
  }

  /// How many places of the entry there are.
  std::uint64_t count_filled(const journal::Entry& entry) const {
    std::uint64_t found = 0;
    const auto count = [&](const base::Digest& key, std::uint8_t version) {
      const auto place = reader_.get(shard(), Table::places, base::view(key));
      if (place && *place && **place == place_value(entry, version)) found += 1;
    };
    for (const auto& key : places_of(entry)) {
      count(key, plain_place);
      if (secret_) count(base::hmac_sha256(secret_->view(), base::view(key)), keyed_place);
    }
    return found;
  }

  /// Is there a place of the entry under this key, with this value?
  bool has_filled(const journal::Entry& entry, const base::Digest& key, std::string_view value) const {
    const auto keys = places_of(entry);
    if (value == place_value(entry, plain_place)) return std::ranges::binary_search(keys, key);
    return secret_ && value == place_value(entry, keyed_place) && std::ranges::any_of(keys, [&](const base::Digest& plain) {
             return base::hmac_sha256(secret_->view(), base::view(plain)) == key;
           });
  }

  void made(const journal::Entry& entry) {
    made_.push_back(hash_of(entry.made));
    const auto value = reader_.get(shard(), Table::made, entry.made);
    if (!value) return;
    const auto encoded = base::Writer(1).raw(base::view(entry.facts.handed)).u64(milliseconds(entry.time)).take();
    if (*value ? !as_written(**value, encoded) : now_ - entry.time < journal::Owner::made_kept)
      fault(entry.position, *value ? "was made here, and table made has another message under its name"
                                   : "was made here, and its name is missing in table made");
  }

  void came(const Told& told) {
    const auto& entry = *told.entry;
    const auto records = custody::read_received(reader_, partition_, *entry.custody);
    if (!records) return;  // told where that table is read
    Names recipients, places;
    bool here = false;
    for (const auto& record : *records) {
      if (record.position != entry.position) continue;
      here = true;
      std::ranges::copy(record.recipients, std::back_inserter(recipients));
      std::ranges::copy(record.places, std::back_inserter(places));
    }
    const std::string number = "custody number " + std::to_string(entry.custody->number);
    if (!here) return fault(entry.position, "came under " + number + ", and table received does not say so");
    const auto missing = custody::without(names_of(entry), custody::sorted(std::move(recipients)));
    if (!missing.empty()) fault(entry.position, "came under " + number + ", and table received lacks recipients of it");
    if (!custody::without(filled_by(entry), custody::sorted(std::move(places))).empty())
      fault(entry.position, "came under " + number + ", and table received lacks places that it filled");
  }

  static Names names_of(const journal::Entry& entry) {
    Names names;
    for (std::uint32_t i = 0; i < entry.envelope.recipients.size(); ++i)
      if (endings::is_readable(entry, i)) names.push_back(endings::name_from(entry, i));
    return custody::sorted(std::move(names));
  }

  static Names filled_by(const journal::Entry& entry) {
    Names names;
    for (std::size_t i = 0; i < entry.plan.recipients.size(); ++i)
      for (const auto& place : journal::places_of(entry.plan.recipients[i], entry.envelope.recipients[i].forward_path))
        names.push_back(custody::place_name(place));
    if (entry.plan.sent) names.push_back(custody::place_name(journal::place_of(*entry.plan.sent)));
    return custody::sorted(std::move(names));
  }

  void leaves(const Told& told) {
    const auto& entry = *told.entry;
    auto number = *entry.owed;
    const auto count = told.whole() ? std::max<std::size_t>(1, commit::owed_of(entry).size()) : 1;
    for (std::size_t i = 0; i < count; ++i, ++number.number) {
      const auto owed = custody::find_owed(reader_, number);
      if (owed && (!*owed || (*owed)->position != entry.position))
        fault(entry.position,
              "leaves under custody number " + std::to_string(number.number) + ", and table owed does not say so");
    }
  }

  // --- from what is remembered to the entry ------------------------------------------------------------------------------

  /// Of a record of `places` that says so.
  struct Place {
    Position position;
    base::WallTime time{};
    bool has_time = false, understood = false;
  };

  Place place_from(std::string_view key, std::string_view value) const {
    base::Reader in(value);
    Place place;
    in.u8();
    place.position = Position::decode(in);
    place.time = time_from(in.u64());
    place.understood = in.ok() && in.at_end() && place.position.partition == partition_ && key.size() == sizeof(base::Digest);
    place.has_time = in.ok();
    return place;
  }

  void look_at_places() {
    walk_.each(shard(), Table::places, [this](std::string_view key, std::string_view value) {
      const auto place = place_from(key, value);
      if (place.has_time && (!oldest_place_ || place.time < *oldest_place_)) oldest_place_ = place.time;
      if (place.understood && place.position.index < size_)
        sums_.stored(place.position.index, key, value);
      else
        stray_places_ = true;
    });
  }

  /// Where there are others than the entries have filled: which?
  void look_for_strange_places() {
    std::set<std::uint64_t> strange;
    for (std::uint64_t group = 0; group < sums_.groups() && !walk_.stopped(); ++group)
      if (!sums_.agrees(group) && count_filled_by(group) != sums_.records(group)) strange.insert(group);
    if (!walk_.stopped() && (stray_places_ || !strange.empty())) strange_places(strange);
  }

  std::uint64_t count_filled_by(std::uint64_t group) {
    std::uint64_t found = 0;
    journal::Scan scan(reader_, partition_);
    auto index = group * PlaceSums::entries_of_group;
    for (const auto end = std::min(index + PlaceSums::entries_of_group, size_); index < end && walk_.goes_on(); ++index)
      if (const auto told = told_by(scan.sealed(index)); told.entry && may_have_places(*told.entry))
        found += count_filled(*told.entry);
    return found;
  }

  /// `groups`: of entries to which others belong than these have filled.
  void strange_places(const std::set<std::uint64_t>& groups) {
    walk_.each(shard(), Table::places, [&](std::string_view key, std::string_view value) {
      const std::string where = "table places: record " + base::to_hex(key) + ": ";
      const auto place = place_from(key, value);
      const auto position = place.position;
      if (!place.understood) return findings_.add(where + "is not understood");
      if (position.index < size_ && !groups.contains(position.index / PlaceSums::entries_of_group)) return;
      const auto& told = entries_.at(position);
      if (told.state == Told::State::unreadable) return;
      const std::string entry = "entry " + position.text();
      if (told.state == Told::State::absent) return findings_.add(where + "the journal has no " + entry);
      if (told.state == Told::State::ended) return findings_.add(where + entry + " has ended, and this has not");
      const bool known = has_filled(*told.entry, base::digest_from(key), value);
      if (!known && told.parts != Told::Parts::some_unreadable)
        findings_.add(where + "is no place that " + entry + " has filled");
    });
  }

  void told_destructions() {
    const auto told = journal::told_destructions(reader_, partition_);
    if (!told) return findings_.add("table journal_state: which keys were destroyed cannot be read: " + told.error().text());
    for (const auto& each : *told) {
      const auto& by = entries_.at({partition_, each.index});
      const bool tells = by.entry && by.entry->destruction && by.entry->destruction->account == each.account;
      if (by.state != Told::State::unreadable && !tells)
        findings_.add("table journal_state: entry " + Position{partition_, each.index}.text() +
                      " does not tell that the key of account " + std::to_string(each.account) + " was destroyed");
    }
  }

  void strange_names() {
    std::ranges::sort(made_);
    walk_.each(shard(), Table::made, [this](std::string_view key, std::string_view value) {
      base::Reader in(value);
      in.raw(1 + sizeof(base::Digest));
      if (!in.ok())
        findings_.add("table made: record " + base::escape(key) + ": is not understood");
      else if (told_.unreadable == 0 && !std::ranges::binary_search(made_, hash_of(key)))
        findings_.add("table made: record " + base::escape(key) + ": no entry made a message of this name");
    });
  }

  static std::uint64_t hash_of(std::string_view name) {
    const auto digest = base::sha256(name);
    return base::Reader(base::view(digest)).u64();
  }

  const store::Reader& reader_;
  std::uint16_t partition_;
  base::WallTime now_;
  Findings& findings_;
  ToldOfAccounts& told_;
  FiledAs& filed_as_;
  Walk walk_;
  Entries entries_;
  std::uint64_t size_ = 0;  ///< of the journal
  PlaceSums sums_{0, {}};
  bool stray_places_ = false;  ///< there are records of no entry
  std::optional<base::WallTime> oldest_place_;
  std::optional<base::SecretKey> secret_;  ///< under which names of places are keyed, where the store encrypts
  std::vector<std::uint64_t> made_;        ///< of the names that entries have made: not the names, there may be millions
};

}  // namespace

base::Result<> arrivals(const store::Reader& reader, std::uint16_t partition, base::WallTime now, Findings& findings,
                        ToldOfAccounts& told, FiledAs& filed_as, const GoOn& go_on) {
  return ArrivalCheck(reader, partition, now, findings, told, filed_as, go_on).check();
}

}  // namespace understudy::archive::check
