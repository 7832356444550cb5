/// One whole machine: store, archive, sessions and schedule, wired from a configuration and its surroundings. Everything that
/// it touches of the world comes in here, so that a test can run two machines, a DNS and a power cut in one process.
#pragma once

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "app/custody_reports.hpp"
#include "app/timestamps.hpp"
#include "archive/access/pop3/locks.hpp"
#include "archive/access/services.hpp"
#include "archive/archive.hpp"
#include "archive/audit/door.hpp"
#include "archive/endings/desk.hpp"
#include "archive/head_signer.hpp"
#include "archive/instance.hpp"
#include "archive/store/store.hpp"
#include "archive/witness/witness.hpp"
#include "base/clock.hpp"
#include "base/net/acceptor.hpp"
#include "base/net/connection_limits.hpp"
#include "base/net/connector.hpp"
#include "base/net/dns.hpp"
#include "base/net/listener.hpp"
#include "base/net/task_group.hpp"
#include "base/net/timers.hpp"
#include "base/net/workers.hpp"
#include "base/random.hpp"
#include "conf/config.hpp"
#include "relay/inbound/services.hpp"
#include "relay/outbound/smtp_courier.hpp"
#include "relay/peer/custody_watch.hpp"
#include "relay/peer/ending_topics.hpp"
#include "relay/peer/gap_watch.hpp"
#include "relay/peer/mark_topics.hpp"
#include "relay/peer/one_at_a_time.hpp"
#include "relay/peer/peer_link.hpp"
#include "relay/peer/receipt_topics.hpp"
#include "relay/peer/witness_topics.hpp"
#include "relay/report/reporter.hpp"
#include "relay/schedule/scheduler.hpp"
#include "relay/settings.hpp"

namespace understudy::app {

/// References outlive the machine.
struct Surroundings {
  archive::store::Store& store;
  const base::Clock& clock;
  base::Random& random;
  net::Timers& timers;
  net::Resolver& resolver;
  net::Connector& connector;
  net::Workers& workers;  ///< for password hashes; what they have taken ends before the machine goes
  /// Listens on an endpoint; accepted links live where the function says.
  std::function<base::Result<std::unique_ptr<net::Acceptor>>(const net::Endpoint&)> listen;
  boost::asio::any_io_executor home;                              ///< of the schedule and of start and stop
  std::function<boost::asio::any_io_executor()> worker_executor;  ///< for the next delivery
  archive::Threading threading = archive::Threading::own;
  /// Of this machine's interfaces, as they are now; asked at the start and at each reload.
  std::function<std::vector<net::IpAddress>()> addresses = [] { return std::vector<net::IpAddress>(); };
  /// That the process may have open at a time: how many connections are let in is measured by it.
  std::uint64_t descriptors = std::numeric_limits<std::uint64_t>::max();
  /// As `listen`, but that accepted links live on `home`. Empty: those of `listen` do.
  std::function<base::Result<std::unique_ptr<net::Acceptor>>(const net::Endpoint&)> listen_at_home = {};
};

/// A listener that is up, as `serve` and `status` print it.
struct Bound {
  relay::Protocol protocol;
  net::Endpoint endpoint;
};

class Machine {
 public:
  /// Opens the archive on the store: brings every shard up to the journal. Nothing listens yet.
  static base::Result<std::unique_ptr<Machine>> open(conf::Config config, Surroundings surroundings);
  ~Machine();

  /// Binds every listener and begins the schedule. Where one cannot be bound, none is.
  base::Result<> start();
  /// No new connections; sessions that are not in the data of a message are told to leave. From `home`.
  void leave();
  /// leave(), and no new deliveries; then until sessions and deliveries have ended what they are at, at most `stop_wait` since
  /// leave(). Who is left then is cut, which takes some seconds at most. What was submitted is committed.
  net::Task<> stop();

  /// A changed configuration, without dropping a connection: what a restart is needed for stays as it was (conf::difference
  /// says which).
  struct Prepared {
    conf::Config config;
    std::shared_ptr<const relay::Settings> settings;
    std::shared_ptr<const archive::access::Settings> access;
  };
  /// Reads the TLS files. Any thread; `running` is config() of the moment.
  base::Result<Prepared> prepare(const conf::Config& running, conf::Config changed) const;
  void take(Prepared prepared);  ///< from `home`

  const conf::Config& config() const { return config_; }
  routing::Role role() const { return instance_.role; }
  archive::Archive& archive() { return *archive_; }
  archive::HeadSigner& head_signer() { return *head_signer_; }
  /// From `home`. Gives the public half of the new one.
  net::Task<base::Result<base::PublicKey>> replace_journal_key();
  relay::Scheduler& scheduler() { return *scheduler_; }
  const base::PublicKey& peer_key() const { return peer_key_.public_key(); }  ///< by which the other machine knows this one
  archive::witness::Witness& witness() { return witness_; }
  archive::witness::Witness& audit_witness() { return audit_witness_; }  ///< of the audit journals
  /// Through which people get at the archive.
  archive::audit::Door& door() { return door_; }
  /// What came of witnessing since the process began; empty where there is no [peer].
  std::map<std::string, std::uint64_t> witness_counts() const;
  std::map<std::string, std::uint64_t> audit_witness_counts() const;
  /// What came of receipts since the process began.
  std::map<std::string, std::uint64_t> receipt_counts() const { return receipt_taker_.counts(); }
  archive::endings::Desk& endings() { return endings_; }
  /// What came of asking for time stamps since the process began.
  const std::map<std::string, std::uint64_t>& timestamp_counts() const { return timestamps_.counts(); }
  const relay::peer::CustodyWatch* custody_watch() const { return custody_watch_.get(); }  ///< nullptr: there is no [peer]
  CustodyReports& custody_reports() { return *custody_reports_; }                          ///< from `home`
  const relay::peer::GapWatch* gap_watch() const { return gap_watch_.get(); }              ///< nullptr: there is no [peer]
  const relay::peer::PeerLink* peer_link() const { return peer_link_.get(); }              ///< nullptr: there is no [peer]
  const relay::CurrentSettings& settings() const { return settings_; }
  const archive::access::Counts& access_counts() const { return access_counts_; }
  const relay::InboundCounts& inbound_counts() const { return inbound_counts_; }
  std::vector<Bound> bound() const;
  std::size_t sessions() const;
  /// Of the medium: whether mail is put off for want of it. Any thread.
  relay::Space space() { return space_guard_.look(settings_.get()->options.free_space); }
  const base::Clock& clock() const { return surroundings_.clock; }
  base::Random& random() { return surroundings_.random; }
  net::Workers& workers() { return surroundings_.workers; }
  net::Timers& timers() { return surroundings_.timers; }
  boost::asio::any_io_executor home() const { return surroundings_.home; }

 private:
  Machine(conf::Config config, Surroundings surroundings, archive::Instance instance, std::unique_ptr<archive::Archive> archive,
          std::unique_ptr<archive::HeadSigner> head_signer, std::shared_ptr<const relay::Settings> settings,
          std::shared_ptr<const archive::access::Settings> access, base::SigningKey peer_key);
  base::Result<> bind(const relay::Listener& listener, std::size_t index);
  net::Listener::Handler handler_for(const relay::Listener& listener, std::size_t index);
  net::Task<> keep_house();
  net::Task<> sign_heads();
  net::Task<bool> sign_head();
  net::Task<> sign_audit_head();
  net::Task<> watch_custody();
  net::Task<> watch_gaps();
  void make_custody_reports();
  void register_topics();
  net::Task<> run_after(std::chrono::milliseconds wait, std::function<void()> run);
  net::Task<> end_all(std::chrono::milliseconds wait);

  conf::Config config_;
  Surroundings surroundings_;
  archive::Instance instance_;
  std::unique_ptr<archive::HeadSigner> head_signer_;
  std::unique_ptr<archive::Archive> archive_;  ///< goes before who waits for its answers
  relay::CurrentSettings settings_;
  relay::InboundCounts inbound_counts_;
  archive::login::Guard login_guard_;
  relay::SpaceGuard space_guard_;
  relay::InboundServices services_;
  std::atomic<std::shared_ptr<const archive::access::Settings>> access_settings_;
  archive::access::Counts access_counts_;
  archive::mailbox::LiveAccounts live_accounts_;
  archive::access::pop3::Locks maildrops_;
  archive::access::PackKeeper heading_packs_;
  archive::access::Services access_services_;
  relay::Reporter reporter_;
  relay::SmtpCourier courier_;
  std::unique_ptr<relay::Scheduler> scheduler_;
  net::ConnectionLimits connection_limits_;
  net::ConnectionLimits access_limits_;  ///< of people who read their mail: they take no place from mail
  net::TaskGroup chores_;
  Timestamps timestamps_;
  std::shared_ptr<archive::Archive*> pumped_;  ///< Threading::inline_: gone with the machine, so that no late call finds it
  struct Listening {
    relay::Protocol protocol;
    std::unique_ptr<net::Listener> listener;
  };
  std::vector<Listening> listening_;
  base::SigningKey peer_key_;
  archive::witness::Witness witness_, audit_witness_;
  archive::audit::Door door_;
  archive::endings::Desk endings_;
  archive::custody::ReceiptGiver receipt_giver_;
  archive::custody::ReceiptTaker receipt_taker_;
  relay::peer::OneAtATime peer_work_;  ///< what the other machine asks for
  std::unique_ptr<CustodyReports> custody_reports_;
  std::unique_ptr<relay::peer::WitnessTopics> witness_topics_;  ///< nullptr: there is no [peer]
  std::unique_ptr<relay::peer::WitnessTopics> audit_topics_;    ///< nullptr: there is no [peer]
  std::unique_ptr<relay::peer::ReceiptTopics> receipt_topics_;  ///< nullptr: there is no [peer]
  std::unique_ptr<relay::peer::EndingTopics> ending_topics_;    ///< nullptr: there is no [peer]
  std::unique_ptr<relay::peer::CustodyWatch> custody_watch_;    ///< nullptr: there is no [peer]
  std::unique_ptr<relay::peer::GapWatch> gap_watch_;            ///< nullptr: there is no [peer]
  std::unique_ptr<relay::peer::MarkTopics> mark_topics_;        ///< nullptr: there is no [peer]
  std::unique_ptr<relay::peer::PeerLink> peer_link_;
  std::optional<base::SteadyTime> leaving_since_;
};

/// Settings of a configuration in a role, on a machine with these addresses. errc::certificate: the TLS files do not fit.
base::Result<std::shared_ptr<const relay::Settings>> make_settings(const conf::Config& config, routing::Role role,
                                                                   const std::vector<net::IpAddress>& addresses);
/// What sessions of mail access are told by a configuration in a role. errc::certificate: the TLS files do not fit.
base::Result<std::shared_ptr<const archive::access::Settings>> access_settings(const conf::Config& config, routing::Role role);
/// What the directory is told by a configuration; `own`: this machine's key on the peer link.
archive::directory::Options directory_options(const conf::Config& config, const base::PublicKey& own);

}  // namespace understudy::app
