/// Carries entries by SMTP: finds the hosts of a hop, connects to the first that answers, keeps to the route's TLS policy.
/// RFC 5321 §5.1, §4.5.4.2; RFC 3207.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/net/connector.hpp"
#include "base/net/dns.hpp"
#include "relay/outbound/find_hosts.hpp"
#include "relay/outbound/smtp_session.hpp"
#include "relay/schedule/courier.hpp"
#include "relay/settings.hpp"

namespace understudy::relay {

/// Any executor; outlives its conversations.
class SmtpCourier final : public Courier {
 public:
  struct Parts {
    archive::Archive& archive;
    CurrentSettings& settings;
    net::Resolver& resolver;
    net::Connector& connector;
    const base::Clock& clock;
    base::Random& random;
  };
  explicit SmtpCourier(Parts parts) : parts_(parts) {}

  net::Task<Opened> open(routing::Hop hop) override;

 private:
  struct Way {  // one route's or the MX's hosts, and how to speak with them
    routing::TlsPolicy tls = routing::TlsPolicy::may;
    std::string certificate;  ///< as in SessionPlan
    std::string auth_file;
    enum class Found : std::uint8_t { by_name, by_mx } found = Found::by_mx;
    base::SteadyTime until = base::SteadyTime::max();  ///< no further host after it
    FoundHosts hosts;
  };
  net::Task<Way> find_way(const Settings& settings, const routing::Route* route, std::string domain);
  net::Task<std::variant<std::unique_ptr<SmtpSession>, Outcome>> connect(const Settings& settings, Way way);
  net::Task<std::variant<std::unique_ptr<SmtpSession>, Outcome>> try_host(const Settings& settings, const Way& way,
                                                                          const Candidate& candidate, routing::TlsPolicy tls);

  Parts parts_;
};

/// "user password" on one line of a file; errc::not_found, errc::malformed. The file's rights are checked by `check`.
base::Result<mail::sasl::Login> read_login(const std::string& file);

}  // namespace understudy::relay
