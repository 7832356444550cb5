/// P, A and the world, as every test of two machines finds them; and a client that sends until it is answered.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/machines.hpp"
#include "tests/support/temp_dir.hpp"

namespace understudy::sim {

enum class Engine { memory, rocksdb };

/// Its octets; `padding` of them are of no use.
std::string message(const std::string& subject, std::size_t padding = 0);

/// Whether the two know each other by their keys, and which of them waits for the other one. Both dial.
enum class Link { none, both_listen, primary_listens, archive_listens };

struct Company {
  static constexpr std::uint16_t link_port = 8025;

  SimWorld world;
  TempDir scratch;
  Outside outside{world, "198.51.100.1"};
  const base::PublicKey primary_key, archive_key;  ///< of the link, made from the seed
  Box primary, archive;

  explicit Company(Engine engine = Engine::memory, std::uint64_t seed = 1, Link link = Link::none);

  /// A machine whose engine died gets its power back. `seed`: what stays of what was not synced; 0: nothing. False: none had
  /// died.
  bool repair(std::uint64_t seed = 0);
  /// Sends until the answer is 250, as a client that keeps its queue does. Throws where it never comes.
  void send(const std::string& from_address, const std::string& reverse_path, const std::vector<std::string>& forward_paths,
            const std::string& subject, std::size_t padding = 0);
  /// Until both outboxes are empty. Throws where that never comes.
  void drain();
  /// One message of each kind.
  void everyday();
};

}  // namespace understudy::sim
