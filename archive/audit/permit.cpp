#include "archive/audit/permit.hpp"

#include <algorithm>

namespace understudy::archive::audit {

void Permit::change(Change change, Done<> done) const {
  if (kind_ != Kind::change && kind_ != Kind::configure && kind_ != Kind::end)
    return done(base::fail("a change by an action that is declared to make none", base::errc::refused));
  archive_.change(std::move(change), std::move(done));
}

base::Result<BodyToRead> Permit::open_body(const store::BodyRef& body) const {
  if (kind_ != Kind::read && kind_ != Kind::give)
    return base::fail("octets of a message for an action that is declared to show none", base::errc::refused);
  return archive_.open_body(body);
}

bool Permit::covers(base::WallTime time) const {
  if (!terms_) return true;
  return (!terms_->from || time >= *terms_->from) && (!terms_->up_to || time < *terms_->up_to);
}

bool Permit::covers_account(std::string_view name) const {
  return std::ranges::find(terms_->accounts, name) != terms_->accounts.end();
}

bool Permit::covers_address(const mail::address::Address& address) const {
  const auto domain = mail::address::canonical_domain(address.domain);
  if (!domain) return false;
  const auto local = archive_.directory().local_domain(*domain);
  if (!local) return false;
  const auto name = mail::address::canonical_local(address.local) + "@" + *local;
  const auto record = archive_.directory().record_by_address(name);
  return covers_account(record ? record->name : name);
}

bool Permit::covers(const journal::Entry& entry) const {
  if (!terms_) return true;
  if (!covers(entry.time)) return false;
  const auto filed = [this](const routing::File& file) { return covers_account(file.account); };
  if (entry.plan.sent && filed(*entry.plan.sent)) return true;
  for (const auto& recipient : entry.plan.recipients)
    if (std::ranges::any_of(recipient.files, filed)) return true;
  if (entry.envelope.reverse_path && covers_address(*entry.envelope.reverse_path)) return true;
  return std::ranges::any_of(entry.envelope.recipients,
                             [this](const auto& recipient) { return covers_address(recipient.forward_path); });
}

std::optional<base::WallTime> Permit::until() const {
  if (!terms_) return std::nullopt;
  return terms_->until;
}

}  // namespace understudy::archive::audit
