/// Names of mailboxes: modified UTF-7 of the wire (RFC 3501 §5.1.3) to UTF-8 and back, and what makes a name well-formed
/// (RFC 6855 §3, RFC 5198). Strict: each name has one form, so that no two names on the wire are one mailbox. Knows nothing of
/// which mailboxes there are, and of the hierarchy only INBOX.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace understudy::mail::imap {

constexpr std::size_t max_mailbox_name = 1000;  ///< octets of UTF-8; more is a fault
constexpr char hierarchy_delimiter = '/';

/// How names stand in commands: modified UTF-7, or UTF-8 once the session enabled UTF8=ACCEPT or IMAP4rev2.
enum class NameForm { utf7, utf8 };

/// A name out of a command. One that is not well-formed is no syntax error: the command is answered NO with `fault`.
struct MailboxName {
  std::string utf8;   ///< INBOX in capitals; where there is a fault: the octets as they came, for nothing but a log
  std::string fault;  ///< a sentence for the client, empty where the name is good
  bool good() const { return fault.empty(); }
  bool operator==(const MailboxName&) const = default;
};

/// Reads any octets. INBOX in any case becomes "INBOX", alone and as the first level ("inbox/x" is "INBOX/x"). The empty name
/// is good here: LIST and GETMETADATA give it a meaning.
MailboxName read_mailbox_name(std::string_view octets, NameForm form);
/// The same for a pattern of LIST: wildcards are ordinary characters, and INBOX is left to ListPattern.
MailboxName read_list_pattern(std::string_view octets, NameForm form);
/// INBOX in capitals, alone or as the first level; other names as they are.
std::string normalise_inbox(std::string_view utf8);

/// Only the encoding; no limit on length (linear). The error is a sentence: a shift without end, characters outside of the
/// alphabet, bits left over, half a surrogate pair, printable ASCII in base64, a shift that follows another at once, octets
/// beyond ASCII, controls.
std::expected<std::string, std::string> from_utf7(std::string_view octets);
/// `utf8` must be well-formed UTF-8; what is not becomes U+FFFD.
std::string to_utf7(std::string_view utf8);
/// What is wrong with a name in UTF-8, as a sentence; empty: nothing. Not UTF-8, a control (C0, DEL, C1, U+2028, U+2029),
/// too long.
std::string fault_of_name(std::string_view utf8);

}  // namespace understudy::mail::imap
