/// Values under keys that mostly grow from one question to the next: given by a cursor as long as it goes along with them, so
/// that each costs a step, not a look-up, and each block of the medium is read once. Reads only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "archive/store/store.hpp"
#include "base/result.hpp"

namespace understudy::archive::check {

class InStep {  // one thread
 public:
  InStep(const store::Reader& reader, store::Shard shard, store::Table table) : reader_(reader), shard_(shard), table_(table) {}

  /// As store::Reader::get(): what the cursor does not give is asked for alone, so that nothing is missing, or damaged, because
  /// of what lies before it.
  base::Result<std::optional<std::string>> get(std::string_view key) {
    if (cursor_ && leads_to(key)) {
      tries_ = most_tries;
      return std::string(cursor_->value());
    }
    auto value = reader_.get(shard_, table_, key);
    if (!value || !*value || tries_ == 0) return value;
    tries_ -= 1;
    cursor_ = reader_.scan(shard_, table_, key);
    return value;
  }

 private:
  static constexpr int most_steps = 8;  ///< over keys that nobody asks for
  static constexpr int most_tries = 8;  ///< to set the cursor anew, one after the other: then these keys do not grow

  bool leads_to(std::string_view key) {
    for (int i = 0; i < most_steps && cursor_->valid() && cursor_->key() < key; ++i) cursor_->next();
    return cursor_->valid() && cursor_->key() == key;
  }

  const store::Reader& reader_;
  store::Shard shard_;
  store::Table table_;
  std::unique_ptr<store::Cursor> cursor_;
  int tries_ = most_tries;
};

}  // namespace understudy::archive::check
