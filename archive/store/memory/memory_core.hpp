/// What the parts of one opened memory store share. Only the memory engine includes it.
#pragma once

#include <cstdint>
#include <memory>
#include <set>

#include "archive/store/memory/memory_disk.hpp"
#include "archive/store/wake_list.hpp"

namespace understudy::archive::store {

struct MemoryCore {
  enum class State : std::uint8_t { running, stopped, dead };  ///< stopped: reads go on; dead: nothing does

  MemoryCore(MemoryDisk& on, Faults& with, std::uint32_t chunk) : disk(on), faults(with), chunk_size(chunk) {}

  /// errc::stopped where the engine may not write, else counts the point and crashes there when told to.
  base::Result<> pass(Faults::Point point);
  /// Puts one write on the medium, with the points around it. errc::io, errc::stopped.
  base::Result<> put(MediumWrite write, Faults::Point before, Faults::Point after);
  base::Result<> sync();
  /// As put(), for what nobody waits for: no point, no failure.
  void put_quietly(MediumWrite write);

  MemoryDisk& disk;
  Faults& faults;
  std::uint32_t chunk_size;
  State state = State::running;
  Medium current;  ///< durable and not yet durable together
  std::uint64_t start = 0;
  std::uint64_t bodies_made = 0;
  std::uint64_t octets_accepted = 0;
  std::set<BodyId> open;   ///< bodies of this start that no batch has held yet and whose writer or seal is alive
  std::set<Shard> logged;  ///< shards with log records that were not announced yet
  std::shared_ptr<WakeList> wakes = std::make_shared<WakeList>();

 private:
  std::unexpected<base::Error> refuse() const;
};

}  // namespace understudy::archive::store
