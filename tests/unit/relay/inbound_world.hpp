/// One listener with its sessions on an archive in memory, and clients that send what a test says: a world in one thread.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "archive/archive.hpp"
#include "archive/store/memory/memory_store.hpp"
#include "base/net/listener.hpp"
#include "relay/inbound/session.hpp"
#include "tests/support/sim_world.hpp"
#include "tests/support/tls_files.hpp"

namespace understudy::test {

/// Workers that have too much to do, as long as a test wants.
class FickleWorkers final : public net::Workers {
 public:
  bool full = false;
  int jobs = 0;
  Submitted submit(Job job) override {
    if (full) return Submitted::full;
    ++jobs;
    job();
    return Submitted::taken;
  }
};

class InboundWorld {
 public:
  static constexpr std::string_view alice = "alice@example.org", password = "open sesame";

  InboundWorld();
  ~InboundWorld();

  /// Begins to listen, with what `options` and `policy` say by then. Once.
  void listen();

  struct Client {
    std::unique_ptr<net::Link> link;
    std::string heard;
    bool closed = false;
  };
  std::shared_ptr<Client> connect(const std::string& from = "192.0.2.99");
  void start_tls(Client& client);  ///< the handshake, at an implicit listener or behind 220
  void send(Client& client, std::string octets);
  /// What the server has said since the last call, without time passing.
  std::string hear(Client& client);
  std::string ask(Client& client, const std::string& octets) {
    send(client, octets);
    return hear(client);
  }
  /// As far as the first RCPT.
  std::shared_ptr<Client> connect_with_envelope();
  std::uint64_t accepted() const { return counts_.accepted; }
  const relay::InboundCounts& counts() const { return counts_; }

  sim::SimWorld world;
  relay::Options options;  ///< with one listener
  routing::Policy policy;
  FickleWorkers workers;
  std::uint64_t free_octets = 1ull << 40;  ///< on the medium
  std::unique_ptr<net::Listener> listener;

 private:
  void pump();

  archive::store::MemoryDisk disk_;
  archive::store::Faults faults_;
  archive::store::MemoryStore store_{disk_, faults_, 64};
  std::unique_ptr<archive::Archive> archive_;
  std::unique_ptr<relay::CurrentSettings> settings_;
  relay::InboundCounts counts_;
  archive::login::Guard guard_{world.clock};
  relay::SpaceGuard space_{[this] { return free_octets; }, world.clock};
  std::unique_ptr<relay::InboundServices> services_;
  net::ConnectionLimits limits_{net::ConnectionLimits::Options{}, world.clock};
  sim::TlsFiles tls_{"mx.example.org"};
};

}  // namespace understudy::test
