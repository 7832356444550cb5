/// The changes of one commit while they are gathered: many messages, many shards, one sync. What is staged is seen by who
/// stages after it, so that two messages for one mailbox get two UIDs though neither is durable yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/commit/undo_map.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::commit {

/// A record in the log of a shard, by its sequence number.
struct Logged {
  store::Shard shard;
  std::uint64_t sequence = 0;
  auto operator<=>(const Logged&) const = default;
};

/// One group; the committer's thread only. Dropped, it leaves nothing behind.
class Stage {
 public:
  explicit Stage(const store::Store& store) : store_(store) {}

  /// Into any table but a log.
  void put(store::Shard shard, store::Table table, std::string key, std::string value);
  void erase(store::Shard shard, store::Table table, std::string key);
  /// To the end of the shard's log: subscribers hear of it.
  void append(store::Shard shard, std::uint64_t sequence, std::string record);
  /// Writes over a record of the shard's log, which stays where it is: nobody who is beyond it hears of that, so who replaces
  /// also appends what tells of it. Of one that this group appends the append stays, with this record.
  void replace(store::Shard shard, std::uint64_t sequence, std::string record);
  /// Of hold and release of one body in one shard the last one counts. Who brings a new body holds it sealed, once.
  /// `under`: as store::Batch::hold().
  void hold(store::Shard shard, const store::SealedBody& body, std::vector<store::Shard> under = {});
  void hold(store::Shard shard, const store::BodyRef& body, std::vector<store::Shard> under = {});
  void release(store::Shard shard, const store::BodyRef& body);
  /// Under which keys this group has the shard hold the body; nullptr: it says nothing of that.
  const std::vector<store::Shard>* held_under(store::Shard shard, const store::BodyRef& body) const;
  /// What the member answers also promises a record that was logged before it: an answer that waits for the other machine
  /// waits for that record too. A resend writes nothing, and still says that the message is safe.
  void depend_on(Logged record);

  /// As store::Reader::keys().
  store::KeyRing* keys() const { return store_.keys(); }
  /// As store::Store::check_key().
  base::Result<> check_key(store::Shard shard) const { return store_.check_key(shard); }
  /// What the key will hold after this commit.
  base::Result<std::optional<std::string>> get(store::Shard shard, store::Table table, std::string_view key) const;
  /// get() of many keys of a table: from one to the next higher one it is a step, where get() looks each up. For as long as
  /// nothing is committed, and the stage is there.
  class Walk {
   public:
    Walk(const Stage& stage, store::Shard shard, store::Table table) : stage_(stage), shard_(shard), table_(table) {}
    base::Result<std::optional<std::string>> get(std::string_view key);
    /// As Stage::any().
    base::Result<bool> any(std::string_view prefix);

   private:
    void go_to(std::string_view key);

    const Stage& stage_;
    store::Shard shard_;
    store::Table table_;
    std::unique_ptr<store::Cursor> cursor_;
    std::string asked_;  ///< for last: what is before it the cursor has passed
  };
  /// Will any key with this prefix be there after this commit?
  base::Result<bool> any(store::Shard shard, store::Table table, std::string_view prefix) const;
  /// All keys with this prefix, as they will be after this commit. For tables of which little is under one prefix.
  base::Result<std::map<std::string, std::string>> records(store::Shard shard, store::Table table,
                                                           std::string_view prefix) const;
  /// The last key that is not behind `key`, with its value, as they will be after this commit; nullopt: none.
  using Record = std::pair<std::string, std::string>;
  base::Result<std::optional<Record>> last_before(store::Shard shard, store::Table table, std::string_view key) const;
  /// Where anything is in the table, or was before this commit.
  base::Result<std::vector<store::Shard>> shards(store::Table table) const;
  /// Calls `each(key, value)` for what is staged in this table, in the order of the keys; nullopt: erased.
  template <class Each>
  base::Result<> each_staged(store::Shard shard, store::Table table, Each each) const {
    const std::string prefix = full_key(shard, table, {});
    const auto& staged = staged_.map();
    for (auto at = staged.lower_bound(prefix); at != staged.end() && at->first.starts_with(prefix); ++at)
      if (auto done = each(std::string_view(at->first).substr(prefix.size()), at->second.value); !done) return done;
    return {};
  }

  /// From here on everything belongs to one more member of the group, and roll_back() undoes it without the others.
  void savepoint();
  void roll_back();
  void drop();  ///< everything

  bool empty() const { return staged_.map().empty() && claims_.map().empty(); }
  std::size_t octets() const { return now_.octets; }  ///< of keys and values, for the group's limit
  /// In the order in which they must become durable: journal entries first, since the rest follows from them. Leaves nothing
  /// but what is depended on.
  std::vector<store::Batch> take();
  /// What members that were not taken back depend on: of each log the highest.
  std::vector<Logged> depended_on() const;
  /// errc::too_long: a key or a value that the store would refuse, and the whole group with it.
  base::Result<> fits() const;

 private:
  struct Claim {
    store::BodyRef body;
    enum class Kind : std::uint8_t { hold, release } kind = Kind::hold;
    std::vector<store::Shard> under = {};
  };
  struct Measure {
    std::size_t octets = 0;
    bool fits = true;
  };
  struct Staged {
    enum class Kind : std::uint8_t { put, append, erase } kind = Kind::put;  ///< replaced: a put
    std::optional<std::string> value;                                        ///< nullopt: erased
  };
  using ClaimKey = std::pair<store::Shard, store::BodyId>;

  void set(store::Shard shard, store::Table table, std::string_view key, Staged staged);
  static void write(store::Batch& batch, std::string_view full_key, Staged staged);
  static std::string full_key(store::Shard shard, store::Table table, std::string_view key);

  const store::Store& store_;
  UndoMap<std::string, Staged> staged_;               ///< by table, shard and key: the last word on each
  UndoMap<ClaimKey, Claim> claims_;                   ///< the last word on each
  UndoMap<store::BodyId, store::SealedBody> sealed_;  ///< to be carried by the first batch that holds them
  UndoMap<store::Shard, std::uint64_t> depended_;     ///< the highest sequence of each log
  Measure now_, before_;
};

}  // namespace understudy::archive::commit
