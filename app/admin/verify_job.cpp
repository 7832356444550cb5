#include "app/admin/verify_job.hpp"

#include <limits>

#include "app/admin/answers.hpp"
#include "archive/journal/timestamp/kept.hpp"
#include "archive/witness/verify.hpp"

namespace understudy::app {
namespace {
constexpr auto last_index = std::numeric_limits<std::uint64_t>::max();

/// The journal, and what others have said of it: the other machine, a time-stamping authority.
base::Result<archive::journal::Verdict> verify_all(const archive::store::Snapshot& snapshot,
                                                   const archive::journal::Extent& extent,
                                                   const std::function<bool(std::uint64_t, std::uint64_t)>& go_on) {
  auto verdict = archive::journal::verify(snapshot, snapshot, extent, go_on);
  if (!verdict) return verdict;
  const auto countersignatures = archive::witness::verify(snapshot);
  const auto stamps = archive::journal::timestamp::verify(snapshot, extent.partition);
  for (const auto* faults : {&countersignatures, &stamps}) {
    if (!*faults) return std::unexpected(faults->error());
    verdict->faults.insert(verdict->faults.end(), (*faults)->begin(), (*faults)->end());
  }
  return verdict;
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
  const auto go_on = [this](std::uint64_t done, std::uint64_t all) {
    done_ = done;
    all_ = all;
    return !stop_ && clock_.steady() - base::SteadyTime(asked_) < patience;
  };
  auto verdict = verify_all(*snapshot, extent, go_on);
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
  const auto& verdict = **verdict_;
  told["entries"] = verdict.entries;
  told["depth"] = depth_ == archive::journal::Depth::bodies ? "bodies" : "records";
  told["bodies"] = verdict.bodies;
  told["octets"] = verdict.octets;
  told["heads"] = verdict.heads;
  told["root"] = json_digest(verdict.root);
  boost::json::array faults;
  for (const auto& fault : verdict.faults) faults.emplace_back(json_text(fault));
  told["faults"] = std::move(faults);
  return done(std::move(told));
}

AdminAnswer start_verify(VerifyJob& job, Arguments arguments) {
  const auto partition = arguments.number_or("partition", 0xffff, 0);
  const auto bodies = arguments.number_or("bodies", 1, 0);
  archive::journal::Extent extent;
  extent.from = arguments.number_or("from", last_index, 0);
  extent.to = arguments.number_or("to", last_index, last_index);
  if (auto problem = arguments.problem()) return wrong_usage(*problem);
  extent.partition = static_cast<std::uint16_t>(partition);
  if (bodies == 1) extent.depth = archive::journal::Depth::bodies;
  auto number = job.start(extent);
  if (!number) return failed(number.error());
  boost::json::object started;
  started["job"] = *number;
  return done(std::move(started));
}

AdminAnswer ask_verify(VerifyJob& job, Arguments arguments) {
  const auto number = arguments.number("job", 0xffffffffffffffff);
  if (auto problem = arguments.problem()) return wrong_usage(*problem);
  return job.progress(number);
}

}  // namespace understudy::app
