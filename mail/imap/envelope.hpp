/// ENVELOPE of FETCH (RFC 3501 §7.4.2, RFC 9051 §7.5.2), made from a header, in its written form. Reads no octets but those of
/// the header, decodes no encoded words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mail/header/scan.hpp"

namespace understudy::mail::imap {

struct EnvelopeLimits {
  std::size_t addresses = 5'000;    ///< of all fields together; Sender and Reply-To that default to From count once
  std::size_t text = 8 * 1024;      ///< octets of each subject, name, id ...; the rest is cut, at a whole UTF-8 character
  std::size_t octets = 512 * 1024;  ///< of all addresses as written; further ones are left out
};

struct Envelope {
  std::string wire;        ///< "(date subject from sender reply-to to cc bcc in-reply-to message-id)"
  bool truncated = false;  ///< a limit cut something off, or the header itself was cut
};

/// Of duplicate fields the first counts, but address fields add up (mail/header/fields.hpp). Values are unfolded. NIL: the
/// field is not there; "": there and empty. An address without a domain has the host "", because NIL would begin a group.
Envelope make_envelope(const header::Header& header, const EnvelopeLimits& limits = {});

/// The envelope of which nothing is known: ten times NIL.
constexpr std::string_view empty_envelope = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";

}  // namespace understudy::mail::imap
