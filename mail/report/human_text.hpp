/// The part of a report that people read: what happened, why, and what to do, in words that an ordinary user understands.
#pragma once

#include <string>
#include <string_view>

#include "mail/report/report.hpp"

namespace understudy::mail::report {

/// The worst that happened to any recipient: failed, delayed, then the successes. It sets subject and tone.
Action main_action(const ReportRequest& request);

/// RFC 3463 class.subject.detail, with a class that fits `action`; its general form where `text` is none.
std::string normal_status(std::string_view text, Action action);

std::string subject(const ReportRequest& request, Octets octets);

/// The words of `text`, which holds no line ends, in lines that start with `indent`: CRLF line ends, at most 78 octets but for
/// long words. Empty for no words.
std::string wrapped(std::string_view text, std::string_view indent);

/// Wrapped in the same way; names at most 50 recipients.
std::string human_text(const ReportRequest& request, Octets octets);

}  // namespace understudy::mail::report
