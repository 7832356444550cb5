/// The arguments of each kind of command, for command.cpp alone: each function reads them off `in`, which stands behind the
/// name (in front of the first space), and gives false where in.error() says why not. What is left behind them is the caller's
/// matter.
#pragma once

#include "mail/imap/command.hpp"
#include "mail/imap/token_reader.hpp"

namespace understudy::mail::imap::parsers {

// search: parse_search.cpp
bool read(TokenReader& in, command::Search& out);
bool read(TokenReader& in, command::Sort& out);
bool read(TokenReader& in, command::Thread& out);

// messages: parse_messages.cpp; fetch items: parse_fetch.cpp
bool read_fetch_item(TokenReader& in, FetchItem& out);
bool read(TokenReader& in, command::Fetch& out);
bool read(TokenReader& in, command::Store& out);
bool read(TokenReader& in, command::Copy& out);
bool read(TokenReader& in, command::Expunge& out);  ///< only called for UID EXPUNGE

// mailboxes: parse_mailboxes.cpp
bool read(TokenReader& in, command::Select& out);
bool read(TokenReader& in, command::Create& out);
bool read(TokenReader& in, command::Rename& out);
bool read(TokenReader& in, command::Lsub& out);
bool read(TokenReader& in, command::Status& out);
bool read(TokenReader& in, command::List& out);
bool read_status_items(TokenReader& in, std::vector<StatusItem>& out);

// the session: parse_session.cpp
bool read(TokenReader& in, command::Id& out);
bool read(TokenReader& in, command::Authenticate& out);
bool read(TokenReader& in, command::Login& out);
bool read(TokenReader& in, command::Enable& out);
bool read(TokenReader& in, command::CompressDeflate& out);

// rights, quota, metadata, events: parse_extensions.cpp, parse_notify.cpp
bool read(TokenReader& in, command::GetQuota& out);
bool read(TokenReader& in, command::SetQuota& out);
bool read(TokenReader& in, command::SetAcl& out);
bool read(TokenReader& in, command::DeleteAcl& out);
bool read(TokenReader& in, command::ListRights& out);
bool read(TokenReader& in, command::GetMetadata& out);
bool read(TokenReader& in, command::SetMetadata& out);
bool read(TokenReader& in, command::Notify& out);
bool read_entries(TokenReader& in, std::vector<std::string>& out);  ///< of metadata: one, or a list

// " mailbox", for all that take nothing else
bool read_mailbox(TokenReader& in, MailboxName& out);

/// In capitals; ASCII only.
std::string to_upper(std::string_view text);

}  // namespace understudy::mail::imap::parsers
