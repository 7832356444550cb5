#include "app/admin/declared.hpp"

namespace understudy::app {
namespace {

using archive::audit::Kind;
using archive::audit::Reach;

std::map<std::string, Declared, std::less<>> about_mail() {
  return {
      {"mailbox/list", {Kind::search, Reach::accounts, mailbox_list}},
      {"mailbox/shares", {Kind::search, Reach::accounts, mailbox_shares}},
      {"mailbox/create", {Kind::change, Reach::none, mailbox_create}},
      {"mailbox/rename", {Kind::change, Reach::none, mailbox_rename}},
      {"mailbox/remove", {Kind::change, Reach::none, mailbox_remove}},
      {"mailbox/assign", {Kind::change, Reach::none, mailbox_assign}},
      {"message/list", {Kind::search, Reach::accounts, message_list}},
      {"message/show", {Kind::read, Reach::accounts, message_show}},
      {"message/export", {Kind::give, Reach::accounts, message_export}},
      {"message/flag", {Kind::change, Reach::none, message_flag}},
      {"message/move", {Kind::change, Reach::none, message_move}},
      {"message/copy", {Kind::change, Reach::none, message_copy}},
      {"message/delete", {Kind::change, Reach::none, message_delete}},
      {"bin/list", {Kind::search, Reach::accounts, bin_list}},
      {"bin/restore", {Kind::change, Reach::none, bin_restore}},
      {"bin/empty", {Kind::change, Reach::none, bin_empty}},
      {"queue/list", {Kind::inspect, Reach::none, queue_list}},
      {"queue/show", {Kind::inspect, Reach::none, queue_show}},
      {"queue/retry", {Kind::change, Reach::none, queue_retry}},
      {"queue/hold", {Kind::change, Reach::none, queue_hold}},
      {"queue/release", {Kind::change, Reach::none, queue_release}},
      {"queue/remove", {Kind::change, Reach::none, queue_remove}},
      {"journal/list", {Kind::search, Reach::entries, journal_list}},
      {"journal/show", {Kind::read, Reach::entries, journal_show}},
      {"journal/prove", {Kind::give, Reach::entries, journal_prove}},
      {"journal/octets", {Kind::give, Reach::entries, journal_octets}},
      {"journal/export", {Kind::give, Reach::entries, journal_export}},
      {"journal/end", {Kind::end, Reach::none, journal_end}},
      {"journal/orders", {Kind::inspect, Reach::none, journal_orders}},
      {"journal/obey", {Kind::end, Reach::none, journal_obey}},
      {"journal/decline", {Kind::change, Reach::none, journal_decline}},
      {"journal/custody", {Kind::inspect, Reach::none, journal_custody}},
      {"journal/missing", {Kind::inspect, Reach::none, journal_missing}},
      {"journal/received", {Kind::inspect, Reach::none, journal_received}},
      {"journal/report", {Kind::inspect, Reach::none, journal_report}},
      {"journal/again", {Kind::change, Reach::none, journal_again}},
  };
}

std::map<std::string, Declared, std::less<>> about_the_machine() {
  return {
      {"account/list", {Kind::plain, Reach::none, account_list}},
      {"account/show", {Kind::plain, Reach::none, account_show}},
      {"account/compare", {Kind::plain, Reach::none, account_compare}},
      {"account/add", {Kind::configure, Reach::none, account_add}},
      {"account/remove", {Kind::configure, Reach::none, account_remove}},
      {"account/passwd", {Kind::configure, Reach::none, account_passwd}},
      {"account/quota", {Kind::configure, Reach::none, account_quota}},
      {"account/import", {Kind::configure, Reach::none, account_import}},
      {"account/destroy-key", {Kind::end, Reach::none, account_destroy_key}},
      {"encryption/status", {Kind::plain, Reach::none, encryption_status}},
      {"journal/partitions", {Kind::plain, Reach::none, journal_partitions}},
      {"journal/verify", {Kind::plain, Reach::none, journal_verify}},
      {"journal/progress", {Kind::plain, Reach::none, journal_progress}},
      {"journal/heads", {Kind::plain, Reach::none, journal_heads}},
      {"journal/sign", {Kind::configure, Reach::none, journal_sign}},
      {"journal/consistency", {Kind::plain, Reach::none, journal_consistency}},
      {"journal/rotate-key", {Kind::configure, Reach::none, journal_rotate_key}},
      {"peer/status", {Kind::plain, Reach::none, peer_status}},
      {"peer/pair", {Kind::plain, Reach::none, peer_pair}},
      {"peer/witness", {Kind::plain, Reach::none, peer_witness}},
      {"peer/settle", {Kind::configure, Reach::none, peer_settle}},
      {"server/status", {Kind::plain, Reach::none, server_status}},
      {"server/settings", {Kind::plain, Reach::none, server_settings}},
      {"server/metrics", {Kind::plain, Reach::none, server_metrics}},
      {"server/reload", {Kind::configure, Reach::none, server_reload}},
  };
}

std::map<std::string, Declared, std::less<>> about_the_audit_journal() {
  return {
      {"audit/list", {Kind::review, Reach::none, audit_list}},
      {"audit/show", {Kind::review, Reach::none, audit_show}},
      {"audit/prove", {Kind::review, Reach::none, audit_prove}},
      {"audit/verify", {Kind::plain, Reach::none, audit_verify}},
      {"audit/heads", {Kind::plain, Reach::none, audit_heads}},
      {"audit/sign", {Kind::configure, Reach::none, audit_sign}},
      {"audit/consistency", {Kind::plain, Reach::none, audit_consistency}},
      {"approval/list", {Kind::review, Reach::none, approval_list}},
      {"approval/show", {Kind::review, Reach::none, approval_show}},
      {"approval/give", {Kind::approve, Reach::none, approval_decide, prepare_approval}},
      {"approval/refuse", {Kind::approve, Reach::none, approval_decide, prepare_approval}},
      {"case/list", {Kind::review, Reach::none, case_list}},
      {"case/show", {Kind::review, Reach::none, case_show}},
      {"case/open", {Kind::configure, Reach::none, case_open, prepare_case_open}},
      {"case/close", {Kind::configure, Reach::none, case_close, prepare_case_close}},
  };
}

}  // namespace

const std::map<std::string, Declared, std::less<>>& declared() {
  static const auto table = [] {
    auto all = about_mail();
    all.merge(about_the_machine());
    all.merge(about_the_audit_journal());
    return all;
  }();
  return table;
}

}  // namespace understudy::app
