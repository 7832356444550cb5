#include "app/admin/verify_job.hpp"

#include <algorithm>
#include <future>
#include <limits>
#include <new>
#include <system_error>

#include "app/admin/handlers.hpp"
#include "archive/audit/verify.hpp"
#include "archive/check/whole.hpp"
#include "archive/journal/timestamp/kept.hpp"
#include "archive/witness/verify.hpp"
#include "base/background.hpp"

namespace understudy::app {
namespace {
constexpr auto last_index = std::numeric_limits<std::uint64_t>::max();

using Progress = std::function<bool(std::uint64_t, std::uint64_t)>;

bool is_whole(const archive::journal::Extent& extent) {
  return extent.log == archive::journal::Log(0) && extent.from == 0 && extent.to == last_index;
}

/// The journal of mail, and what others have said of it: the other machine, a time-stamping authority.
base::Result<archive::journal::Verdict> check_journal(const archive::store::Snapshot& snapshot,
                                                      const archive::journal::Extent& extent, const Progress& progress) {
  auto journal = archive::journal::verify(snapshot, snapshot, extent, progress);
  if (!journal) return journal;
  const auto countersignatures = archive::witness::verify(snapshot);
  const auto stamps = archive::journal::timestamp::verify(snapshot, extent.log.partition);
  for (const auto* faults : {&countersignatures, &stamps}) {
    if (!*faults) return std::unexpected(faults->error());
    journal->faults.insert(journal->faults.end(), (*faults)->begin(), (*faults)->end());
  }
  return journal;
}

archive::check::MailboxCheck octets_at(archive::journal::Depth depth) {
  archive::check::MailboxCheck options;
  if (depth == archive::journal::Depth::bodies) options.octets = archive::check::MailboxCheck::Octets::read;
  return options;
}

/// Of a whole verification the rest of the store too, on a thread of its own: the two read different records.
base::Result<VerifyJob::Verdict> verify_all(const archive::store::Snapshot& snapshot, const archive::journal::Extent& extent,
                                            base::WallTime now, const Progress& progress, const archive::check::GoOn& go_on) {
  VerifyJob::Verdict all;
  if (extent.log == archive::journal::audit_log) {
    auto audit = archive::audit::verify(snapshot, snapshot, progress);
    if (!audit) return std::unexpected(audit.error());
    all.journal = std::move(*audit);
    return all;
  }
  std::future<base::Result<archive::check::Findings>> rest;
  if (is_whole(extent))
    rest = std::async(std::launch::async, [&] {
      base::become_background("verify store");
      return archive::check::whole(snapshot, snapshot, octets_at(extent.depth), now, go_on);
    });
  auto journal = check_journal(snapshot, extent, progress);
  if (!journal) return std::unexpected(journal.error());
  all.journal = std::move(*journal);
  if (!rest.valid()) return all;
  auto store = rest.get();
  if (!store) return std::unexpected(store.error());
  all.store = std::move(*store);
  return all;
}
}  // namespace

VerifyJob::~VerifyJob() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

base::Result<std::uint64_t> VerifyJob::start(const archive::journal::Extent& extent) {
  if (!finished_) return base::fail("journal verify (another one is under way; try again later)", base::errc::busy);
  if (thread_.joinable()) thread_.join();
  stop_ = false;
  finished_ = false;
  done_ = 0;
  all_ = 0;
  depth_ = extent.depth;
  asked_ = clock_.steady().count();
  verdict_.reset();
  thread_ = std::thread([this, snapshot = store_.snapshot(), extent] { run(snapshot, extent); });
  return ++number_;
}

void VerifyJob::run(std::shared_ptr<const archive::store::Snapshot> snapshot, archive::journal::Extent extent) {
  base::become_background("verify");
  const auto go_on = [this] { return !stop_ && clock_.steady() - base::SteadyTime(asked_) < patience; };
  const auto progress = [&](std::uint64_t done, std::uint64_t all) {
    done_ = done;
    all_ = all;
    return go_on();
  };
  const auto look = [&]() -> base::Result<Verdict> {
    try {
      return verify_all(*snapshot, extent, clock_.now(), progress, go_on);
    } catch (const std::bad_alloc&) {
      return base::fail("verification: there is not enough memory", base::errc::busy);
    } catch (const std::system_error& error) {
      return base::fail("verification: no thread can be had for it: " + std::string(error.what()), base::errc::busy);
    }
  };
  auto verdict = look();
  {
    const std::lock_guard lock(mutex_);
    verdict_ = std::move(verdict);
  }
  finished_ = true;
}

AdminAnswer VerifyJob::progress(std::uint64_t number) {
  if (number != number_ || number == 0)
    return not_found("no such verification: the server was restarted, or another one began");
  asked_ = clock_.steady().count();
  boost::json::object told;
  told["finished"] = finished_.load();
  told["done"] = done_.load();
  told["all"] = all_.load();
  if (!finished_) return done(std::move(told));
  const std::lock_guard lock(mutex_);
  if (!*verdict_) return failed(verdict_->error());
  const auto& [verdict, store] = **verdict_;
  told["entries"] = verdict.entries;
  told["depth"] = depth_ == archive::journal::Depth::bodies ? "bodies" : "records";
  told["bodies"] = verdict.bodies + store.bodies;
  told["octets"] = verdict.octets + store.octets;
  told["records"] = store.records;
  told["messages"] = store.messages;
  told["heads"] = verdict.heads;
  told["unreadable"] = verdict.unreadable;
  told["root"] = json_digest(verdict.root);
  boost::json::array faults;
  for (const auto* some : {&verdict.faults, &store.faults})
    for (const auto& fault : *some) faults.emplace_back(json_text(fault));
  if (store.further > 0) faults.emplace_back("and " + std::to_string(store.further) + " faults more in the rest of the store");
  told["faults"] = std::move(faults);
  return done(std::move(told));
}

namespace {

AdminAnswer started(base::Result<std::uint64_t> number) {
  if (!number) return failed(number.error());
  boost::json::object job;
  job["job"] = *number;
  return done(std::move(job));
}

}  // namespace

/// "partition", "bodies" (0 or 1), "from" and "to" (indexes); answers {"job": number}.
net::Task<AdminAnswer> journal_verify(const AdminParts& parts, const Permit&, Arguments arguments) {
  const auto partition = arguments.number_or("partition", 0xffff, 0);
  const auto bodies = arguments.number_or("bodies", 1, 0);
  archive::journal::Extent extent;
  extent.from = arguments.number_or("from", last_index, 0);
  extent.to = arguments.number_or("to", last_index, last_index);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  extent.log = static_cast<std::uint16_t>(partition);
  if (bodies == 1) extent.depth = archive::journal::Depth::bodies;
  extent.body_threads = std::max(1U, std::thread::hardware_concurrency());  // mail comes before them
  co_return started(parts.verify_job->start(extent));
}

/// The same of the audit journal, whole.
net::Task<AdminAnswer> audit_verify(const AdminParts& parts, const Permit&, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  archive::journal::Extent extent;
  extent.log = archive::journal::audit_log;
  co_return started(parts.verify_job->start(extent));
}

/// "job"
net::Task<AdminAnswer> journal_progress(const AdminParts& parts, const Permit&, Arguments arguments) {
  const auto number = arguments.number("job", 0xffffffffffffffff);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  co_return parts.verify_job->progress(number);
}

}  // namespace understudy::app
