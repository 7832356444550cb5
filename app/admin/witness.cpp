/// `peer witness` and `peer settle`: what the two machines hold of each other's journals.
#include "app/admin/handlers.hpp"
#include "app/admin/journal_proof.hpp"
#include "base/log.hpp"

namespace understudy::app {
namespace {

namespace witness = archive::witness;

boost::json::value head_row(const std::optional<witness::Countersigned>& countersigned) {
  if (!countersigned) return nullptr;
  boost::json::object row;
  row["entries"] = countersigned->head.head.head.size;
  row["root"] = json_digest(countersigned->head.head.head.root);
  row["signed_at"] = json_time(countersigned->head.head.time);
  row["key"] = countersigned->head.key.text();
  row["countersigned_at"] = json_time(countersigned->by.time);
  row["countersigned_by"] = countersigned->by.key.text();
  return row;
}

boost::json::object dispute_row(const witness::Dispute& dispute) {
  boost::json::object row;
  row["time"] = json_time(dispute.time);
  row["finding"] = witness::name_of(dispute.finding);
  row["entries_before"] = dispute.before.head.head.size;
  row["entries_shown"] = dispute.shown.head.head.head.size;
  row["before"] = head_json(dispute.before);
  row["shown"] = head_json(dispute.shown.head);
  return row;
}

base::Result<boost::json::object> report(const witness::Witness& witness) {
  const auto theirs = witness.witnessed();
  if (!theirs) return std::unexpected(theirs.error());
  const auto ours = witness.cosigned();
  if (!ours) return std::unexpected(ours.error());
  const auto open = witness.open_dispute();
  if (!open) return std::unexpected(open.error());
  const auto disputes = witness.disputes();
  if (!disputes) return std::unexpected(disputes.error());
  boost::json::object json;
  json["ours"] = head_row(*ours);
  json["theirs"] = head_row(*theirs);
  json["open_dispute"] = *open ? boost::json::value(dispute_row(**open)) : nullptr;
  boost::json::array all;
  for (const auto& dispute : *disputes) all.emplace_back(dispute_row(dispute));
  json["disputes"] = std::move(all);
  return json;
}

}  // namespace

net::Task<AdminAnswer> peer_witness(const AdminParts& parts, const Permit&, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto of_mail = report(parts.witness);
  if (!of_mail) co_return failed(of_mail.error());
  auto of_audit = report(parts.audit_witness);
  if (!of_audit) co_return failed(of_audit.error());
  (*of_mail)["audit"] = std::move(*of_audit);
  co_return done(std::move(*of_mail));
}

net::Task<AdminAnswer> peer_settle(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto settled = co_await parts.acts.settle_disputes(permit);
  if (!settled) co_return failed(settled.error());
  base::log::warn("witness.dispute_settled", {});
  co_return done(boost::json::object{});
}

}  // namespace understudy::app
