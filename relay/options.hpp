/// What the relay is run with: listeners, clients, limits, the way out, DNS and TLS. Plain values, filled by conf from one
/// file and checked there. RFC 5321 §4.5.3 (sizes and time-outs), §4.5.4.1 (retries).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "archive/login/options.hpp"
#include "base/net/ip.hpp"
#include "mail/smtp/options.hpp"
#include "routing/policy.hpp"

namespace understudy::relay {

enum class Protocol : std::uint8_t { smtp, submission, imap, pop3, http };

inline bool speaks_smtp(Protocol protocol) {
  return protocol == Protocol::smtp || protocol == Protocol::submission;
}

/// Of one session. At each limit the session answers as the RFC says and memory stays bounded.
struct Limits {
  std::uint64_t message_size = 100ull << 20;  ///< octets as unstuffed; beyond: 552 5.3.4, said in EHLO as SIZE (RFC 1870)
  std::uint32_t recipients = 1000;            ///< of one transaction; beyond: 452 4.5.3 for each (RFC 5321 §4.5.3.1.10)
  std::uint32_t command_line = 4096;          ///< octets of a command without its line end; beyond: 500 5.5.2
  std::uint32_t header_fields = 10000;        ///< of one message; beyond: 554 5.6.0. Evidence of `copy` clients is exempt
  std::uint32_t errors = 20;                  ///< refused commands of one session; beyond: 421 and the end
  std::chrono::milliseconds command_wait = std::chrono::minutes(5);  ///< for a whole command (RFC 5321 §4.5.3.2.7)
  std::chrono::milliseconds data_wait = std::chrono::minutes(5);     ///< for the next octets of a message
  std::uint32_t data_rate = 64;  ///< octets a second of message data, the least on average after the first data_wait; 0: any
  /// For all of a transaction but the time that its data may take by data_rate. Then 421 4.4.2, whatever it waits for.
  std::chrono::milliseconds transaction_wait = std::chrono::hours(1);
};

/// Of all listeners together. Beyond: 421 4.3.2 before anything is read, and the connection is closed.
struct ConnectionLimits {
  /// The last tenth is kept for a [[client]] and for submission. Beyond, who has waited longest for a command has to leave, a
  /// [[client]] and a user with a login excepted; only where nobody waits a newcomer is refused.
  std::uint32_t total = 1000;
  std::uint32_t per_address = 50;  ///< an IPv6 /64 counts as one address; a [[client]] is exempt
};

struct Listener {
  Protocol protocol = Protocol::smtp;
  std::vector<net::Endpoint> binds;  ///< never empty
  mail::smtp::ServerTls tls = mail::smtp::ServerTls::starttls;
  /// nullopt: by role, see sender_check().
  std::optional<routing::Switch> refuse_nonlocal_claiming_local;
  /// Off in every role: mailing lists hand on what our own users wrote.
  routing::Switch refuse_nonlocal_from_local = routing::Switch::off;
  Limits limits;
};

/// Whether this listener refuses local reverse-paths of the world: where the file is silent, on for the MX port of the
/// machine in charge, off for submission (which demands a login) and on an archive.
inline routing::Switch sender_check(const Listener& listener, routing::Role role) {
  if (listener.refuse_nonlocal_claiming_local) return *listener.refuse_nonlocal_claiming_local;
  const bool mx_port = listener.protocol == Protocol::smtp;
  return mx_port && role == routing::Role::in_charge ? routing::Switch::on : routing::Switch::off;
}

/// A machine that may do more than the world. Found by its certificate where it shows one that is listed, else by the
/// longest network that holds its address (net::longest_match).
struct Client {
  std::string name;  ///< canonical host name; a label, never compared with EHLO
  std::vector<net::Network> networks;
  std::string certificate;  ///< "sha256:" and 64 hexadecimal digits in lower case; empty: not asked for
  routing::Permissions may;
  mail::smtp::OddOctets odd_octets = mail::smtp::OddOctets::refuse;
};

/// The time-outs of a client: RFC 5321 §4.5.3.2.
struct OutboundWaits {
  std::chrono::milliseconds connect = std::chrono::seconds(30);
  std::chrono::milliseconds greeting = std::chrono::minutes(5);    ///< §4.5.3.2.1
  std::chrono::milliseconds command = std::chrono::minutes(5);     ///< EHLO, MAIL (§4.5.3.2.2), RCPT (§4.5.3.2.3), the rest
  std::chrono::milliseconds data_start = std::chrono::minutes(2);  ///< the reply to DATA: §4.5.3.2.4
  std::chrono::milliseconds data_block = std::chrono::minutes(3);  ///< each write of the message: §4.5.3.2.5
  std::chrono::milliseconds data_end = std::chrono::minutes(10);   ///< the reply to the final dot: §4.5.3.2.6
  /// To a host found by MX: from the connection to the reply to the first MAIL, all in all. Less than the sum of the others:
  /// whoever has a domain can make us wait.
  std::chrono::milliseconds open = std::chrono::minutes(2);
};

/// Towards next hops.
struct Outbound {
  std::string ehlo_name;           ///< canonical; the host name where the file is silent
  std::uint32_t hosts = 5;         ///< of one MX answer, tried in one attempt; of each a few addresses (RFC 5321 §5.1)
  std::uint32_t connections = 50;  ///< to all next hops together
  std::uint32_t connections_per_hop = 4;
  std::uint32_t messages_per_connection = 100;
  /// A connection to a hop of a route stays open so long after its last message; 0: it is ended at once.
  std::chrono::milliseconds keep_open = std::chrono::seconds(5);
  OutboundWaits waits;
};

/// When an entry of the outbox is tried again, and when given up: RFC 5321 §4.5.4.1. Copies never expire.
struct Queue {
  std::chrono::milliseconds retry_first = std::chrono::minutes(5);
  std::chrono::milliseconds retry_longest = std::chrono::hours(1);  ///< the wait doubles from the first to this one
  std::uint32_t retry_jitter = 10;                                  ///< per cent, to either side
  std::chrono::milliseconds expiry = std::chrono::days(5);          ///< §4.5.4.1 asks for 4 to 5 days
  std::chrono::milliseconds delay_notice = std::chrono::hours(4);   ///< 0: none
};

struct Dns {
  std::vector<net::Endpoint> servers;  ///< empty: those of resolv.conf
  bool allow_loopback = false;         ///< follow MX records to loopback or to ourselves: for tests only
};

/// Files in PEM. Both empty: a self-signed pair is made at the first start.
struct Tls {
  std::string certificate;
  std::string key;
};

struct Options {
  std::vector<Listener> listeners;
  std::vector<Client> clients;
  ConnectionLimits connections;
  archive::login::Limits logins;
  Outbound outbound;
  Queue queue;
  Dns dns;
  Tls tls;
  std::chrono::milliseconds stop_wait = std::chrono::seconds(30);  ///< for sessions in a transaction after SIGTERM
  std::uint64_t free_space = 256ull << 20;  ///< octets; with less left on the medium mail gets 452 4.3.1; 0: no such floor
};

}  // namespace understudy::relay
