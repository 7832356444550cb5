/// Changes to one shard that become durable together or not at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archive/store/body.hpp"
#include "archive/store/shard.hpp"

namespace understudy::archive::store {

/// Built by one thread, handed to Store::commit. Later operations on a key win over earlier ones.
class Batch {
 public:
  static constexpr std::size_t max_value = 64 * 1024;  ///< a larger value makes commit() refuse the whole call
  static constexpr std::size_t max_key = 1024;

  struct Operation {
    enum class Kind { put, erase, erase_range } kind;
    Table table;
    std::string key;
    std::string value;  ///< of erase_range: the first key that stays
  };

  explicit Batch(Shard shard) : shard_(shard) {}

  void put(Table table, std::string key, std::string value) {
    operations_.push_back({Operation::Kind::put, table, std::move(key), std::move(value)});
  }
  void erase(Table table, std::string key) { operations_.push_back({Operation::Kind::erase, table, std::move(key), {}}); }
  /// Keys from `from` up to, not including, `to`; an empty `to`: to the end of the table in this shard.
  void erase_range(Table table, std::string from, std::string to) {
    operations_.push_back({Operation::Kind::erase_range, table, std::move(from), std::move(to)});
  }
  /// Adds to the shard's own log, which subscribers read. Sequence numbers only grow; gaps are allowed.
  void append(std::uint64_t sequence, std::string record) {
    std::string key;
    base::put_be(key, sequence);
    logged_ = sequence;
    put(log_of(shard_.kind), std::move(key), std::move(record));
  }

  struct Held {
    BodyId body;
    std::vector<Shard> under;
  };

  /// From this batch on the shard needs the body: it is freed only when no shard holds it. Idempotent per (shard, body).
  /// `under`: whose keys open it for this holder, where the store encrypts; those that were destroyed are passed over. Where
  /// none is named or left it is the key of the shard that holds. A later hold of the same shard says it anew.
  void hold(const SealedBody& body, std::vector<Shard> under = {}) {
    held_.push_back({body.ref().id, std::move(under)});
    if (body.pending()) carried_.push_back(body);
  }
  void hold(const BodyRef& body, std::vector<Shard> under = {}) { held_.push_back({body.id, std::move(under)}); }
  /// This shard needs the body no longer. An engine that is not atomic over shards applies holds before and releases after.
  void release(const BodyRef& body) { released_.push_back(body); }

  Shard shard() const { return shard_; }
  const std::vector<Operation>& operations() const { return operations_; }
  const std::vector<Held>& held() const { return held_; }
  const std::vector<BodyRef>& released() const { return released_; }
  const std::vector<SealedBody>& carried() const { return carried_; }
  const std::optional<std::uint64_t>& logged() const { return logged_; }  ///< the sequence appended last
  bool empty() const { return operations_.empty() && held_.empty() && released_.empty(); }

 private:
  Shard shard_;
  std::vector<Operation> operations_;
  std::vector<Held> held_;
  std::vector<BodyRef> released_;
  std::vector<SealedBody> carried_;
  std::optional<std::uint64_t> logged_;
};

}  // namespace understudy::archive::store
