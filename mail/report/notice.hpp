/// Notices: what this server has to tell its postmaster, in words. A plain text message; RFC 3834 §5 (Auto-Submitted). The null
/// reverse-path is the caller's.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "mail/address/address.hpp"
#include "mail/report/report.hpp"

namespace understudy::mail::report {

struct NoticeRequest {
  std::string message_id;  ///< with its brackets: header::make_message_id()
  address::Address from;   ///< MAILER-DAEMON at the domain of the server
  address::Address to;
  base::WallTime date;
  std::string subject;
  std::string text;  ///< paragraphs, with an empty line between them; may hold what strangers said
};

/// As a Report: CRLF line ends, Message-ID first, lines wrapped; octets that its addresses do not ask for become question
/// marks.
Report make_notice(const NoticeRequest& request);

}  // namespace understudy::mail::report
