/// Goes through the records of tables for who compares them with others, and asks now and then whether to go on. Reads only.
#pragma once

#include <cstdint>
#include <utility>

#include "archive/check/findings.hpp"
#include "archive/check/tables.hpp"

namespace understudy::archive::check {

class Walk {  // one thread
 public:
  Walk(const store::Reader& reader, const GoOn& go_on) : reader_(reader), go_on_(go_on) {}

  /// `take(key, value)` for each record that can be read, in order; nothing any more once it was stopped. What cannot be read
  /// is told where all tables are read.
  template <class Take>
  void each(store::Shard shard, store::Table table, Take take) {
    if (stopped_) return;
    each_record(
        reader_, shard, table,
        [&](std::string_view key, std::string_view value) {
          take(key, value);
          return goes_on();
        },
        [](const Gap&) {});
  }
  /// For who goes through something else, once for each; asks now and then.
  bool goes_on() {
    if (asked_++ % records_between_questions == 0 && go_on_ && !go_on_()) stopped_ = true;
    return !stopped_;
  }
  bool stopped() const { return stopped_; }

 private:
  static constexpr std::uint64_t records_between_questions = 256;

  const store::Reader& reader_;
  const GoOn& go_on_;
  std::uint64_t asked_ = 0;
  bool stopped_ = false;
};

}  // namespace understudy::archive::check
