#include "app/admin/api.hpp"

#include "app/admin/handlers.hpp"
#include "app/admin/verify_job.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

const std::map<std::string, Handler*, std::less<>>& handlers() {
  static const std::map<std::string, Handler*, std::less<>> table = {
      {"account/list", account_list},
      {"account/add", account_add},
      {"account/remove", account_remove},
      {"account/passwd", account_passwd},
      {"account/show", account_show},
      {"account/compare", account_compare},
      {"account/import", account_import},
      {"mailbox/list", mailbox_list},
      {"mailbox/create", mailbox_create},
      {"mailbox/rename", mailbox_rename},
      {"mailbox/remove", mailbox_remove},
      {"mailbox/assign", mailbox_assign},
      {"message/list", message_list},
      {"message/show", message_show},
      {"message/export", message_export},
      {"message/flag", message_flag},
      {"message/move", message_move},
      {"message/copy", message_copy},
      {"message/delete", message_delete},
      {"queue/list", queue_list},
      {"queue/show", queue_show},
      {"queue/retry", queue_retry},
      {"queue/hold", queue_hold},
      {"queue/release", queue_release},
      {"queue/remove", queue_remove},
      {"journal/list", journal_list},
      {"journal/show", journal_show},
      {"journal/partitions", journal_partitions},
      {"journal/custody", journal_custody},
      {"journal/prove", journal_prove},
      {"journal/octets", journal_octets},
      {"journal/heads", journal_heads},
      {"journal/consistency", journal_consistency},
      {"journal/rotate-key", journal_rotate_key},
      {"peer/status", peer_status},
      {"peer/pair", peer_pair},
      {"peer/witness", peer_witness},
      {"peer/settle", peer_settle},
      {"server/status", server_status},
      {"server/settings", server_settings},
      {"server/reload", server_reload},
      {"server/metrics", server_metrics},
  };
  return table;
}

}  // namespace

AdminApi::AdminApi(AdminParts parts)
    : parts_(std::move(parts)), verify_job_(std::make_unique<VerifyJob>(parts_.archive.store(), parts_.clock)) {}

AdminApi::~AdminApi() = default;

net::Task<AdminAnswer> AdminApi::handle(AdminRequest request) {
  Arguments arguments(std::move(request.arguments));
  if (request.verb == "journal/verify") co_return start_verify(*verify_job_, std::move(arguments));
  if (request.verb == "journal/progress") co_return ask_verify(*verify_job_, std::move(arguments));
  const auto found = handlers().find(request.verb);
  if (found == handlers().end()) co_return wrong_usage("no such verb: " + base::escape(request.verb));
  co_return co_await found->second(parts_, std::move(arguments));
}

}  // namespace understudy::app
