/// The parameters of MAIL and RCPT (RFC 5321 §4.1.2, esmtp-param). For command.cpp; others want parse_command().
#pragma once

#include <optional>

#include "mail/smtp/command.hpp"

namespace understudy::mail::smtp::command {

/// `text` is all that stands behind the path. nullopt: taken. 501 5.5.4 for a wrong value or one given twice, 555 5.5.4 for a
/// parameter that was not offered.
std::optional<Reply> take_mail_parameters(std::string_view text, const Offered& offered, Mail& mail);
std::optional<Reply> take_rcpt_parameters(std::string_view text, const Offered& offered, Recipient& recipient);

}  // namespace understudy::mail::smtp::command
