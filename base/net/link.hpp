/// One connection, in the clear or under TLS, as sessions see it; sockets below it, or pipes in memory in a test.
/// RFC 8446 and RFC 5246 (TLS), RFC 9266 (tls-exporter). Never buffers what it read: who reads ahead is LineReader.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/digest.hpp"
#include "base/net/errc.hpp"
#include "base/net/ip.hpp"
#include "base/result.hpp"

namespace understudy::net {

namespace asio = boost::asio;
template <class T = void>
using Task = asio::awaitable<T>;
using Timeout = std::chrono::milliseconds;  ///< for the whole call, from its start

class TlsContext;

/// What the side that starts TLS expects of the other one.
struct TlsExpect {
  enum class Verify {
    report,  ///< go on with any certificate; TlsInfo says what it was worth
    demand,  ///< errc::certificate where it does not verify
  };
  std::string name;  ///< as a client: host for SNI and for the check (RFC 6125); empty: neither
  Verify verify = Verify::report;
};

struct TlsInfo {
  std::string version;  ///< "TLSv1.3"
  std::string cipher;
  std::string server_name;                  ///< SNI, asked by the client
  std::optional<base::Digest> certificate;  ///< SHA-256 of the peer's certificate, DER
  std::optional<base::Digest> public_key;   ///< SHA-256 of its SubjectPublicKeyInfo, DER
  bool verified = false;                    ///< chain to a known root, and the name where one was asked for
  std::string why_not;                      ///< where not verified
  /// Of a client's certificate that was verified: its rfc822Names and the emailAddresses of its subject (RFC 5280
  /// §4.2.1.6), as they stand there, TlsContext::most_addresses of them at most.
  std::vector<std::string> addresses;
  std::string exporter;  ///< tls-exporter channel binding, 32 octets; empty where the session offers none safely
};

/// All calls from executor(), or before anything runs on it. At most one read and one write are out at a time; a time-out
/// of either ends both. Views and spans must live until the call returns. After errc::timed_out or errc::cancelled a last
/// write and close() are worth a try, a read is not. In a task that was told to stop a new read, handshake or connect
/// fails with errc::cancelled at once; a new write still goes out, so that a session can say why it leaves.
class Link {
 public:
  virtual ~Link() = default;  ///< as abort()
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// At least one octet, at most into.size() (not 0). The peer's end is errc::closed, and again on every later read.
  virtual Task<base::Result<std::size_t>> read_some(std::span<char> into, Timeout timeout) = 0;
  /// All of it or an error; then how much went out is unknown.
  virtual Task<base::Result<>> write(std::string_view all, Timeout timeout) = 0;
  /// The handshake, in the role that the context was made for. Before it the caller sees to it that
  /// nothing read ahead in the clear (LineReader::has_buffered) counts after it. After a failure only abort() is left.
  virtual Task<base::Result<>> start_tls(const TlsContext& context, TlsExpect expect, Timeout timeout) = 0;
  /// nullptr in the clear. Valid as long as the link.
  virtual const TlsInfo* tls() const = 0;

  virtual Endpoint local() const = 0;
  virtual Endpoint peer() const = 0;
  virtual asio::any_io_executor executor() const = 0;
  /// Will the peer send nothing more, as far as can be told without reading? For who works long and writes nothing meanwhile.
  /// What came before its end can still be read.
  virtual bool peer_has_gone() { return false; }

  /// Ends in order: close_notify, FIN, then a short, bounded drain so that a reset does not overtake the last reply.
  virtual Task<> close(Timeout timeout = Timeout(2000)) = 0;
  /// Ends now. Waits under way fail with errc::cancelled. Any number of times.
  virtual void abort() = 0;
};

}  // namespace understudy::net
