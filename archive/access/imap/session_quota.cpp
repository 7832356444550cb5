// What an account may hold (RFC 9208): one quota root for all of its mailboxes. The administrator sets it; mail that comes is
// filed whatever it says.
#include "archive/access/imap/session.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mailbox::Quota;
using mailbox::Usage;

constexpr std::string_view root = "\"\"";
constexpr std::uint64_t storage_unit = 1024;  // RFC 9208 §5.1

std::string in_units(std::uint64_t octets) {
  return std::to_string(octets / storage_unit + (octets % storage_unit > 0 ? 1 : 0));
}

Quota quota_of(const directory::AccountRecord& record) {
  return {record.quota, record.quota_messages};
}

}  // namespace

Reply over_quota() {
  return Reply::no("the mailbox is full", "OVERQUOTA");
}

Quota Session::quota(const routing::AccountName& owner) const {
  const auto record = services_.archive.directory().record(owner);
  return record ? quota_of(*record) : Quota();
}

std::string Session::quota_line(const Quota& quota, const mailbox::Folders& folders) const {
  const auto used = mailbox::usage_of(folders.by_number);
  std::string resources;
  if (quota.octets > 0) resources = "STORAGE " + in_units(used.octets) + " " + in_units(quota.octets);
  if (quota.octets > 0 && quota.messages > 0) resources += " ";
  if (quota.messages > 0) resources += "MESSAGE " + std::to_string(used.messages) + " " + std::to_string(quota.messages);
  return "* QUOTA " + std::string(root) + " (" + resources + ")\r\n";
}

std::optional<Reply> Session::why_no_room(const Place& place, const Usage& more) {
  const auto limits = quota(place.owner);
  if (!limits.limits()) return std::nullopt;
  const auto folders = place.account->folders();
  if (!folders) return reply_for(folders.error());
  const auto used = mailbox::usage_of((*folders)->by_number);
  if (limits.allows(used, {used.messages + more.messages, used.octets + more.octets})) return std::nullopt;
  return over_quota();
}

Change Session::within_quota(const Place& place, Change wanted) const {
  return [wanted = std::move(wanted), account = place.number(), user = place.owner](
             commit::Stage& stage, commit::Owners& owners) mutable -> base::Result<> {
    const auto record = owners.directory.find(user);
    if (!record || !quota_of(*record).limits()) return wanted(stage, owners);
    const auto before = owners.mailbox.usage(stage, account);
    if (!before) return std::unexpected(before.error());
    if (auto done = wanted(stage, owners); !done) return done;
    const auto after = owners.mailbox.usage(stage, account);
    if (!after) return std::unexpected(after.error());
    return quota_of(*record).allows(*before, *after) ? base::Result<>() : base::fail("the quota", base::errc::refused);
  };
}

net::Task<Reply> Session::on(command::GetQuota& asked) {
  if (auditor_) co_return Reply::no("how much the user has is not for auditors", "NOPERM");
  const auto limits = quota(user_);
  if (!asked.root.empty() || !limits.limits()) co_return Reply::no("there is no such quota root", "NONEXISTENT");
  const auto folders = account_->folders();
  if (!folders) co_return reply_for(folders.error());
  output_ += quota_line(limits, **folders);
  co_return Reply::ok("done");
}

net::Task<Reply> Session::on(command::GetQuotaRoot& asked) {
  if (auditor_) co_return Reply::no("how much the user has is not for auditors", "NOPERM");
  const auto place = find(asked.mailbox, mailbox::Rights::of("r"));
  if (!place) co_return place.error();
  if (!place->own()) co_return Reply::no("how much another user has is not told", "NOPERM");
  const auto folders = account_->folders();
  if (!folders) co_return reply_for(folders.error());
  const auto limits = quota(user_);
  output_.append("* QUOTAROOT ").append(written(asked.mailbox.utf8));
  if (limits.limits()) output_.append(" ").append(root);
  output_ += "\r\n";
  if (limits.limits()) output_ += quota_line(limits, **folders);
  co_return Reply::ok("done");
}

net::Task<Reply> Session::on(command::SetQuota&) {
  co_return Reply::no("the administrator sets quotas here", "NOPERM");
}

}  // namespace understudy::archive::access::imap
