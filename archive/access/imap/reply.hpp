/// How a command ends: the tagged line (RFC 9051 §7.1), and our own errors as such a line with its code (RFC 5530).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/mailbox/rights.hpp"
#include "base/result.hpp"

namespace understudy::archive::access::imap {

struct Reply {
  /// none: it was said already; lost: the connection is gone or out of step, nothing is said.
  enum class Kind : std::uint8_t { ok, no, bad, none, lost };
  Kind kind = Kind::ok;
  std::string code;  ///< "TRYCREATE"; empty: none
  std::string text;

  static Reply ok(std::string text, std::string code = {}) { return {Kind::ok, std::move(code), std::move(text)}; }
  static Reply no(std::string text, std::string code = {}) { return {Kind::no, std::move(code), std::move(text)}; }
  static Reply bad(std::string text, std::string code = {}) { return {Kind::bad, std::move(code), std::move(text)}; }
  static Reply none() { return {Kind::none, {}, {}}; }
  static Reply lost() { return {Kind::lost, {}, {}}; }
  /// "a1 OK [CODE] text" CRLF.
  std::string line(std::string_view tag) const;
};

/// What a client is told of an error of ours. Says nothing of paths, keys or records: that is for the log.
Reply reply_for(const base::Error& error);

/// RFC 9208 §4.3.1.
Reply over_quota();
/// RFC 4314 §4.
Reply no_right(mailbox::Rights needed);

}  // namespace understudy::archive::access::imap
