/// The verbs that do more than ask the server one thing. Each returns the exit status and has said on `err` why, where it is
/// not Exit::done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "app/verbs/context.hpp"
#include "conf/enable_passthrough.hpp"

namespace understudy::app {

/// The configuration and the files that it names; against the running server, the accounts that differ.
Exit check(Context& context);
/// Makes the running server take the changed file.
Exit reload(Context& context);
/// Where things are, by the configuration.
Exit paths(Context& context);

/// The settings of passthrough in force; those of the file where the server does not run.
Exit passthrough_show(Context& context);
enum class Write : std::uint8_t { no, yes };
/// Changes the file, shows the difference, and makes the running server take it.
Exit passthrough_enable(Context& context, const conf::EnablePassthrough& wanted, Write write);

struct NewAccount {
  std::string address;
  std::vector<std::string> aliases;
};
enum class PasswordFrom : std::uint8_t { nowhere, input, terminal };
Exit account_add(Context& context, const NewAccount& account, PasswordFrom password);
enum class ImportMode : std::uint8_t { import, check };
/// Comma-separated lines of a file, or of standard input where it is "-": see account_line.hpp. Each is taken whole or refused
/// on `err`; a check changes nothing. Exit::failed where any was refused.
Exit account_import(Context& context, const std::string& file, ImportMode mode);
Exit account_passwd(Context& context, const std::string& address, PasswordFrom password);
/// `size`: "10G"; "0": no limit.
Exit account_quota(Context& context, const std::string& address, const std::string& size, std::uint64_t messages);

/// A new master key's line on `out`.
Exit encryption_new_key(Context& context);
/// Wraps the key ring under the master key of this file. Opens the ring itself: the server must not run.
Exit encryption_rekey(Context& context, const std::string& new_key_file);
enum class Confirm : std::uint8_t { ask, given };
/// Whether what the other machine never gave a receipt for may end, too.
enum class Receipts : std::uint8_t { demanded, waived };
/// Whose key is destroyed, and why.
struct DestroyWords {
  std::string account;  ///< that was removed: the address it had, or its number
  std::string reason;
  Confirm confirm = Confirm::ask;
  Receipts receipts = Receipts::demanded;
};
Exit account_destroy_key(Context& context, const DestroyWords& words);

/// Moves what the account for undelivered mail keeps for `address` to where it belongs.
Exit mailbox_assign(Context& context, const std::string& address);

struct BinWords {
  std::string account;
  std::string uids = {};  ///< "1:5,9"; "all"
  Confirm confirm = Confirm::ask;
};
Exit bin_restore(Context& context, const BinWords& words);
Exit bin_empty(Context& context, const BinWords& words);

struct MessageName {
  std::string account, folder;
  std::uint32_t uid = 0;
};
/// The octets on `out`, as they come.
Exit message_export(Context& context, const MessageName& message);
/// The metrics of the running server as they are.
Exit metrics(Context& context);

struct JournalRange {
  std::string from;
  std::uint64_t limit = 0;  ///< 0: all
  std::uint16_t partition = 0;
};
Exit journal_list(Context& context, const JournalRange& range);

struct Verification {
  enum class Depth : std::uint8_t { records, bodies } depth = Depth::records;
  std::optional<std::uint16_t> partition;  ///< none: all
  std::optional<std::uint64_t> from, to;   ///< indexes of the first and the last entry; none: all
};
Exit journal_verify(Context& context, const Verification& wanted);

/// Which recipients a proof shows.
struct Shown {
  bool all = false;
  std::vector<std::string> recipients;
};
/// `message`: a position, or account, folder and UID. On `out` where `file` is empty; a file that is there is not written over.
Exit journal_prove(Context& context, const std::vector<std::string>& message, const Shown& shown, const std::string& file);
enum class Checker : std::uint8_t { proof, consistency };
/// The script that checks such files, on `out`.
Exit journal_checker(Context& context, Checker which);
/// What ends of a message, and why.
struct EndWords {
  std::vector<std::string> message;     ///< a position, or account, folder and UID
  std::vector<std::string> recipients;  ///< addresses; none: the whole entry
  std::string reason;
  Confirm confirm = Confirm::ask;
  Receipts receipts = Receipts::demanded;
};
Exit journal_end(Context& context, const EndWords& words);
enum class Orders : std::uint8_t { open, all };
/// Orders to end, given to the other machine and taken from it.
Exit journal_orders(Context& context, Orders which);
Exit journal_obey(Context& context, std::uint64_t order);
Exit journal_decline(Context& context, std::uint64_t order, const std::string& reason);
/// Octets and proof of each entry as files in `folder`, which must be empty or not there, with the script.
Exit journal_export(Context& context, const std::string& folder, const JournalRange& range, const Shown& shown);

/// `journal custody`: a list, one number handed over again, or the report of a period.
struct CustodyWords {
  enum class What : std::uint8_t { open, all, missing, received } what = What::open;
  std::string since, until;  ///< as the administrator writes them; empty: not given
  std::string report;        ///< a new file; empty: no report is wanted
  std::optional<std::uint64_t> again;
  std::string incarnation;
};
/// Exit::failed also where the books of a report contradict each other.
Exit journal_custody(Context& context, const CustodyWords& words);

/// Computes every hash of the audit journal again.
Exit audit_verify(Context& context);
/// The signed heads of the journal (`journal`) or the audit journal (`audit`), where wanted with one that is signed now.
enum class Signing : std::uint8_t { not_now, now };
Exit show_heads(Context& context, const std::string& noun, boost::json::object words, Signing signing);
/// Entries with their proofs on `out`, a line each.
Exit audit_export(Context& context, boost::json::object filter);
/// `duration`: how long it is open; empty: the terms have an end.
Exit case_open(Context& context, boost::json::object terms, const std::string& duration);

/// This machine's key and what the other one's configuration needs, by the server or, where it does not run, by the key's file.
Exit peer_pair(Context& context);

/// Makes mailboxes again from the change log; all of them where `account` is empty. Opens the store itself: the server must
/// not run.
Exit rebuild(Context& context, const std::string& account);

/// A new incarnation for a store that was put back from an older copy. Opens it itself: the server must not run.
Exit restored(Context& context);

}  // namespace understudy::app
