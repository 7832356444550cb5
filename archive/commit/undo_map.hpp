/// A map whose latest changes can be taken back: what a member of a group changed goes with it when it fails, and what the
/// members before it changed stays. Taking back costs as much as changing did, however large the map is.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

namespace understudy::archive::commit {

/// One thread. `Value` can be made of nothing.
template <class Key, class Value>
class UndoMap {
 public:
  using Map = std::map<Key, Value, std::less<>>;

  const Map& map() const { return map_; }

  void set(Key key, Value value) {
    auto [at, made] = map_.try_emplace(std::move(key));
    changes_.push_back({at, made ? std::nullopt : std::optional<Value>(std::move(at->second))});
    at->second = std::move(value);
  }
  /// Changes from here on are those that roll_back() takes back.
  void savepoint() { changes_.clear(); }
  void roll_back() {
    for (auto& change : std::views::reverse(changes_)) {
      if (change.before) {
        change.at->second = std::move(*change.before);
      } else {
        map_.erase(change.at);
      }
    }
    changes_.clear();
  }
  Map take() {
    changes_.clear();
    return std::exchange(map_, {});
  }
  void clear() { static_cast<void>(take()); }

 private:
  struct Change {
    typename Map::iterator at;
    std::optional<Value> before;  ///< none: it was not there
  };
  Map map_;
  std::vector<Change> changes_;
};

}  // namespace understudy::archive::commit
