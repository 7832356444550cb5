/// Who may log in: the accounts of the directory, as SASL asks for them, and where a protocol lets them, operators who open an
/// account of somebody else. Shared by every protocol with a login.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "archive/archive.hpp"
#include "archive/audit/options.hpp"
#include "archive/login/auditor_name.hpp"
#include "archive/login/guard.hpp"
#include "base/net/ip.hpp"
#include "mail/sasl/server.hpp"

namespace understudy::archive::login {

/// Canonical; local or not. `domain`: for names without one. nullopt: no address, whatever is added to it.
std::optional<std::string> address_of(const directory::Live& directory, std::string_view domain, std::string_view user);

/// For one session; any thread, one at a time. References outlive it.
class Credentials final : public mail::sasl::Credentials {
 public:
  struct Parts {
    const Archive& archive;
    Guard& guard;
    std::string domain;  ///< for user names without one
    net::IpAddress from;
    Limits limits;
    /// Whose operators may open accounts (auditor_name.hpp); nullptr: none does.
    std::shared_ptr<const audit::Policy> policy = nullptr;
  };
  explicit Credentials(Parts parts) : parts_(std::move(parts)) {}

  std::optional<mail::sasl::Verifier> find(std::string_view user) override;
  bool must_wait(std::string_view user) override;
  /// The account's name, or the one that it would have: the pair's domain added where there is none, quoting undone, domain
  /// aliases and aliases followed. What is no address stays what it is, in lower case.
  std::string canonical(std::string_view user) const override;
  std::optional<std::string> acting_for(std::string_view user, std::string_view identity) const override;
  void failed(std::string_view user);
  void succeeded(std::string_view user);
  /// The account that this user name is for; nullopt: none. Aliases count, sub-addresses do not.
  std::optional<routing::AccountName> account_of(std::string_view user) const;
  /// The operator and the account that he opens, as this user name says; nullopt: it says no such thing, or is an account's
  /// own.
  std::optional<AuditorName> auditor_of(std::string_view user) const;

 private:
  std::optional<std::string> address_of(std::string_view user) const;

  Parts parts_;
};

}  // namespace understudy::archive::login
