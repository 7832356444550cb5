/// What a next hop offers in its answer to EHLO: RFC 5321 §4.1.1.1, with the keywords of the extensions that we use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mail/smtp/reply.hpp"

namespace understudy::mail::smtp {

struct Capabilities {
  bool pipelining = false;
  bool size = false;
  std::uint64_t max_size = 0;  ///< octets; 0: no limit is named (RFC 1870 §4)
  bool eight_bit_mime = false;
  bool smtputf8 = false;
  bool dsn = false;
  bool chunking = false;
  bool starttls = false;
  bool custody = false;           ///< XCUSTODY: custody.hpp
  std::vector<std::string> auth;  ///< SASL mechanisms in upper case, at most 32 of them

  static Capabilities from_ehlo(const Reply& reply);
};

}  // namespace understudy::mail::smtp
