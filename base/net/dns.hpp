/// DNS look-ups, as a thing that is handed in: c-ares (dns_ares.hpp), a cache (dns_cache.hpp), or a test's script.
/// RFC 1035, RFC 2308 (negative answers), RFC 5321 §5.1, RFC 7505 (null MX). What the DNS says is a value, a server that
/// does not answer too; an Error means that the caller was told to stop. Never decides where mail goes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/net/ip.hpp"
#include "base/result.hpp"

namespace understudy::net {

enum class DnsStatus {
  found,
  no_data,         ///< the name exists, without such a record
  no_such_domain,  ///< NXDOMAIN, or not a name at all
  temporary,       ///< SERVFAIL, refusal, time-out, an answer that makes no sense: ask again later
};

/// What every answer carries.
struct DnsAnswer {
  DnsStatus status = DnsStatus::temporary;
  std::chrono::seconds ttl{0};  ///< of the answer as a whole: least of its records, or of the SOA where it is negative
  std::string detail;           ///< for the log, where temporary
};

struct MxRecord {
  std::uint16_t preference = 0;
  std::string exchange;  ///< lower case, no dot at the end; empty: the root, "accepts no mail" where it stands alone
  auto operator<=>(const MxRecord&) const = default;
};
struct MxAnswer : DnsAnswer {
  std::vector<MxRecord> records;  ///< by preference, those of equal preference as they came; at most 100
};

struct AddressAnswer : DnsAnswer {
  std::vector<IpAddress> addresses;  ///< IPv6 first; at most 32
};

struct NameAnswer : DnsAnswer {
  std::vector<std::string> names;  ///< lower case, no dot at the end; at most 8
};

enum class Families { ipv4, ipv6, both };

class Resolver {
 public:
  virtual ~Resolver() = default;
  /// Names are A-labels, with or without the dot at the end; other text is answered with no_such_domain, unasked.
  /// CNAMEs are followed, at most 8. All from any thread; the call returns on the caller's executor.
  virtual boost::asio::awaitable<base::Result<MxAnswer>> mx(std::string domain) = 0;
  /// `both`: found where one family is; temporary where none is found and one did not answer.
  virtual boost::asio::awaitable<base::Result<AddressAnswer>> addresses(std::string host, Families families) = 0;
  virtual boost::asio::awaitable<base::Result<NameAnswer>> names(IpAddress address) = 0;
};

inline constexpr std::size_t max_mx = 100;
inline constexpr std::size_t max_addresses = 32;
inline constexpr std::size_t max_names = 8;
inline constexpr std::size_t max_cnames = 8;

}  // namespace understudy::net
