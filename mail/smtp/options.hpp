/// What the configuration says about SMTP: limits and offers of the server side, needs of the client side. Plain values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace understudy::mail::smtp {

/// Bare CR, bare LF, NUL and long lines in a message: refused after its true end, or kept as data that never ends it.
enum class OddOctets : std::uint8_t { refuse, keep };

/// For one message.
struct BodyOptions {
  std::uint64_t max_octets = std::numeric_limits<std::uint64_t>::max();  ///< counted after unstuffing
  OddOctets odd_octets = OddOctets::refuse;
  /// Octets of a line without its CRLF. RFC 5321 §4.5.3.1.6 promises only 998, but much honest mail has longer ones and the
  /// archive must not lose it. Looked at only where odd octets are refused: what is kept is kept whatever its shape.
  std::uint64_t max_line = 1 << 20;
};

/// How much of what is too big is read past, so that an honest client hears why and stays in step: octets of one message by
/// DATA, or of refused chunks in one connection. Beyond, the connection is closed.
constexpr std::uint64_t drain_limit(std::uint64_t max_message) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return max_message > (most - (1 << 20)) / 2 ? most : 2 * max_message + (1 << 20);
}

/// Octets of all paths and parameters that one transaction may keep: 452 4.5.3 for the recipient that goes beyond.
/// RFC 5321 §4.5.3.1.3 and RFC 3461 §4.2 allow 256 for a path and 500 for ORCPT, but nobody has a thousand of those.
constexpr std::size_t envelope_limit(std::size_t max_recipients) {
  return std::max<std::size_t>(256 * 1024, 256 * max_recipients);
}

/// Commands, octets without the line end. RFC 5321 §4.5.3.1.4 asks for 512, its extensions for about 1,800 more (a MAIL with
/// everything); RFC 4954 §4 asks for 12,288 for AUTH and its continuation lines.
struct LineLimits {
  std::size_t command = 4096;
  std::size_t auth = 12288;
};

enum class ServerTls : std::uint8_t { none, starttls, implicit };

/// What a client must have done before it may start a transaction: RFC 3207 §4, RFC 4954 §6.
enum class Demand : std::uint8_t { nothing, tls, authentication };

/// Who is offered DSN (RFC 3461). Known is a client that the driver named so, or a user who has logged in or has to. A stranger
/// who may ask for reports of success has us write to whomever he names as the sender; where he is not offered DSN, his own
/// server says that the message was handed over (§5.2.2).
enum class OfferDsn : std::uint8_t { nobody, known, everybody };
enum class Peer : std::uint8_t { stranger, known };

/// Who is offered XCUSTODY (custody.hpp): only whom the driver names, since what is said there is believed.
enum class OfferCustody : std::uint8_t { no, yes };

/// Of one listener. At the limits the client gets the reply named; the dialogue stays usable unless it says 421.
struct ServerOptions {
  std::string hostname = "localhost";  ///< said in the greeting and to EHLO
  ServerTls tls = ServerTls::none;
  Demand demand = Demand::nothing;
  /// SASL mechanisms in the order of EHLO; offered only once TLS is on, whatever stands here. Empty: no AUTH.
  std::vector<std::string> mechanisms;

  bool offer_8bitmime = true;
  bool offer_smtputf8 = true;
  OfferDsn offer_dsn = OfferDsn::everybody;
  bool offer_chunking = true;

  std::uint64_t max_message = 100 << 20;      ///< octets; 552 5.3.4. See drain_limit()
  std::size_t max_recipients = 1000;          ///< accepted in one transaction; 452 4.5.3 (RFC 5321 §4.5.3.1.8: at least 100).
                                              ///< See envelope_limit()
  std::size_t max_errors = 20;                ///< commands refused as wrong, in one connection; 421 4.7.0
  std::size_t max_idle_commands = 100;        ///< commands that led to no message since the last one; 421 4.7.0
  std::size_t max_refused_recipients = 2000;  ///< in one connection: searching for addresses; 421 4.7.0
  std::size_t max_auth_failures = 3;          ///< in one connection; the last gets 421 4.7.0
  LineLimits lines;
};

/// Towards one next hop. The dialogue says what it needs; the driver dials and makes the handshake.
enum class ClientTls : std::uint8_t {
  none,      ///< never asked for
  may,       ///< where offered
  required,  ///< else the session fails; how the certificate is judged is the driver's matter
  implicit,  ///< on before the greeting
};

struct ClientOptions {
  std::string hostname = "localhost";  ///< said in EHLO: a domain or an address literal
  ClientTls tls = ClientTls::may;
  bool authenticate = false;       ///< log in before the first transaction; only under TLS, else the session fails
  std::size_t max_pipelined = 50;  ///< commands on the way at most: their replies must fit the socket's buffer (RFC 2920 §3.1)
};

}  // namespace understudy::mail::smtp
