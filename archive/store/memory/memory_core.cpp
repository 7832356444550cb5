#include "archive/store/memory/memory_core.hpp"

namespace understudy::archive::store {

std::unexpected<base::Error> MemoryCore::refuse() const {
  return base::fail(state == State::dead ? "memory store: crashed" : "memory store", base::errc::stopped);
}

base::Result<> MemoryCore::pass(Faults::Point point) {
  if (state != State::running) return refuse();
  if (faults.pass(point) == Faults::Verdict::go_on) return {};
  disk.cut(faults.kept(), faults.seed());
  state = State::dead;
  return refuse();
}

base::Result<> MemoryCore::put(MediumWrite write, Faults::Point before, Faults::Point after) {
  auto ready = pass(before);
  if (!ready) return ready;
  if (faults.write_fails()) {
    state = State::stopped;
    return base::fail("memory store: write", base::errc::io);
  }
  current.apply(write);
  disk.write(std::move(write));
  return pass(after);
}

base::Result<> MemoryCore::sync() {
  auto ready = pass(Faults::Point::before_sync);
  if (!ready) return ready;
  if (faults.sync_fails()) {
    state = State::stopped;
    return base::fail("memory store: sync", base::errc::io);
  }
  disk.sync();
  return pass(Faults::Point::after_sync);
}

void MemoryCore::put_quietly(MediumWrite write) {
  if (state != State::running) return;
  current.apply(write);
  disk.write(std::move(write));
}

}  // namespace understudy::archive::store
