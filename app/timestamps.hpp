/// Has an authority outside say that the journal's signed heads were there (RFC 3161 §3.4, over HTTP): a chore of the machine,
/// now and then. Signing and mail never wait for it, and nothing fails where it does: the next head is stamped instead.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "archive/archive.hpp"
#include "archive/journal/head.hpp"
#include "archive/journal/timestamp/stamp.hpp"
#include "base/clock.hpp"
#include "base/net/connector.hpp"
#include "base/net/dns.hpp"
#include "base/net/task_group.hpp"
#include "base/random.hpp"
#include "conf/config.hpp"
#include "relay/settings.hpp"

namespace understudy::app {

/// References outlive it. All calls from `home`.
class Timestamps {
 public:
  struct Parts {
    archive::Archive& archive;
    const relay::CurrentSettings& settings;  ///< whose TLS https: is asked with
    net::Resolver& resolver;
    net::Connector& connector;
    const base::Clock& clock;
    base::Random& random;
    net::TaskGroup& chores;
    boost::asio::any_io_executor home;
  };
  explicit Timestamps(Parts parts) : parts_(parts) {}

  /// A head that was signed, durable: asks for its time stamp where one is due, behind the caller's back. Due is the first one,
  /// then one whenever `timestamp_every` has passed; where that failed, the next one after `retry_after` at most.
  void head_signed(const archive::journal::SignedHead& head, const conf::Journal& settings);
  /// What came of it since the process began, by its name: "stamped", "timed_out", ... (docs/metrics.md).
  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

  static constexpr std::chrono::milliseconds retry_after = std::chrono::minutes(5);

 private:
  struct Failure {
    std::string result;  ///< its name among the counts
    base::Error error;
  };
  using Asked = std::expected<archive::journal::timestamp::Stamp, Failure>;
  net::Task<> run(archive::journal::SignedHead head, conf::Journal settings, std::shared_ptr<void> held);
  net::Task<Asked> ask(const archive::journal::SignedHead& head, const conf::Journal& settings);
  net::Task<base::Result<>> keep(const archive::journal::SignedHead& head, const archive::journal::timestamp::Stamp& stamp);
  void tell(Failure failure, const conf::Journal& settings);

  Parts parts_;
  std::map<std::string, std::uint64_t> counts_;
  base::SteadyTime next_{};        ///< none before
  std::weak_ptr<void> under_way_;  ///< held by the attempt, however it ends
};

}  // namespace understudy::app
