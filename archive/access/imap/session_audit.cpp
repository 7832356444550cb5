/// A session in which an operator reads the account of somebody else: everything goes through the door of the audit journal.
#include <algorithm>

#include "archive/access/imap/audited.hpp"
#include "archive/access/imap/session.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mail/imap/kept_fields.hpp"

namespace understudy::archive::access::imap {

using mail::imap::FetchItem;
using mail::imap::SearchKey;

bool gives_octets(const FetchItem& item) {
  using Kind = FetchItem::Kind;
  switch (item.kind) {
    case Kind::rfc822:
    case Kind::rfc822_header:
    case Kind::rfc822_text:
    case Kind::section:
    case Kind::binary:
    case Kind::preview:
      return true;
    case Kind::flags:
    case Kind::uid:
    case Kind::internal_date:
    case Kind::rfc822_size:
    case Kind::envelope:
    case Kind::body:
    case Kind::body_structure:
    case Kind::binary_size:
    case Kind::mod_sequence:
    case Kind::email_id:
    case Kind::thread_id:
    case Kind::save_date:
      return false;
  }
  return true;
}

bool looks_into_octets(const SearchKey& key) {
  using Kind = SearchKey::Kind;
  const bool other_field = key.kind == Kind::header && !mail::imap::is_kept_name(key.name);
  return key.kind == Kind::body || key.kind == Kind::text || other_field || std::ranges::any_of(key.keys, looks_into_octets);
}

namespace {

/// What the door says, or why it could not be asked.
Reply reply_of_door(const base::Error& error, std::string code) {
  if (error.code == base::errc::refused) return Reply::no(base::escape(error.context, error.context.size()), std::move(code));
  base::log::warn("imap.failed", {{"reason", error.text()}});
  return Reply::no("it cannot be written to the audit journal, and without that nothing is given", "UNAVAILABLE");
}

}  // namespace

Auditor::Parts Session::audit_parts() const {
  return {services_.door, services_.timers, link_->executor(), "imap", peer_};
}

net::Task<Reply> Session::log_in_auditor(const login::Exchange::Outcome& outcome) {
  const auto record = services_.archive.directory().record(outcome.account);
  auditor_ = std::make_unique<Auditor>(audit_parts(), *outcome.auditor, record ? record->name : std::string());
  auto allowed = co_await auditor_->log_in();
  if (!allowed) {
    auditor_.reset();
    errors_ += 1;
    services_.counts.logins_refused += 1;
    base::log::warn("imap.audit_refused", {{"peer", peer_},
                                           {"user", base::escape(outcome.auditor->account, 64)},
                                           {"operator", base::escape(outcome.auditor->by_operator, 64)},
                                           {"reason", allowed.error().context}});
    co_return reply_of_door(allowed.error(), "AUTHORIZATIONFAILED");
  }
  auto account = services_.accounts.get(record->number);
  if (!account) {
    co_await log_out_auditor();
    co_return reply_for(account.error());
  }
  account_ = std::move(*account);
  account_number_ = record->number;
  user_ = record->name;
  serve_ = Serve::read_only;
  stage_ = Stage::authenticated;
  errors_ = 0;
  use_limits();
  services_.counts.imap.logins += 1;
  presence_.is(Standing::user);
  base::log::info("imap.audit_login", {{"peer", peer_}, {"user", user_}, {"operator", auditor_->by()}});
  auditor_->watch([this](std::string why) {
    over_ = std::move(why);
    shield_->make_room();
  });
  co_return Reply::ok("logged in to read, as an auditor", "CAPABILITY " + capabilities());
}

net::Task<> Session::log_out_auditor() {
  if (!over_.empty())
    base::log::info("imap.audit_over", {{"peer", peer_}, {"user", user_}, {"operator", auditor_->by()}, {"reason", over_}});
  co_await auditor_->log_out();
  auditor_.reset();
}

std::string Session::selected_name() const {
  const auto folders = account_->folders();
  if (!folders) return {};
  const auto found = (*folders)->by_number.find(selected_->folder());
  return found == (*folders)->by_number.end() ? std::string() : found->second.name;
}

net::Task<std::optional<Reply>> Session::audit_reading(const std::vector<FetchItem>& items,
                                                       const mail::imap::Ranges& messages) {
  if (!auditor_ || messages.empty() || std::ranges::none_of(items, gives_octets)) co_return std::nullopt;
  auto allowed = co_await auditor_->before_reading(selected_->folder(), selected_name(), selected_->uids_of(messages));
  if (allowed) co_return std::nullopt;
  co_return reply_of_door(allowed.error(), "NOPERM");
}

net::Task<std::optional<Reply>> Session::audit_search(const SearchKey& key) {
  if (!auditor_ || !looks_into_octets(key)) co_return std::nullopt;
  auto allowed = co_await auditor_->before_searching(selected_name());
  if (allowed) co_return std::nullopt;
  co_return reply_of_door(allowed.error(), "NOPERM");
}

base::Result<std::shared_ptr<const mailbox::Image>> Session::image_of(mailbox::LiveAccount& account,
                                                                      mailbox::FolderNumber folder) {
  auto image = account.image(folder);
  if (image && auditor_ && auditor_->window()) return auditor_->window()->of(*image);
  return image;
}

}  // namespace understudy::archive::access::imap
