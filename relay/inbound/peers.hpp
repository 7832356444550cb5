/// Who is connected: finds the [[client]] of a connection. By certificate, else by the longest matching network; never by what
/// EHLO says.
#pragma once

#include <string>
#include <vector>

#include "base/net/ip.hpp"
#include "base/net/link.hpp"
#include "relay/options.hpp"

namespace understudy::relay {

/// nullptr: none. A client that lists a certificate is only found by it: the address alone is not enough then.
const Client* find_client(const std::vector<Client>& clients, const net::IpAddress& address, const net::TlsInfo* tls);

}  // namespace understudy::relay
