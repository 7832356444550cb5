#include "archive/fresh_bodies.hpp"

#include <utility>

namespace understudy::archive {
namespace {

class FreshReader final : public store::BodyReader {
 public:
  FreshReader(const store::BodyRef& ref, std::shared_ptr<const std::string> octets) : ref_(ref), octets_(std::move(octets)) {}
  const store::BodyRef& ref() const override { return ref_; }
  base::Result<std::string> read(std::uint64_t offset, std::size_t limit) override {
    if (offset >= octets_->size()) return std::string();
    return octets_->substr(static_cast<std::size_t>(offset), limit);
  }

 private:
  store::BodyRef ref_;
  std::shared_ptr<const std::string> octets_;
};

}  // namespace

class FreshBodies::Writer final : public store::BodyWriter {
 public:
  Writer(FreshBodies& bodies, std::unique_ptr<store::BodyWriter> writer) : bodies_(bodies), writer_(std::move(writer)) {}

  base::Result<> append(std::string_view octets) override {
    if (octets.size() > most_of_one - octets_.size()) {
      fits_ = false;
      octets_ = {};
    }
    if (fits_) octets_ += octets;
    return writer_->append(octets);
  }
  std::uint64_t size() const override { return writer_->size(); }
  base::Result<store::SealedBody> seal() override {
    auto sealed = writer_->seal();
    if (sealed && fits_) bodies_.keep(sealed->ref(), std::move(octets_));
    return sealed;
  }

 private:
  FreshBodies& bodies_;
  std::unique_ptr<store::BodyWriter> writer_;
  std::string octets_;
  bool fits_ = true;
};

std::unique_ptr<store::BodyWriter> FreshBodies::watch(std::unique_ptr<store::BodyWriter> writer) {
  return std::make_unique<Writer>(*this, std::move(writer));
}

std::unique_ptr<store::BodyReader> FreshBodies::open(const store::BodyRef& ref) const {
  std::shared_ptr<const std::string> octets;
  {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(ref.id);
    if (found == kept_.end() || found->second->size() != ref.size) return nullptr;
    octets = found->second;
  }
  return std::make_unique<FreshReader>(ref, std::move(octets));
}

std::size_t FreshBodies::charge(const Octets& octets) {
  constexpr std::size_t bookkeeping = 256;  // many bodies without octets take room, too
  return octets->capacity() + bookkeeping;
}

void FreshBodies::keep(const store::BodyRef& ref, std::string octets) {
  auto kept = std::make_shared<const std::string>(std::move(octets));
  const std::lock_guard lock(mutex_);
  const auto [at, added] = kept_.emplace(ref.id, std::move(kept));
  if (added) charged_ += charge(at->second);
  while (charged_ > most) {
    charged_ -= charge(kept_.begin()->second);
    kept_.erase(kept_.begin());
  }
}

}  // namespace understudy::archive
