/// The verbs, one function each, in files by noun.
#pragma once

#include "app/admin/answers.hpp"
#include "app/admin/api.hpp"
#include "app/admin/arguments.hpp"

namespace understudy::app {

/// `parts` outlives the call.
using Handler = net::Task<AdminAnswer>(const AdminParts& parts, Arguments arguments);

Handler account_list, account_add, account_remove, account_passwd, account_show, account_compare, account_import;
Handler mailbox_list, mailbox_create, mailbox_rename, mailbox_remove, mailbox_assign;
Handler message_list, message_show, message_export, message_flag, message_move, message_copy, message_delete;
Handler queue_list, queue_show, queue_retry, queue_hold, queue_release, queue_remove;
Handler journal_list, journal_show, journal_partitions, journal_custody;
Handler journal_prove, journal_octets, journal_heads, journal_consistency, journal_rotate_key;
Handler peer_status, peer_pair, peer_witness, peer_settle;
Handler server_status, server_settings, server_reload;
/// In the text format of Prometheus.
Handler server_metrics;

/// An address as the administrator writes it, to the name of the account under which mail for it is kept. errc::malformed;
/// errc::not_found: its domain is not local.
base::Result<routing::AccountName> account_name(const archive::Archive& archive, std::string_view address);
/// "0.17", or "17" in partition 0.
std::optional<archive::Position> position_of(std::string_view text);
/// By its address or an alias. errc::malformed, errc::not_found.
base::Result<archive::directory::AccountRecord> find_account(const archive::Archive& archive, std::string_view address);

/// Waits until the change is durable, or failed.
net::Task<base::Result<>> change(archive::Archive& archive, archive::Change change);

}  // namespace understudy::app
