#include "archive/mailbox/image.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <shared_mutex>

namespace understudy::archive::mailbox {

struct KeywordSets::State {
  mutable std::shared_mutex mutex;  // guards the rest
  std::map<std::vector<std::string>, std::uint16_t> numbers;
  std::deque<const std::vector<std::string>*> lists;  ///< each of `numbers`
  std::atomic<std::uint64_t> octets{0};
};

namespace {
const std::vector<std::string> none;

std::uint64_t octets_of(const std::vector<std::string>& keywords) {
  std::uint64_t octets = 128;  // nodes
  for (const auto& each : keywords) octets += sizeof(each) + each.size();
  return octets;
}
}  // namespace

KeywordSets::KeywordSets() : state_(std::make_unique<State>()) {
  state_->lists.push_back(&none);
}

KeywordSets::~KeywordSets() = default;

std::uint16_t KeywordSets::number_of(const std::vector<std::string>& keywords) {
  if (keywords.empty()) return 0;
  {
    const std::shared_lock lock(state_->mutex);
    if (const auto found = state_->numbers.find(keywords); found != state_->numbers.end()) return found->second;
  }
  const std::unique_lock lock(state_->mutex);
  const auto octets = state_->octets + octets_of(keywords);
  if (state_->lists.size() > most || octets > most_octets) return 0;
  const auto [at, is_new] = state_->numbers.try_emplace(keywords, static_cast<std::uint16_t>(state_->lists.size()));
  if (!is_new) return at->second;
  state_->lists.push_back(&at->first);
  state_->octets = octets;
  return at->second;
}

std::uint64_t KeywordSets::octets() const {
  return state_->octets;
}

const std::vector<std::string>& KeywordSets::at(std::uint16_t number) const {
  const std::shared_lock lock(state_->mutex);
  return *state_->lists[number < state_->lists.size() ? number : 0];
}

std::size_t Image::chunk_of(std::size_t index) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(starts_, index) - starts_.begin());
}

const Item& Image::at(std::size_t index) const {
  const auto chunk = chunk_of(index);
  return (*chunks_[chunk])[index - (chunk == 0 ? 0 : starts_[chunk - 1])];
}

std::size_t Image::lower_bound(Uid uid) const {
  const auto last_uid_of = [](const std::shared_ptr<const Chunk>& chunk) { return chunk->back().uid; };
  const auto chunk = std::ranges::lower_bound(chunks_, uid, {}, last_uid_of);
  if (chunk == chunks_.end()) return size();
  const auto c = static_cast<std::size_t>(chunk - chunks_.begin());
  const auto item = std::ranges::lower_bound(**chunk, uid, {}, &Item::uid);
  return (c == 0 ? 0 : starts_[c - 1]) + static_cast<std::size_t>(item - (*chunk)->begin());
}

std::optional<std::size_t> Image::find(Uid uid) const {
  const auto index = lower_bound(uid);
  if (index == size() || at(index).uid != uid) return std::nullopt;
  return index;
}

void Image::count() {
  starts_.clear();
  std::size_t sum = 0;
  for (const auto& chunk : chunks_) starts_.push_back(sum += chunk->size());
}

std::size_t ImageEditor::chunk_for(Uid uid) const {
  const auto& chunks = image_->chunks_;
  const auto last_uid_of = [](const std::shared_ptr<const Image::Chunk>& chunk) { return chunk->back().uid; };
  if (!chunks.empty() && chunks.back()->back().uid < uid) return chunks.size();
  return static_cast<std::size_t>(std::ranges::lower_bound(chunks, uid, {}, last_uid_of) - chunks.begin());
}

Image::Chunk& ImageEditor::own(std::size_t chunk) {
  auto& held = image_->chunks_[chunk];
  const bool is_ours =
      !owned_.empty() && (owned_.back() == held.get() || std::ranges::find(owned_, held.get()) != owned_.end());
  if (!is_ours) {
    auto copy = std::make_shared<Image::Chunk>();
    copy->reserve(std::max(Image::usual_chunk, held->size() + 1));
    *copy = *held;
    owned_.push_back(copy.get());
    held = std::move(copy);
  }
  return const_cast<Image::Chunk&>(*held);  // made here, above, and seen by nobody else yet
}

void ImageEditor::put(const Item& item) {
  auto& chunks = image_->chunks_;
  auto at = chunk_for(item.uid);
  if (at == chunks.size()) {
    const bool room = !chunks.empty() && chunks.back()->size() < Image::usual_chunk;
    if (!room) {
      auto fresh = std::make_shared<Image::Chunk>();
      fresh->reserve(Image::usual_chunk);
      owned_.push_back(fresh.get());
      chunks.push_back(std::move(fresh));
    }
    auto& chunk = own(chunks.size() - 1);
    chunk.push_back(item);
    return;
  }
  auto& chunk = own(at);
  const auto place = std::ranges::lower_bound(chunk, item.uid, {}, &Item::uid);
  if (place->uid == item.uid) {
    *place = item;
  } else {
    chunk.insert(place, item);
  }
}

const Item* ImageEditor::find(Uid uid) const {
  const auto at = chunk_for(uid);
  if (at == image_->chunks_.size()) return nullptr;
  const auto& chunk = *image_->chunks_[at];
  const auto place = std::ranges::lower_bound(chunk, uid, {}, &Item::uid);
  return place != chunk.end() && place->uid == uid ? &*place : nullptr;
}

bool ImageEditor::erase(Uid uid) {
  if (!find(uid)) return false;
  const auto at = chunk_for(uid);
  auto& chunk = own(at);
  chunk.erase(std::ranges::lower_bound(chunk, uid, {}, &Item::uid));
  if (chunk.empty()) {
    std::erase(owned_, &chunk);
    image_->chunks_.erase(image_->chunks_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return true;
}

std::shared_ptr<const Image> ImageEditor::take() {
  owned_.clear();
  image_->count();
  return std::exchange(image_, std::make_shared<Image>());
}

namespace {

/// Walks the messages of an image, and can pass over a whole chunk.
class Walk {
 public:
  explicit Walk(const Image& image) : chunks_(image.chunks()) {}
  bool done() const { return chunk_ == chunks_.size(); }
  const Item& item() const { return (*chunks_[chunk_])[at_]; }
  std::size_t index() const { return index_; }
  bool at_chunk() const { return at_ == 0; }
  const Image::Chunk* chunk() const { return chunks_[chunk_].get(); }
  void next() {
    index_ += 1;
    if (++at_ == chunks_[chunk_]->size()) {
      chunk_ += 1;
      at_ = 0;
    }
  }
  void pass_chunk() {
    index_ += chunks_[chunk_]->size();
    chunk_ += 1;
  }

 private:
  std::span<const std::shared_ptr<const Image::Chunk>> chunks_;
  std::size_t chunk_ = 0, at_ = 0, index_ = 0;
};

/// Calls `gone(old index, item)`, `kept(old item, new index, item)` and `added(new index, item)` in the order of UIDs; chunks
/// that are the same object in both are passed over.
template <class Gone, class Kept, class Added>
void compare(const Image& old, const Image& now, Gone gone, Kept kept, Added added) {
  Walk before(old), after(now);
  while (!before.done() || !after.done()) {
    if (!before.done() && !after.done() && before.at_chunk() && after.at_chunk() && before.chunk() == after.chunk()) {
      before.pass_chunk();
      after.pass_chunk();
    } else if (after.done() || (!before.done() && before.item().uid < after.item().uid)) {
      gone(before.index(), before.item());
      before.next();
    } else if (before.done() || after.item().uid < before.item().uid) {
      added(after.index(), after.item());
      after.next();
    } else {
      kept(before.item(), after.index(), after.item());
      before.next();
      after.next();
    }
  }
}

}  // namespace

Difference difference(const Image& old, const Image& now) {
  Difference result;
  compare(
      old, now,
      [&](std::size_t index, const Item& item) {
        result.expunged.push_back(static_cast<std::uint32_t>(index + 1));
        result.expunged_uids.push_back(item.uid);
      },
      [&](const Item& before, std::size_t index, const Item& after) {
        if (before != after) result.changed.push_back(index);
      },
      [&](std::size_t, const Item&) { result.added += 1; });
  std::ranges::reverse(result.expunged);
  return result;
}

std::shared_ptr<const Image> with_the_gone(const Image& old, const std::shared_ptr<const Image>& now) {
  std::vector<const Item*> gone;
  compare(
      old, *now, [&](std::size_t, const Item& item) { gone.push_back(&item); }, [](const Item&, std::size_t, const Item&) {},
      [](std::size_t, const Item&) {});
  if (gone.empty()) return now;
  ImageEditor editor(*now);
  for (const auto* item : gone) editor.put(*item);
  return editor.take();
}

}  // namespace understudy::archive::mailbox
