/// Random commits on a store, and the model that says what must be there afterwards: exactly, or after a crash one of the
/// states since the last one that was acknowledged.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "archive/store/store.hpp"

namespace understudy::test {

class StoreWorkload {
 public:
  explicit StoreWorkload(std::uint64_t seed) : draw_(seed), seed_(seed) {}

  /// One random commit, with bodies. `told`: whether anybody could still hear the answer; where not, it counts as unknown.
  base::Result<> step(
      archive::store::Store& store, const std::function<bool()>& told = [] { return true; });
  /// Empty, or the first difference between the store and the newest state.
  std::string check(archive::store::Store& store) const;
  /// As check(), against each state that a crash may have left; goes on from the one found.
  std::string check_after_crash(archive::store::Store& store);
  /// As check_after_crash(), for an engine that commits shard by shard: each shard is in one of the states that a crash may
  /// have left, and none is beyond a lost batch of the journal.
  std::string check_shards_after_crash(archive::store::Store& store);
  /// As check_after_crash(), where damage may make reads fail: nothing that is read may be wrong.
  std::string check_damaged(archive::store::Store& store) const;
  std::uint64_t seed() const { return seed_; }

 private:
  struct Body {
    archive::store::BodyRef ref;
    std::uint64_t seed = 0;
    std::set<archive::store::Shard> holders;
  };
  using Place = std::tuple<archive::store::Shard, archive::store::Table, std::string>;
  struct State {
    std::map<Place, std::string> records;
    std::vector<Body> bodies;
  };

  std::uint64_t pick(std::uint64_t below) { return draw_() % below; }
  archive::store::Batch random_batch(State& state);
  void random_operation(archive::store::Batch& batch, State& state);
  base::Result<> new_body(archive::store::Store& store, archive::store::Batch& batch, State& state);
  void share_body(archive::store::Batch& batch, State& state);
  void drop_body(archive::store::Batch& batch, State& state);
  base::Result<> abandon_body(archive::store::Store& store);
  static std::string octets_of(const Body& body);
  static std::string compare_records(const archive::store::Store& store, const State& state);
  static std::string compare_records(const archive::store::Store& store, const State& state, archive::store::Shard shard);
  State merge(const std::map<archive::store::Shard, std::size_t>& found) const;
  enum class Bodies { held, all };
  static std::string compare_bodies(const archive::store::Store& store, const State& state, Bodies which);

  std::mt19937_64 draw_;
  std::uint64_t seed_;
  std::uint64_t steps_ = 0;
  std::vector<State> states_{State{}};  ///< [0]: acknowledged; the others may be there or not
};

}  // namespace understudy::test
