/// Who was not let in, and why: counted all, logged at a bounded rate, for anybody can knock at the link's port.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/ed25519.hpp"
#include "base/net/tls_pinned.hpp"

namespace understudy::relay::peer {

/// One thread.
class Refusals {
 public:
  explicit Refusals(const base::Clock& clock) : clock_(clock) {}

  /// A handshake that failed. The text says what the matter was.
  std::string note(const net::Endpoint& from, const net::PinnedTls& tls, const base::Error& error);
  /// `reason`: one word, a label of the metric; `what`: for people.
  void note(const net::Endpoint& from, const std::string& reason, const std::string& what);

  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }
  const std::optional<base::PublicKey>& offered() const { return offered_; }

 private:
  const base::Clock& clock_;
  std::map<std::string, std::uint64_t> counts_;
  std::map<std::string, base::SteadyTime> logged_;  // when last, by reason
  std::optional<base::PublicKey> offered_;
};

/// How many may begin a handshake in a second: each costs this machine a signature and more, and one machine is waited for. One
/// thread.
class Knocks {
 public:
  static constexpr std::size_t most = 100;  ///< in a second
  static constexpr std::size_t most_of_an_address = 20;

  bool may_enter(const net::IpAddress& from, base::SteadyTime now);

 private:
  base::SteadyTime second_{-1};
  std::size_t all_ = 0;
  std::map<net::IpAddress, std::size_t> by_address_;  // of this second; no more than have entered
};

}  // namespace understudy::relay::peer
