/// Reads the records of a DNS answer that c-ares has received and matched to its question.
/// RFC 1035 §4, RFC 2181 §8 (TTL), RFC 2308 §5 (negative TTL). No I/O; any octets are safe; names are expanded by c-ares.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net/dns.hpp"

namespace understudy::net {

enum class DnsType : std::uint16_t { a = 1, cname = 5, soa = 6, ptr = 12, mx = 15, aaaa = 28 };

struct DnsRecords {
  std::vector<MxRecord> mx;  // as many as the type asked for has
  std::vector<IpAddress> addresses;
  std::vector<std::string> names;
  std::chrono::seconds ttl{0};           ///< least of the records used, CNAMEs on the way too; at most a day
  std::chrono::seconds negative_ttl{0};  ///< from the SOA where there is one; at most an hour
  bool cut_short = false;                ///< CNAMEs that lead to nothing, and no SOA that says so: the server gave up
};

/// The records of `type` at `name` (as from dns_name()), at the end of at most max_cnames CNAMEs. Records of other owners
/// are not looked at; those whose target is no name are left out. errc::malformed (base): not a DNS message;
/// too_long (base): CNAMEs without end.
base::Result<DnsRecords> read_records(std::string_view message, const std::string& name, DnsType type);

}  // namespace understudy::net
