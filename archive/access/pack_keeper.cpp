#include "archive/access/pack_keeper.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "archive/mailbox/heading_pack.hpp"

namespace understudy::archive::access {
namespace {

struct Made {
  HeadingCache::Key key;
  HeadingCache::Kept headings;
  std::string record;
};

}  // namespace

struct PackKeeper::State {
  explicit State(Archive& of) : archive(of) {}
  Archive& archive;
  std::mutex mutex;  // guards the rest
  std::deque<Made> waiting;
  bool is_keeping = false;
};

PackKeeper::PackKeeper(Archive& archive) : state_(std::make_shared<State>(archive)) {}

void PackKeeper::offer(const HeadingCache::Key& key, const HeadingCache::Kept& headings) {
  auto record = mailbox::record_of(*headings);
  if (record.empty()) return;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->waiting.size() >= most) return;
    state_->waiting.push_back({key, headings, std::move(record)});
    if (std::exchange(state_->is_keeping, true)) return;
  }
  keep_next(state_);
}

/// One commit, and the next when that is done. After one that failed what waits is let go.
void PackKeeper::keep_next(const std::shared_ptr<State>& state) {
  std::vector<Made> taken;
  {
    const std::lock_guard lock(state->mutex);
    const auto count = std::min(at_once, state->waiting.size());
    std::move(state->waiting.begin(), state->waiting.begin() + static_cast<std::ptrdiff_t>(count), std::back_inserter(taken));
    state->waiting.erase(state->waiting.begin(), state->waiting.begin() + static_cast<std::ptrdiff_t>(count));
    state->is_keeping = count > 0;
  }
  if (taken.empty()) return;
  auto keep = [taken = std::move(taken)](commit::Stage& stage, commit::Owners&) mutable -> base::Result<> {
    for (auto& [key, headings, record] : taken)
      mailbox::keep_pack(stage, mailbox::shard_of(key.account), key.folder, key.chunk, *headings, std::move(record));
    return {};
  };
  state->archive.change(std::move(keep), [state](const base::Result<>& done) {
    if (done) return keep_next(state);
    const std::lock_guard lock(state->mutex);
    state->waiting.clear();
    state->is_keeping = false;
  });
}

}  // namespace understudy::archive::access
