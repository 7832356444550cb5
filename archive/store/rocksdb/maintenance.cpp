#include "archive/store/rocksdb/maintenance.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include <malloc.h>

#include "archive/store/rocksdb/status.hpp"
#include "base/background.hpp"
#include "base/log.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::chrono::milliseconds between_rounds{500};
constexpr std::uint32_t rounds_of_patience = 600;  // five minutes
constexpr std::chrono::seconds after_trouble{30};  // a medium that is full is not told twice a second
constexpr std::uint64_t collected_in_a_second = 32u << 20;
constexpr std::uint32_t rounds_between_sweeps = 120;  // a minute
constexpr std::uint32_t rounds_before_trim = 6;       // so that a short rest costs nothing

/// Where there is no memory to say so either, the thread goes on without.
void tell(const base::Error& error) {
  try {
    base::log::warn("store.maintenance", {{"why", error.text()}});
  } catch (const std::exception&) {
  }
}

}  // namespace

Maintenance::Maintenance(RocksCore& core, CommitQueue& queue)
    : core_(core),
      queue_(queue),
      throttle_(collected_in_a_second),
      collector_(core, queue, [this](std::uint64_t octets) { return wait(throttle_.wait_after(octets)); }),
      dictionaries_(core, queue),
      flushed_(core.flushed) {}

Maintenance::~Maintenance() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Maintenance::start() {
  if (core_.engine_options.background == Background::runs) thread_ = std::thread([this] { run(); });
}

bool Maintenance::wait(std::chrono::microseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return ending_; });
}

void Maintenance::run() {
  base::become_background("maintenance");
  while (wait(between_rounds)) {
    if (core_.stopped) return;
    auto done = run_once();
    if (done) continue;
    tell(done.error());
    if (!wait(after_trouble)) return;
  }
}

base::Result<> Maintenance::run_once() {
  try {
    return round();
  } catch (const std::exception& thrown) {
    return base::fail(thrown.what(), base::errc::busy);
  }
}

base::Result<> Maintenance::round() {
  auto flushed = flush_if_due();
  if (!flushed) return flushed;
  auto swept = sweep_if_due();
  if (!swept) return swept;
  const bool quiet = is_quiet();
  if (quiet) {
    auto trained = dictionaries_.run_once();
    if (!trained) return trained;
  }
  if (rounds_quiet_ == rounds_before_trim) static_cast<void>(::malloc_trim(0));  // what merging took, above all
  const bool idle = rounds_quiet_ >= core_.engine_options.idle_rounds;
  return collector_.run_once(flushed_, idle ? Collector::Least::quarter : Collector::Least::half);
}

/// Training takes a processor for a second: it waits for one in which nothing was stored, but not for ever.
bool Maintenance::is_quiet() {
  const std::uint64_t bodies = core_.bodies_made;
  const bool quiet = std::exchange(bodies_before_, bodies) == bodies;
  rounds_not_quiet_ = quiet ? 0 : rounds_not_quiet_ + 1;
  rounds_quiet_ = quiet ? rounds_quiet_ + 1 : 0;
  return quiet || core_.engine_options.background == Background::only_when_told ||
         rounds_not_quiet_ % rounds_of_patience == rounds_of_patience - 1;
}

/// What a start would have to do again: it applies the commits, and reads and hashes the blocks between them too.
base::Result<> Maintenance::flush_if_due() {
  const std::uint64_t commits = core_.log->commit_octets();
  const std::uint64_t log = core_.replayed_octets + commits + core_.log->block_octets();
  if (commits - flushed_commits_ < core_.engine_options.replay_octets &&
      log - flushed_log_ < core_.engine_options.replay_log_octets)
    return {};
  auto value = core_.get_own(std::string(keys::commits));
  if (!value) return std::unexpected(value.error());
  const auto status = core_.db->Flush(rocksdb::FlushOptions(), core_.families);
  if (!status.ok()) return fail("store: flush", status);
  flushed_commits_ = commits;
  flushed_log_ = log;
  if (!*value) return {};
  auto last = values::last_commit_from(**value);
  if (!last) return std::unexpected(last.error());
  flushed_ = last->place;
  return {};
}

base::Result<std::uint64_t> Maintenance::sweep() {
  std::uint64_t freed = 0;
  CommitRequest request{{}, Sync::now};
  request.own = [&freed](GroupWriter& writer) -> base::Result<> {
    auto done = writer.sweep();
    if (!done) return std::unexpected(done.error());
    freed = *done;
    return {};
  };
  auto done = queue_.run(request);
  if (!done) return base::fail("store.sweep", done.error());
  return freed;
}

/// Looking costs a seek; only where somebody freed what another had pinned there is something to commit.
base::Result<> Maintenance::sweep_if_due() {
  if (++rounds_since_sweep_ < rounds_between_sweeps) return {};
  rounds_since_sweep_ = 0;
  const OwnKeys orphans(core_, keys::orphans_prefix());
  if (!orphans.valid()) return orphans.status();
  auto swept = sweep();
  if (!swept) return std::unexpected(swept.error());
  return {};
}

}  // namespace understudy::archive::store
