/// A Link through memory. It behaves as TCP and TLS do where sessions can tell: octets arrive in pieces, a full pipe holds
/// the writer up, what stands unread before a handshake breaks it, an end in the clear differs from one under TLS.
/// Octets go in the clear, also under TLS. The handshake is an exchange of what each side's context holds; between two sides
/// that both demand a certificate it is the real one, so that whoever judges certificates is asked (sim_handshake.cpp).
#pragma once

#include <deque>
#include <functional>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "base/net/link.hpp"
#include "base/net/tls.hpp"
#include "tests/support/sim_faults.hpp"
#include "tests/support/sim_timers.hpp"

namespace understudy::sim {
namespace asio = boost::asio;

/// Of a whole network; may be changed while it runs.
struct SimWire {
  std::size_t max_read = std::numeric_limits<std::size_t>::max();  ///< octets that one read gives at most
  std::size_t capacity = 64 * 1024;                                ///< octets under way in one direction
  std::function<std::size_t()> piece;   ///< octets that the next read gives at most; empty: max_read alone
  std::function<net::Timeout()> delay;  ///< how long what is written next is under way; empty: no time
};

/// What a verifying client thinks of the certificate behind an endpoint.
struct SimCertificate {
  bool trusted = false;
  std::vector<std::string> names;
};

struct SimParts {  // what every link of a world needs
  asio::any_io_executor executor;
  SimTimers& timers;
  SimFaults& faults;
  std::shared_ptr<SimWire> wire;
};

class SimLink final : public net::Link {
 public:
  struct Hello {
    std::string server_name;
    std::optional<base::Digest> certificate;
    std::optional<base::Digest> public_key;
  };
  struct CloseNotify {};
  struct Fin {};
  struct Reset {};
  using Item = std::variant<std::string, Hello, CloseNotify, Fin, Reset>;

  struct Sent {
    Item item;
    base::SteadyTime due;  // it has arrived by then
  };
  struct Direction {  // from one side's writes to the other side's reads
    std::deque<Sent> sent;
    std::size_t octets = 0;
    bool reader_gone = false;
    SimTimers::Waiter* reader = nullptr;
    SimTimers::Waiter* writer = nullptr;
  };
  struct Cable {
    /// The wire breaks: what is under way is lost, both sides learn of it.
    void cut(base::SteadyTime now);

    Direction directions[2];
    std::uint64_t id = 0;
    net::Endpoint client, server;
    bool silent = false;  // nothing arrives any more, and nobody is told
    SimCertificate certificate;
    std::string written[2];  // all octets that each side wrote, for the test to look at
  };
  enum class Side { client = 0, server = 1 };

  SimLink(const SimParts& parts, std::shared_ptr<Cable> cable, Side side, net::Endpoint local, net::Endpoint peer);
  ~SimLink() override;

  net::Task<base::Result<std::size_t>> read_some(std::span<char> into, net::Timeout timeout) override;
  net::Task<base::Result<>> write(std::string_view all, net::Timeout timeout) override;
  net::Task<base::Result<>> start_tls(const net::TlsContext& context, net::TlsExpect expect, net::Timeout timeout) override;
  const net::TlsInfo* tls() const override { return info_ ? &*info_ : nullptr; }
  net::Endpoint local() const override { return local_; }
  net::Endpoint peer() const override { return peer_; }
  asio::any_io_executor executor() const override { return executor_; }
  net::Task<> close(net::Timeout timeout) override;
  void abort() override;

 private:
  Direction& in() { return cable_->directions[1 - static_cast<int>(side_)]; }
  Direction& out() { return cable_->directions[static_cast<int>(side_)]; }
  void push(Item item);
  void fail_wire();
  Item* arrived();  // nullptr: nothing yet
  net::Task<Woken> wait_to_read(base::SteadyTime deadline);
  std::size_t take(std::string& front, std::span<char> into);
  std::optional<base::Result<std::size_t>> read_now(std::span<char> into);
  net::Task<base::Result<Hello>> await_hello(base::SteadyTime deadline);
  net::Task<base::Result<>> shake_hands(const net::TlsContext& context, const net::TlsExpect& expect,
                                        base::SteadyTime deadline);
  net::Task<base::Result<std::string>> next_flight(base::SteadyTime deadline);
  base::Result<> agree(const Hello& other, const net::TlsContext& context, const net::TlsExpect& expect);
  std::unexpected<base::Error> failed(std::string_view doing, net::errc what) const;
  net::errc why(Woken woken) const;

  asio::any_io_executor executor_;
  SimTimers& timers_;
  SimFaults& faults_;
  std::shared_ptr<SimWire> wire_;
  std::shared_ptr<Cable> cable_;
  Side side_;
  net::Endpoint local_;
  net::Endpoint peer_;
  SimTimers::Waiter reading_;
  SimTimers::Waiter writing_;
  std::optional<net::TlsInfo> info_;
  bool ended_ = false;
};

}  // namespace understudy::sim
