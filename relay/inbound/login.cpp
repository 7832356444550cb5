#include "relay/inbound/login.hpp"

namespace understudy::relay {

std::optional<routing::AccountName> DirectoryCredentials::account_of(std::string_view user) const {
  const std::string address = user.find('@') == std::string_view::npos ? std::string(user) + "@" + domain_ : std::string(user);
  auto parsed = mail::address::parse(address, mail::address::Utf8::allow);
  if (!parsed) return std::nullopt;
  auto domain = mail::address::canonical_domain(parsed->domain);
  if (!domain) return std::nullopt;
  const auto local = archive_.directory().local_domain(*domain);
  if (!local) return std::nullopt;
  auto record = archive_.directory().record_by_address(mail::address::canonical_local(parsed->local) + "@" + *local);
  if (!record) return std::nullopt;
  return record->name;
}

std::optional<mail::sasl::Verifier> DirectoryCredentials::find(std::string_view user) {
  const auto name = account_of(user);
  if (!name) return std::nullopt;
  const auto record = archive_.directory().record(*name);
  if (!record || !record->login || record->verifier.empty()) return std::nullopt;
  auto verifier = mail::sasl::Verifier::parse(record->verifier);
  if (!verifier) return std::nullopt;
  return std::move(*verifier);
}

}  // namespace understudy::relay
