/// PREVIEW (RFC 8970 §3): the beginning of a text as one line. Says which part it is made from. Never fails: what cannot be
/// decoded gives little or nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mail/mime/structure.hpp"

namespace understudy::mail::imap {

constexpr std::size_t preview_characters = 256;  ///< RFC 8970 §3.1: never more

/// Whether the preview of a message is made from that part, if it is the first such one: text/plain or text/html, no
/// attachment. Parts of messages within the message are the caller's to leave out.
bool is_for_preview(const mime::Part& part);

/// `octets`: the front of the part's body as stored; a few KiB do. Decoded, to UTF-8, HTML to text, white space collapsed,
/// control characters left out; at most preview_characters, valid UTF-8.
std::string make_preview(std::string_view octets, mime::Encoding encoding, const mime::ContentType& type);

}  // namespace understudy::mail::imap
