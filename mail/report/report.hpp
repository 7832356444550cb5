/// Delivery reports: a message that tells a sender what became of his mail. multipart/report (RFC 6522) of a text for people,
/// message/delivery-status for programs (RFC 3464, statuses of RFC 3463), and the original or its header (RFC 3461 §4.3); in
/// the message/global forms of RFC 6533 where an address is UTF-8. Never decides whether a report may be made, and never writes
/// a Return-Path: the null reverse-path is the caller's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "mail/address/address.hpp"
#include "mail/report/delivery_status.hpp"

namespace understudy::mail::report {

/// What became of one recipient. All text may come from strangers.
struct RecipientReport {
  address::Address final_recipient;
  std::string orcpt;  ///< as in smtp::Recipient: "rfc822;" and xtext; empty: none
  Action action = Action::failed;
  std::string status;      ///< RFC 3463: "5.1.1"; what has no such form becomes the general status of the action
  std::string remote_mta;  ///< host that answered; empty: none did
  std::string diagnostic;  ///< smtp::Reply::text() of its answer, or of ours; empty: none
  std::optional<base::WallTime> last_attempt;
  std::optional<base::WallTime> will_retry_until;  ///< delayed only
};

/// The message that the report is about; views are needed only during make_report().
struct Original {
  std::string_view head;  ///< the octets from its beginning, as many as hold the header; what is not header is left out
  std::string_view full;  ///< RET=FULL: all its octets; empty: only the header is returned
};

struct ReportRequest {
  std::string message_id;     ///< of the report, with its brackets: header::make_message_id()
  std::string reporting_mta;  ///< our host name
  address::Address from;      ///< MAILER-DAEMON or postmaster at the domain of the sender's own server
  address::Address to;        ///< the original sender
  std::string postmaster;     ///< whom to ask, as shown to the reader; empty: "your postmaster"
  base::WallTime date;
  std::optional<base::WallTime> arrival;    ///< of the original
  std::string envid;                        ///< as in smtp::Envelope: xtext; empty: none
  std::vector<RecipientReport> recipients;  ///< at least one
  Original original;
  std::string randomness;  ///< at least 16 octets: makes the boundary
};

struct Report {
  std::string octets;      ///< CRLF line ends throughout, Message-ID first
  bool utf8 = false;       ///< needs SMTPUTF8 (RFC 6531): an address is UTF-8
  bool eight_bit = false;  ///< needs BODY=8BITMIME: utf8, or an original returned in full that is so
};

/// Octets of the original that a report carries at most. A larger header is cut at a line; a larger message, or one that
/// could not travel unchanged (bare CR or LF, NUL, lines over 998 octets), is returned as its header alone.
constexpr std::size_t max_returned_header = 64 * 1024;
constexpr std::size_t max_returned_full = 4 * 1024 * 1024;

Report make_report(const ReportRequest& request);

}  // namespace understudy::mail::report
