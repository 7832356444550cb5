#include "archive/store/memory/memory_bodies.hpp"

#include "archive/store/memory/chunked_body.hpp"

namespace understudy::archive::store {
namespace {

void abandon(const std::weak_ptr<MemoryCore>& weak, BodyId id) {
  auto core = weak.lock();
  if (!core) return;
  core->open.erase(id);
  MediumWrite write;
  write.dropped.push_back(id);
  core->put_quietly(std::move(write));
}

class MemoryWriter final : public ChunkedWriter {
 public:
  MemoryWriter(std::weak_ptr<MemoryCore> core, BodyId id, std::uint32_t chunk_size)
      : ChunkedWriter(id, chunk_size), core_(std::move(core)) {}
  ~MemoryWriter() override {
    if (!sealed()) abandon(core_, id());
  }

 private:
  base::Result<> spill(std::uint32_t index, std::string_view octets) override {
    auto core = core_.lock();
    if (!core) return base::fail("memory store: closed", base::errc::stopped);
    MediumWrite write;
    write.chunks.push_back({id(), index, std::make_shared<const std::string>(octets)});
    return core->put(std::move(write), Faults::Point::before_chunk, Faults::Point::after_chunk);
  }

  base::Result<SealedBody> finish(const BodyRef& ref, std::uint32_t index, std::string last) override {
    auto core = core_.lock();
    if (!core || core->state != MemoryCore::State::running) return base::fail("memory store", base::errc::stopped);
    return SealedBody(ref, std::make_shared<MemoryPending>(core_, id(), index, std::move(last)));
  }

  std::weak_ptr<MemoryCore> core_;
};

class MemoryReader final : public ChunkedReader {
 public:
  MemoryReader(std::weak_ptr<MemoryCore> core, const BodyRef& ref) : ChunkedReader(ref), core_(std::move(core)) {}

 private:
  base::Result<std::string> load(std::uint32_t index, std::size_t) override {
    auto core = core_.lock();
    if (!core || core->state == MemoryCore::State::dead) return base::fail("memory store", base::errc::stopped);
    auto chunk = core->current.chunk(ref().id, index);
    if (!chunk) return base::fail("memory store: chunk", base::errc::not_found);
    return *chunk;
  }

  std::weak_ptr<MemoryCore> core_;
};

}  // namespace

MemoryPending::~MemoryPending() {
  if (!held_) abandon(core_, id_);
}

void MemoryPending::carry(MediumWrite& write) const {
  if (!held_ && !last_->empty()) write.chunks.push_back({id_, index_, last_});
}

std::unique_ptr<BodyWriter> MemoryBodies::create() {
  const BodyId id{core_->start, ++core_->bodies_made};
  core_->open.insert(id);
  return std::make_unique<MemoryWriter>(core_, id, core_->chunk_size);
}

std::unique_ptr<BodyReader> MemoryBodies::open(const BodyRef& ref) const {
  return std::make_unique<MemoryReader>(core_, ref);
}

base::Result<std::uint64_t> MemoryBodies::sweep() {
  if (core_->state != MemoryCore::State::running) return base::fail("memory store", base::errc::stopped);
  MediumWrite write;
  for (const BodyId& id : core_->current.unheld())
    if (!core_->open.contains(id)) write.dropped.push_back(id);
  const std::uint64_t swept = write.dropped.size();
  core_->put_quietly(std::move(write));
  return swept;
}

}  // namespace understudy::archive::store
