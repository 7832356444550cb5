#include "archive/store/rocksdb/collector.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::size_t moves_at_a_time = 64;

/// Of two that are worth it, the one with more dead octets is chosen.
bool is_worth_it(std::uint64_t octets, std::uint64_t live, Collector::Least least) {
  return live <= (least == Collector::Least::half ? octets / 2 : octets - octets / 4);
}

/// Nothing is wrong with the segment: it is tried again.
bool will_pass(const base::Error& error) {
  return error.code == base::errc::busy || error.code == base::errc::stopped || error.code == base::errc::shutting_down;
}

}  // namespace

std::optional<segments::Segment> Collector::choose(const segments::Place& flushed, Least least) const {
  std::optional<segments::Segment> best;
  std::uint64_t most = 0;
  const std::uint64_t writing = core_.blocks->current();
  for (const auto& segment : core_.segments->list()) {
    const bool needed = segment.kind == segments::SegmentKind::log
                            ? segment.number >= flushed.segment
                            : segment.number == writing || core_.blocks->is_leased(segment.number);
    if (needed || segment.octets == 0 || given_up_.contains(segment.number)) continue;
    const std::uint64_t live = core_.use.live(segment.number);
    if (!is_worth_it(segment.octets, live, least) || segment.octets - live <= most) continue;
    most = segment.octets - live;
    best = segment;
  }
  return best;
}

base::Result<bool> Collector::is_alive(const segments::Owner& owner, const content::Location& at) const {
  if (owner.kind == segments::Owner::Kind::part) {
    auto value = core_.get_own(keys::part(owner.digest));
    if (!value) return std::unexpected(value.error());
    if (!*value) return false;
    auto part = values::part_from(**value);
    if (!part) return std::unexpected(part.error());
    return part->at == at;
  }
  auto value = core_.get_own(keys::body(owner.body));
  if (!value) return std::unexpected(value.error());
  if (!*value) return false;
  auto recipe = content::Recipe::decode(**value, any_length);
  if (!recipe) return std::unexpected(recipe.error());
  return owner.index < recipe->own.size() && recipe->own[owner.index].at == at;
}

base::Result<> Collector::commit_moves() {
  if (moves_.empty()) return {};
  CommitRequest request{{}, Sync::now};
  request.own = [this](GroupWriter& writer) { return writer.move(moves_); };
  auto done = queue_.run(request);
  moves_.clear();
  leases_.clear();
  return done;
}

base::Result<Collector::Walked> Collector::empty(const segments::Segment& segment) {
  for (std::uint64_t offset = 0; offset < segment.octets;) {
    auto head = core_.segments->read({segment.number, offset}, segments::frame_head_octets);
    if (!head) return std::unexpected(head.error());
    if (head->size() < segments::frame_head_octets) break;
    const std::uint64_t octets = segments::frame_head_octets + std::uint64_t{segments::payload_octets(*head)};
    if (offset + octets > segment.octets) break;
    const content::Location from{segment.number, offset, static_cast<std::uint32_t>(octets)};
    auto frame = core_.segments->load(from);
    if (!frame && frame.error().code == base::errc::damaged) break;  // the torn end of a log, or worse: let_go() will know
    if (!frame) return std::unexpected(frame.error());
    offset += octets;
    if (frame->kind == segments::FrameKind::block) {
      auto block = segments::parse_block(frame->payload());
      if (!block) return std::unexpected(block.error());
      auto alive = is_alive(block->owner, from);
      if (!alive) return std::unexpected(alive.error());
      if (*alive) {
        auto to = core_.blocks->add(block->owner, block->coded, leases_);
        if (!to) {
          if (to.error().code != base::errc::busy) core_.stop(to.error().text());
          return std::unexpected(to.error());
        }
        moves_.push_back({block->owner, from, *to});
      }
    }
    if (moves_.size() >= moves_at_a_time)
      if (auto moved = commit_moves(); !moved) return std::unexpected(moved.error());
    if (!pause_(octets)) return Walked::left_off;
  }
  auto moved = commit_moves();
  if (!moved) return std::unexpected(moved.error());
  return Walked::whole;
}

/// Where the count says that something lives here that was not found, the file stays: better room too much than a message too
/// few.
base::Result<> Collector::let_go(const segments::Segment& segment) {
  if (core_.use.live(segment.number) != 0) {
    give_up(segment, "octets that are needed were not found in it");
    return {};
  }
  CommitRequest request{{}, Sync::now};
  request.own = [&segment](GroupWriter& writer) -> base::Result<> {
    writer.erase_own(keys::segment(segment.number));
    return {};
  };
  auto done = queue_.run(request);
  if (!done) return done;
  core_.use.forget(segment.number);
  core_.segments->retire(segment.number);
  ++core_.tally.segments_collected;
  return {};
}

void Collector::give_up(const segments::Segment& segment, const std::string& why) {
  given_up_.insert(segment.number);
  base::log::warn("store.segment_kept",
                  {{"segment", segment.number}, {"live_octets", core_.use.live(segment.number)}, {"why", why}});
}

base::Result<> Collector::collect(const segments::Segment& segment) {
  auto walked = empty(segment);
  if (!walked) return std::unexpected(walked.error());
  if (*walked == Walked::left_off) return {};
  return let_go(segment);
}

base::Result<> Collector::run_once(const segments::Place& flushed, Least least) {
  moves_.clear();  // of a round that did not come to its end
  leases_.clear();
  const auto segment = choose(flushed, least);
  if (!segment) return {};
  auto done = collect(*segment);
  if (done) return {};
  if (core_.stopped || will_pass(done.error())) return base::fail("store.collect", done.error());
  give_up(*segment, done.error().text());
  return {};
}

}  // namespace understudy::archive::store
