/// What is known about one message before it is planned. Collected by the drivers; plan() only reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "mail/smtp/envelope.hpp"
#include "routing/policy.hpp"

namespace understudy::routing {

enum class Via : std::uint8_t {
  network = 0,     ///< a listener for the world (MX port)
  submission = 1,  ///< a listener that demands authentication
  here = 2,        ///< this instance made it (bounce, report, notice)
  import = 3,      ///< brought in by an administrator
};

/// Who handed the message over.
struct Origin {
  Via via = Via::network;
  std::string client;      ///< name of the [[client]] that was recognised; empty: none
  Permissions may;         ///< of that client
  std::string client_key;  ///< its certificate ("sha256:…") or peer key where it showed one; empty: none
  std::string user;        ///< account name of the authenticated user; empty: none
  std::string address;     ///< IP address in text
  std::string helo;        ///< as said, unchecked
  std::string tls;         ///< "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty: clear text
  Switch refuse_nonlocal_claiming_local = Switch::off;  ///< of the listener: judges the reverse-path
  Switch refuse_nonlocal_from_local = Switch::off;      ///< of the listener: judges the From: field

  bool authenticated() const { return !user.empty(); }
  bool is_client() const { return !client.empty(); }
};

/// What the message's own octets say. Known at the end of data only.
struct MessageFacts {
  base::Digest received{};               ///< SHA-256 of the octets as unstuffed, before anything of ours
  base::Digest handed{};                 ///< SHA-256 of what we put on top, plus those octets: the stored body
  std::uint64_t size = 0;                ///< octets of the stored body
  std::uint32_t received_count = 0;      ///< `Received:` fields on arrival (0 for a message made here)
  std::uint32_t own_received_count = 0;  ///< of these, by our own host name
  bool has_message_id = false;
  bool automatic = false;   ///< Auto-Submitted, Precedence: bulk/list/junk, List-Id, or a null reverse-path
  bool returned = false;    ///< made here before, and came back with the same octets below foreign trace headers
  bool odd_octets = false;  ///< bare CR, bare LF or NUL: relayed on only by BDAT
  bool eight_bit = false;
  std::vector<mail::address::Address> from;  ///< of the first From: field. Decides nothing but refuse_nonlocal_from_local
  bool from_unclear = false;                 ///< not one From: field that `from` holds all of: none, two, too long
  std::string message_id;                    ///< without angle brackets; "" where there is none
  std::string subject;                       ///< for listings; raw, cut
};

}  // namespace understudy::routing
