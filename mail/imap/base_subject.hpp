/// The subject without what replying, forwarding and mailing lists put around it: RFC 5256 §2.1. Linear time, whatever stands
/// there. Never decodes: encoded words are the caller's matter.
#pragma once

#include <string>
#include <string_view>

namespace understudy::mail::imap {

struct BaseSubject {
  std::string text;  ///< in the case it was written in; mime::fold() makes it comparable. May be empty
  /// "Re:", "Fw:", "Fwd:", "(fwd)" or "[fwd: ...]" was removed: what threading calls a reply or forward (§3, step 5).
  bool is_reply_or_forward = false;
  bool operator==(const BaseSubject&) const = default;
};

/// `subject`: decoded, UTF-8, folded or not; runs of white space become one space.
BaseSubject base_subject(std::string_view subject);

}  // namespace understudy::mail::imap
