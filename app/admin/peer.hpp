/// What is said of the peer link: `peer status`, `peer pair`, and the line of `status`.
#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "app/machine.hpp"
#include "base/ed25519.hpp"

namespace understudy::app {

/// Of the link as it is now. From the machine's home.
boost::json::object peer_status_of(const Machine& machine);
/// "up: archive.example.org, understudy 0.1.0", or what is missing without a link, and why there is none.
std::string peer_line_of(const Machine& machine);

/// This machine's key, and the [peer] that the other one needs. Also of a machine that does not run.
boost::json::object peer_pair_of(const conf::Config& config, const base::PublicKey& key);

}  // namespace understudy::app
