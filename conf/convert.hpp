/// From the configuration to what each folder reads. Pure; the Config was checked by load().
#pragma once

#include "archive/store/options.hpp"
#include "conf/config.hpp"

namespace understudy::conf {

/// The role at the very first start; later the store knows it.
routing::Role first_role(const Config& config);

/// What an archive that took over does where the file does not say: the primary's column of the passthrough table, with
/// domains, resend window and create limit of `first`.
InCharge primary_column(const routing::Passthrough& first);

/// The policy of a role: [passthrough] for the first one, [passthrough.in_charge] for an archive in charge; a former primary
/// on standby takes mail from clients only and copies nothing to its outbox.
routing::Policy to_policy(const Config& config, routing::Role role);
routing::RouteTable to_routes(const Config& config);
archive::store::Options to_store_options(const Config& config);
/// Ready for the relay: [limits] is in every listener, the EHLO name is filled in.
const relay::Options& to_relay_options(const Config& config);

/// Where the SMTP listeners of this configuration can be reached on a machine with these addresses.
std::vector<net::Endpoint> own_endpoints(const Config& config, const std::vector<net::IpAddress>& addresses);

}  // namespace understudy::conf
