#include "relay/inbound/login.hpp"

#include "base/text.hpp"

namespace understudy::relay {

std::optional<routing::AccountName> DirectoryCredentials::account_of(std::string_view user) const {
  const std::string address =
      user.find('@') == std::string_view::npos ? std::string(user) + "@" + parts_.domain : std::string(user);
  auto parsed = mail::address::parse(address, mail::address::Utf8::allow);
  if (!parsed) return std::nullopt;
  auto domain = mail::address::canonical_domain(parsed->domain);
  if (!domain) return std::nullopt;
  const auto local = parts_.archive.directory().local_domain(*domain);
  if (!local) return std::nullopt;
  auto record = parts_.archive.directory().record_by_address(mail::address::canonical_local(parsed->local) + "@" + *local);
  if (!record) return std::nullopt;
  return record->name;
}

std::optional<mail::sasl::Verifier> DirectoryCredentials::find(std::string_view user) {
  const auto name = account_of(user);
  if (!name) return std::nullopt;
  const auto record = parts_.archive.directory().record(*name);
  if (!record || !record->login || record->verifier.empty()) return std::nullopt;
  auto verifier = mail::sasl::Verifier::parse(record->verifier);
  if (!verifier) return std::nullopt;
  return std::move(*verifier);
}

/// By account; somebody unknown by what he calls himself.
std::string DirectoryCredentials::counted_as(std::string_view user) const {
  return account_of(user).value_or(base::to_lower(user));
}

bool DirectoryCredentials::must_wait(std::string_view user) {
  return !parts_.guard.may_try(counted_as(user), parts_.from, parts_.limits);
}

void DirectoryCredentials::failed(std::string_view user) {
  parts_.guard.failed(counted_as(user), parts_.from, parts_.limits);
}

void DirectoryCredentials::succeeded(const routing::AccountName& account) {
  parts_.guard.succeeded(account, parts_.from);
}

}  // namespace understudy::relay
