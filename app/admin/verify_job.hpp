/// One verification of the journal at a time, on a thread of its own, so that mail goes on meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

#include "app/admin/request.hpp"
#include "archive/check/findings.hpp"
#include "archive/journal/verify.hpp"
#include "archive/store/store.hpp"
#include "base/clock.hpp"

namespace understudy::app {

class VerifyJob {  // all calls from one thread
 public:
  struct Verdict {
    archive::journal::Verdict journal;
    archive::check::Findings store;  ///< of all that is not journal; empty where only a part of the journal was asked for
  };

  VerifyJob(const archive::store::Store& store, const base::Clock& clock) : store_(store), clock_(clock) {}
  ~VerifyJob();  ///< stops it and waits

  /// Begins with the journal as it is now. The number by which progress() is asked. errc::busy: one is under way already.
  base::Result<std::uint64_t> start(const archive::journal::Extent& extent);
  /// {"done", "all", "finished"}, and once it has finished "entries", "depth" ("records": no
  /// body was looked at; "bodies"), "bodies" (how many were read), "octets", "heads", "records" and
  /// "messages" (of the rest of the store), "unreadable", "root" and "faults" (or "error").
  /// Whoever does not ask for `patience` is gone, and the work is stopped.
  AdminAnswer progress(std::uint64_t number);

  static constexpr auto patience = std::chrono::minutes(1);

 private:
  void run(std::shared_ptr<const archive::store::Snapshot> snapshot, archive::journal::Extent extent);

  const archive::store::Store& store_;
  const base::Clock& clock_;
  std::uint64_t number_ = 0;
  archive::journal::Depth depth_ = archive::journal::Depth::records;  ///< of the last one
  std::atomic<bool> stop_{false};
  std::atomic<bool> finished_{true};
  std::atomic<std::uint64_t> done_{0}, all_{0};
  std::atomic<std::int64_t> asked_{0};  ///< steady milliseconds of the last question
  std::mutex mutex_;
  std::optional<base::Result<Verdict>> verdict_;  ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace understudy::app
