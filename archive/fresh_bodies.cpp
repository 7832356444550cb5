#include "archive/fresh_bodies.hpp"

#include <utility>

namespace understudy::archive {
namespace {

class FreshReader final : public store::BodyReader {
 public:
  FreshReader(const store::BodyRef& ref, std::string octets) : ref_(ref), octets_(std::move(octets)) {}
  const store::BodyRef& ref() const override { return ref_; }
  base::Result<std::string> read(std::uint64_t offset, std::size_t limit) override {
    if (offset >= octets_.size()) return std::string();
    return octets_.substr(static_cast<std::size_t>(offset), limit);
  }

 private:
  store::BodyRef ref_;
  std::string octets_;
};

}  // namespace

class FreshBodies::Writer final : public store::BodyWriter {
 public:
  Writer(FreshBodies& bodies, std::unique_ptr<store::BodyWriter> writer) : bodies_(bodies), writer_(std::move(writer)) {}

  base::Result<> append(std::string_view octets) override {
    if (octets.size() > most_of_one - octets_.size()) {
      fits_ = false;
      std::string().swap(octets_);  // an assignment would keep the memory
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

std::unique_ptr<store::BodyReader> FreshBodies::take(const store::BodyRef& ref) {
  std::string octets;
  {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(ref.id);
    if (found == kept_.end() || found->second.octets.size() != ref.size) return nullptr;
    octets = std::move(found->second.octets);
    drop(found);
  }
  return std::make_unique<FreshReader>(ref, std::move(octets));
}

/// Where there is no room the newcomer is not kept: in a queue that grows, those that came before it are sent before it.
void FreshBodies::keep(const store::BodyRef& ref, std::string octets) {
  constexpr std::size_t bookkeeping = 256;  // many bodies without octets take room, too
  const auto now = clock_.steady();
  const std::size_t charge = octets.capacity() + bookkeeping;
  const std::lock_guard lock(mutex_);
  while (charged_ + charge > most) {
    if (now - kept_.begin()->second.since <= kept_for) return;
    drop(kept_.begin());
  }
  if (kept_.try_emplace(ref.id, Kept{std::move(octets), charge, now}).second) charged_ += charge;
}

void FreshBodies::drop(std::map<store::BodyId, Kept>::iterator at) {
  charged_ -= at->second.charge;
  kept_.erase(at);
}

}  // namespace understudy::archive
