/// The verbs, one function each, in files by noun.
#pragma once

#include "app/admin/answers.hpp"
#include "app/admin/api.hpp"
#include "app/admin/arguments.hpp"

namespace understudy::app {

using Permit = archive::audit::Permit;

/// `parts` and `permit` outlive the call. The archive is reached through the permit alone: declared.cpp says for each verb what
/// it does with what is kept, and the permit allows no more.
using Handler = net::Task<AdminAnswer>(const AdminParts& parts, const Permit& permit, Arguments arguments);

Handler account_list, account_add, account_remove, account_passwd, account_quota, account_show, account_compare, account_import;
Handler account_destroy_key, encryption_status;
Handler mailbox_list, mailbox_shares, mailbox_create, mailbox_rename, mailbox_remove, mailbox_assign;
Handler message_list, message_show, message_export, message_flag, message_move, message_copy, message_delete;
Handler bin_list, bin_restore, bin_empty;
Handler queue_list, queue_show, queue_retry, queue_hold, queue_release, queue_remove;
Handler journal_list, journal_show, journal_partitions;
Handler journal_custody, journal_missing, journal_received, journal_report, journal_again;
Handler journal_verify, journal_progress;
Handler journal_end, journal_orders, journal_obey, journal_decline;
Handler journal_prove, journal_octets, journal_heads, journal_sign, journal_consistency, journal_rotate_key;
Handler peer_status, peer_pair, peer_witness, peer_settle;
Handler server_status, server_settings, server_reload;
/// In the text format of Prometheus.
Handler server_metrics;
Handler audit_list, audit_show, audit_heads, audit_sign, audit_consistency, audit_prove, audit_verify;
Handler approval_list, approval_show, approval_decide;
Handler case_list, case_show, case_open, case_close;
/// Lets what follows on the same connection, for the entries that it names, go on under its permit.
Handler journal_export;

/// An address as the administrator writes it, to the name of the account under which mail for it is kept. errc::malformed;
/// errc::not_found: its domain is not local.
base::Result<routing::AccountName> account_name(const archive::Archive& archive, std::string_view address);
/// "0.17", or "17" in partition 0.
std::optional<archive::Position> position_of(std::string_view text);
/// By its address or an alias. errc::malformed, errc::not_found.
base::Result<archive::directory::AccountRecord> find_account(const archive::Archive& archive, std::string_view address);

/// Waits until the change is durable, or failed. errc::refused: the verb was not declared to change anything.
net::Task<base::Result<>> change(const Permit& permit, archive::Change change);

/// What an auditor hears of a message or an entry that is there and not in his case.
inline constexpr const char* outside_the_case = "it is not part of the case";

}  // namespace understudy::app
