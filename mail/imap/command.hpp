/// One command of a client as a value: every command of IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051) and of the extensions
/// that stand beside each. Which is allowed when, and whether a mailbox is there, is the session's matter. Does no I/O.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "mail/imap/append.hpp"
#include "mail/imap/fetch_item.hpp"
#include "mail/imap/mailbox_name.hpp"
#include "mail/imap/notify.hpp"
#include "mail/imap/search_key.hpp"
#include "mail/imap/sequence_set.hpp"

namespace understudy::mail::imap {

enum class StatusItem : std::uint8_t {
  messages,
  recent,
  uid_next,
  uid_validity,
  unseen,
  deleted,
  deleted_storage,       ///< RFC 9051, RFC 9208
  size,                  ///< RFC 8438
  highest_mod_sequence,  ///< RFC 7162
  mailbox_id,            ///< RFC 8474
  append_limit,          ///< RFC 7889
};

/// In all commands: names of mailboxes may have a fault (MailboxName::fault; answered NO), all else is well-formed.
namespace command {

struct Capability {};
struct Noop {};
struct Logout {};
struct StartTls {};
struct Check {};
struct Close {};
struct Unselect {};                                                        ///< RFC 3691
struct Namespace {};                                                       ///< RFC 2342
struct Idle {};                                                            ///< RFC 2177; the DONE line: is_done()
struct CompressDeflate {};                                                 ///< RFC 4978
struct Id {                                                                ///< RFC 2971
  std::vector<std::pair<std::string, std::optional<std::string>>> fields;  ///< empty: NIL
};
struct Authenticate {
  std::string mechanism;               ///< upper case
  std::optional<std::string> initial;  ///< as sent: base64, or "=" for an empty response (RFC 4959)
};
struct Login {
  std::string user, password;  ///< any octets but NUL: a literal may hold CR and LF
};
struct Enable {                           ///< RFC 5161
  std::vector<std::string> capabilities;  ///< upper case
};
struct QResync {  ///< RFC 7162; not inside of Select, where no std::optional may be one of it before Select is whole
  std::uint32_t uid_validity = 0;
  std::uint64_t mod_sequence = 0;
  std::optional<Ranges> known_uids;
  Ranges match_sequence, match_uids;  ///< as many numbers in one as in the other; empty: not sent
};
struct Select {
  MailboxName mailbox;
  bool read_only = false;  ///< EXAMINE
  bool condstore = false;  ///< RFC 7162; QRESYNC is it too
  std::optional<QResync> qresync;
};
struct Create {
  MailboxName mailbox;
  std::vector<std::string> special_use;  ///< "\Sent"; RFC 6154: spelled as there where it is known
};
struct Delete {
  MailboxName mailbox;
};
struct Rename {
  MailboxName from, to;
};
struct Subscribe {
  MailboxName mailbox;
};
struct Unsubscribe {
  MailboxName mailbox;
};
struct List {  ///< with LIST-EXTENDED (RFC 5258, RFC 5819, RFC 6154, RFC 8440, RFC 9590)
  MailboxName reference;
  std::vector<MailboxName> patterns;  ///< at least one; for ListPattern, behind interpret()
  bool extended = false;              ///< any of the extended forms was used: then "" as the pattern is a pattern
  bool select_subscribed = false, select_remote = false, select_recursive = false, select_special_use = false;
  bool return_subscribed = false, return_children = false, return_special_use = false, return_my_rights = false;
  std::vector<StatusItem> return_status;     ///< empty: not asked
  std::vector<std::string> return_metadata;  ///< names of entries, lower case
};
struct Lsub {
  MailboxName reference, pattern;
};
struct Status {
  MailboxName mailbox;
  std::vector<StatusItem> items;  ///< each once, in the order asked
};
struct Expunge {
  std::optional<SequenceSet> uids;  ///< UID EXPUNGE (RFC 4315)
};
struct Search {
  bool uid = false;
  ReturnOptions options;
  std::string charset;  ///< as sent; empty: none
  SearchKey key;        ///< of kind both
};
struct Sort {  ///< RFC 5256, RFC 5957, RFC 5267
  bool uid = false;
  ReturnOptions options;
  std::vector<SortKey> order;
  std::string charset;
  SearchKey key;
};
struct Thread {  ///< RFC 5256
  bool uid = false;
  std::string algorithm;  ///< upper case; may be one that we do not know
  std::string charset;
  SearchKey key;
};
struct Fetch {
  bool uid = false;
  SequenceSet messages;
  std::vector<FetchItem> items;  ///< macros are resolved; each once
  std::optional<std::uint64_t> changed_since;
  bool vanished = false;                ///< only with uid and changed_since
  std::optional<PartialRange> partial;  ///< RFC 9394, only with uid
};
struct Store {
  enum class Mode : std::uint8_t { replace, add, remove };
  bool uid = false;
  SequenceSet messages;
  std::optional<std::uint64_t> unchanged_since;
  Mode mode = Mode::replace;
  bool silent = false;
  std::vector<std::string> flags;  ///< system flags spelled as in RFC 9051, others as sent; each once, in any case of letters
};
struct Copy {
  bool uid = false;
  bool move = false;  ///< RFC 6851
  SequenceSet messages;
  MailboxName mailbox;
};
struct GetQuota {  ///< RFC 9208
  std::string root;
};
struct GetQuotaRoot {
  MailboxName mailbox;
};
struct SetQuota {
  std::string root;
  std::vector<std::pair<std::string, std::uint64_t>> limits;  ///< resource in upper case
};
struct GetAcl {  ///< RFC 4314
  MailboxName mailbox;
};
struct SetAcl {
  enum class Mode : std::uint8_t { replace, add, remove };
  MailboxName mailbox;
  std::string identifier;
  Mode mode = Mode::replace;
  std::string rights;  ///< lower-case letters and digits
};
struct DeleteAcl {
  MailboxName mailbox;
  std::string identifier;
};
struct ListRights {
  MailboxName mailbox;
  std::string identifier;
};
struct MyRights {
  MailboxName mailbox;
};
struct GetMetadata {  ///< RFC 5464
  enum class Depth : std::uint8_t { zero, one, infinity };
  MailboxName mailbox;  ///< empty: of the server
  std::optional<std::uint64_t> max_size;
  Depth depth = Depth::zero;
  std::vector<std::string> entries;  ///< lower case
};
struct SetMetadata {
  MailboxName mailbox;
  std::vector<std::pair<std::string, std::optional<std::string>>> entries;  ///< nothing: NIL, the entry goes
};

using Any = std::variant<Capability, Noop, Logout, StartTls, Check, Close, Unselect, Namespace, Idle, CompressDeflate, Id,
                         Authenticate, Login, Enable, Select, Create, Delete, Rename, Subscribe, Unsubscribe, List, Lsub,
                         Status, Append, Replace, Expunge, Search, Sort, Thread, Fetch, Store, Copy, GetQuota, GetQuotaRoot,
                         SetQuota, GetAcl, SetAcl, DeleteAcl, ListRights, MyRights, GetMetadata, SetMetadata, Notify>;
}  // namespace command

struct Command {
  std::string tag;
  command::Any what;
};

/// What one command may hold; more is a syntax error. The octets of the whole are the reader's to limit.
struct ParseLimits {
  std::size_t tag = 128;            ///< octets
  std::size_t nesting = 100;        ///< of parentheses, NOT and OR
  std::size_t search_keys = 2'000;  ///< in a tree, lists too
  std::size_t fetch_items = 200;
  std::size_t patterns = 50;        ///< of one LIST: each is tried on each name
  std::size_t section_depth = 100;  ///< numbers in one section
  std::size_t list_items = 1'000;   ///< of any other list: flags, header names, entries, messages and their parts
  std::size_t flag = 255;           ///< octets of a flag or keyword
  SequenceSet::Limits sequence_set;
};

struct ParseContext {
  /// UTF-8 where the session enabled UTF8=ACCEPT or IMAP4rev2: names are it then, and quoted strings may hold it (RFC 6855 §3).
  NameForm names = NameForm::utf7;
  ParseLimits limits;
};

/// Why a text is no command: answered "TAG BAD text", or "* BAD text" where the tag could not be read.
struct SyntaxError {
  std::string tag;   ///< empty: there was none
  std::string text;  ///< a sentence, printable ASCII without line ends, at most 200 octets; repeats nothing of the command
};

/// `text`: the command without its last CRLF, literals in place: "{3}" CRLF and the octets. Of the messages of APPEND and
/// REPLACE only the heads ("{310}" CRLF), as CommandReader leaves them. Linear; bounded recursion (ParseLimits::nesting).
std::expected<Command, SyntaxError> parse_command(std::string_view text, const ParseContext& context);

/// The line that ends IDLE, without its CRLF; any case.
bool is_done(std::string_view line);

/// The name of the command at the front of a text, in capitals with UID before it; empty where it is none of ours. For logs and
/// metrics: tells nothing of what may be a password.
std::string_view known_name(std::string_view text);

}  // namespace understudy::mail::imap
