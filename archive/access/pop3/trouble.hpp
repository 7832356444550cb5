/// What a client of POP3 is told of an error of ours. Writes it into the log where there is something to do about it.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "mail/pop3/dialogue.hpp"

namespace understudy::archive::access::pop3 {

inline mail::pop3::Trouble trouble_of(const base::Error& error) {
  base::log::warn("pop3.failed", {{"reason", error.text()}});
  const bool lasting = error.code == base::errc::damaged || error.code == base::errc::no_key;
  return lasting ? mail::pop3::Trouble::permanent : mail::pop3::Trouble::temporary;
}

/// Of a message that was listed: IMAP may have expunged it since, which is nobody's fault.
inline mail::pop3::Trouble trouble_of_message(const base::Error& error) {
  return error.code == base::errc::not_found ? mail::pop3::Trouble::gone : trouble_of(error);
}

}  // namespace understudy::archive::access::pop3
