#include "archive/store/rocksdb/rocks_bodies.hpp"

#include <algorithm>
#include <optional>

#include "archive/store/content/base64_lines.hpp"
#include "archive/store/rocksdb/body_key.hpp"
#include "archive/store/rocksdb/body_writer.hpp"

namespace understudy::archive::store {
namespace {

/// Keeps the block read last, so that reading on in small steps loads each block once.
class RocksBodyReader final : public BodyReader {
 public:
  /// What keeps the records and the segments of a moment; both empty: the newest there is.
  struct Moment {
    std::shared_ptr<const RocksView> view;
    std::shared_ptr<const segments::SegmentSet::View> segments;
  };
  RocksBodyReader(std::shared_ptr<const RocksCore> core, Moment moment, const BodyRef& ref)
      : core_(std::move(core)), moment_(std::move(moment)), ref_(ref) {}

  const BodyRef& ref() const override { return ref_; }

  base::Result<std::string> read(std::uint64_t offset, std::size_t limit) override {
    if (offset >= ref_.size) return std::string();
    auto got = try_read(offset, limit);
    // The collector may have moved a block since the recipe was read: it says where to. A second time it is gone.
    if (!got && got.error().code == base::errc::not_found && std::exchange(steps_, {}).size() > 0)
      got = try_read(offset, limit);
    if (!got) return base::fail("body.read", got.error());
    return got;
  }

 private:
  base::Result<std::string> try_read(std::uint64_t offset, std::size_t limit) {
    forget_if_destroyed();
    auto ready = read_recipe();
    if (!ready) return std::unexpected(ready.error());
    const auto after = std::ranges::upper_bound(steps_, offset, {}, &content::Step::begin);
    const auto index = static_cast<std::size_t>(after - steps_.begin()) - 1;
    const content::Step& step = steps_[index];
    if (loaded_ != index) {
      auto done = load(step);
      if (!done) return std::unexpected(done.error());
      loaded_ = index;
    }
    const std::uint64_t inside = offset - step.begin;
    return octets_.substr(step.skip + inside, std::min<std::uint64_t>(limit, step.octets - inside));
  }

  base::Result<> read_recipe() {
    if (!steps_.empty()) return {};
    loaded_.reset();
    own_loaded_.reset();
    auto recipe = core_->recipe(ref_, snapshot());
    if (!recipe) return std::unexpected(recipe.error());
    auto steps = content::steps_of(*recipe, ref_.size);
    if (!steps) return std::unexpected(steps.error());
    recipe_ = std::move(*recipe);
    steps_ = std::move(*steps);
    return {};
  }

  base::Result<> load(const content::Step& step) {
    loaded_.reset();
    if (step.from == content::Step::From::own) return load_own(step.index);
    if (demands_sealed()) return in_clear();
    own_loaded_.reset();
    const auto& piece = recipe_.shared[step.index];
    auto stored = core_->decode_part(piece.digest, piece.stored, snapshot());
    if (!stored) return std::unexpected(stored.error());
    octets_.clear();
    content::encode(piece.form, *stored, octets_);
    if (octets_.size() != step.octets) return base::fail("part: length", base::errc::damaged);
    return {};
  }

  /// One block may be in several steps, around the parts between.
  base::Result<> load_own(std::size_t index) {
    if (own_loaded_ == index) return {};
    own_loaded_.reset();
    const content::OwnBlock& block = recipe_.own[index];
    auto coded = core_->coded_block(block.at);
    if (!coded) return std::unexpected(coded.error());
    if (demands_sealed() && !content::is_sealed(coded->view())) return in_clear();
    auto octets =
        content::is_sealed(coded->view()) ? open_own(index, coded->view()) : core_->codec.decode(coded->view(), block.octets);
    if (!octets) return std::unexpected(octets.error());
    octets_ = std::move(*octets);
    own_loaded_ = index;
    return {};
  }

  bool demands_sealed() const { return core_->vault && core_->vault->demands_sealed(ref_.id); }
  static base::Result<> in_clear() { return base::fail("octets in clear, where all are encrypted", base::errc::damaged); }

  base::Result<std::string> open_own(std::size_t index, std::string_view sealed) {
    if (!key_) {
      auto found = find_body_key(*core_, ref_.id, snapshot());
      if (!found) return std::unexpected(found.error());
      if (!*found) return base::fail("body: no holder has its key", base::errc::no_key);
      key_ = std::move(*found);
    }
    return core_->decode_sealed(*key_, {ref_.id, static_cast<std::uint32_t>(index), recipe_.own[index].octets}, sealed);
  }

  /// The key, and what it has opened, may be what nobody is to read any more.
  void forget_if_destroyed() {
    const std::uint64_t now = core_->vault ? core_->vault->destructions() : 0;
    if (destructions_ == now) return;
    destructions_ = now;
    key_.reset();
    loaded_.reset();
    own_loaded_.reset();
  }

  const rocksdb::Snapshot* snapshot() const { return moment_.view ? moment_.view->snapshot() : nullptr; }

  std::shared_ptr<const RocksCore> core_;
  Moment moment_;
  BodyRef ref_;
  content::Recipe recipe_;
  std::vector<content::Step> steps_;  // empty: the recipe is to be read
  std::optional<std::size_t> loaded_;
  std::optional<std::size_t> own_loaded_;  // the block in octets_ where it is the body's own
  std::string octets_;                     // of the step that is loaded, with what is skipped
  std::optional<base::SecretKey> key_;     // where the body has one
  std::uint64_t destructions_ = 0;         // when it was found
};

}  // namespace

std::unique_ptr<BodyWriter> RocksBodies::create() {
  std::optional<base::SecretKey> key;
  if (core_->vault && core_->vault->encrypts()) key = core_->vault->draw();
  return std::make_unique<RocksWriter>(core_, BodyId{core_->start, ++core_->bodies_made}, *core_, std::move(key));
}

std::unique_ptr<BodyReader> RocksBodies::open(const BodyRef& ref) const {
  return std::make_unique<RocksBodyReader>(core_, RocksBodyReader::Moment{}, ref);
}

std::unique_ptr<BodyReader> RocksSnapshot::open(const BodyRef& ref) const {
  return std::make_unique<RocksBodyReader>(core_, RocksBodyReader::Moment{view_, segments_}, ref);
}

}  // namespace understudy::archive::store
