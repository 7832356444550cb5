/// The verbs that do more than ask the server one thing. Each returns the exit status and has said on `err` why, where it is
/// not Exit::done.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

/// Moves what the account for undelivered mail keeps for `address` to where it belongs.
Exit mailbox_assign(Context& context, const std::string& address);

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
/// The script that checks proofs, on `out`.
Exit journal_checker(Context& context);
/// Octets and proof of each entry as files in `folder`, which must be empty or not there, with the script.
Exit journal_export(Context& context, const std::string& folder, const JournalRange& range, const Shown& shown);

/// This machine's key and what the other one's configuration needs, by the server or, where it does not run, by the key's file.
Exit peer_pair(Context& context);

/// Makes mailboxes again from the change log; all of them where `account` is empty. Opens the store itself: the server must
/// not run.
Exit rebuild(Context& context, const std::string& account);

}  // namespace understudy::app
