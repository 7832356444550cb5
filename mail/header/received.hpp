/// Trace fields: making Received (RFC 5321 §4.4, RFC 3848, RFC 6531 §3.7.3, §4.3) and reading the little of them that loop
/// detection needs. Never writes Return-Path, which belongs to final delivery.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "mail/address/address.hpp"
#include "mail/header/scan.hpp"

namespace understudy::mail::header {

/// How the message came; gives the name behind "with" (RFC 3848, RFC 6531 §4.3).
struct Transmission {
  enum class Greeting : std::uint8_t { helo, ehlo, lhlo } greeting = Greeting::ehlo;
  bool encrypted = false;
  bool authenticated = false;
  bool utf8 = false;  ///< MAIL carried SMTPUTF8

  std::string name() const;  ///< "SMTP", "ESMTPSA", "UTF8SMTPS", "LMTP" ...
};

/// Everything in here may come from a stranger; format_received() lets none of it out of its place.
struct Trace {
  std::string helo;         ///< as said in HELO or EHLO
  std::string address;      ///< of the client: "192.0.2.1", "2001:db8::1"
  std::string client_name;  ///< by reverse look-up; empty: unknown
  std::string by;           ///< our own host name
  Transmission transmission;
  std::string tls_version;  ///< "TLSv1.3"; empty: none
  std::string tls_cipher;
  std::string id;                                 ///< ours, for the log
  std::optional<address::Address> for_recipient;  ///< only where there is one alone: others must not learn of each other
  base::WallTime date;
};

/// The field with its name, folded, every line ended by CRLF. 7-bit unless the transmission is utf8. Octets that are not
/// allowed in their place become question marks; each component is cut at 255 octets.
std::string format_received(const Trace& trace);

std::size_t count_received(const Header& header);
/// The host behind "by", in lower case; empty: none. Comments and the name behind "from" do not count.
std::string by_host(std::string_view received_value);
/// How many Received fields name `host` behind "by": how often the message was here.
std::size_t count_by(const Header& header, std::string_view host);

}  // namespace understudy::mail::header
