#include "archive/login/credentials.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace understudy::archive::login {
namespace {
/// Of a name that is no address so many octets are counted by: what a stranger makes up takes no more memory (RFC 5321
/// §4.5.3.1).
constexpr std::size_t longest_counted = 320;
}  // namespace

std::optional<std::string> address_of(const directory::Live& directory, std::string_view domain_name, std::string_view user) {
  auto parsed = mail::address::parse(user, mail::address::Utf8::allow);
  if (!parsed) parsed = mail::address::parse(std::string(user) + "@" + std::string(domain_name), mail::address::Utf8::allow);
  if (!parsed) return std::nullopt;
  const auto domain = mail::address::canonical_domain(parsed->domain);
  if (!domain) return std::nullopt;
  const auto local = directory.local_domain(*domain);
  return mail::address::canonical_local(parsed->local) + "@" + local.value_or(*domain);
}

std::optional<std::string> Credentials::address_of(std::string_view user) const {
  return login::address_of(parts_.archive.directory(), parts_.domain, user);
}

std::optional<routing::AccountName> Credentials::account_of(std::string_view user) const {
  const auto address = address_of(user);
  const auto record = address ? parts_.archive.directory().record_by_address(*address) : std::nullopt;
  if (!record) return std::nullopt;
  return record->name;
}

/// An account that is really called so comes first: nobody is locked out of his mail by what operators are called.
std::optional<AuditorName> Credentials::auditor_of(std::string_view user) const {
  auto named = parts_.policy ? AuditorName::parse(user) : std::nullopt;
  return named && !account_of(user) ? named : std::nullopt;
}

std::optional<std::string> Credentials::acting_for(std::string_view user, std::string_view identity) const {
  if (!parts_.policy) return std::nullopt;
  return AuditorName::joined(identity, user);
}

/// Of an operator his own, whatever account he names: guesses count on it, and so does the salt of one who is not there.
std::string Credentials::canonical(std::string_view user) const {
  if (const auto auditor = auditor_of(user)) return "*" + auditor->by_operator;
  const auto address = address_of(user);
  if (!address) return base::to_lower(user.substr(0, longest_counted));
  const auto record = parts_.archive.directory().record_by_address(*address);
  return record ? record->name : *address;
}

std::optional<mail::sasl::Verifier> Credentials::find(std::string_view user) {
  if (const auto auditor = auditor_of(user)) {
    const auto found = std::ranges::find(parts_.policy->operators, auditor->by_operator, &audit::Operator::user);
    if (found == parts_.policy->operators.end() || found->verifier.empty()) return std::nullopt;
    auto verifier = mail::sasl::Verifier::parse(found->verifier);
    return verifier ? std::optional(std::move(*verifier)) : std::nullopt;
  }
  const auto name = account_of(user);
  if (!name) return std::nullopt;
  const auto record = parts_.archive.directory().record(*name);
  if (!record || !record->login || record->verifier.empty()) return std::nullopt;
  auto verifier = mail::sasl::Verifier::parse(record->verifier);
  if (!verifier) return std::nullopt;
  return std::move(*verifier);
}

bool Credentials::must_wait(std::string_view user) {
  return !parts_.guard.may_try(canonical(user), parts_.from, parts_.limits);
}

void Credentials::failed(std::string_view user) {
  parts_.guard.failed(canonical(user), parts_.from, parts_.limits);
}

void Credentials::succeeded(std::string_view user) {
  parts_.guard.succeeded(canonical(user), parts_.from);
}

}  // namespace understudy::archive::login
