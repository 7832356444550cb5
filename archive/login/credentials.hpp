/// Who may log in: the accounts of the directory, as SASL asks for them. Shared by every protocol with a login.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "archive/archive.hpp"
#include "archive/login/guard.hpp"
#include "base/net/ip.hpp"
#include "mail/sasl/server.hpp"

namespace understudy::archive::login {

/// For one session; any thread, one at a time. References outlive it.
class Credentials final : public mail::sasl::Credentials {
 public:
  struct Parts {
    const Archive& archive;
    Guard& guard;
    std::string domain;  ///< for user names without one
    net::IpAddress from;
    Limits limits;
  };
  explicit Credentials(Parts parts) : parts_(std::move(parts)) {}

  std::optional<mail::sasl::Verifier> find(std::string_view user) override;
  bool must_wait(std::string_view user) override;
  /// The account's name, or the one that it would have: the pair's domain added where there is none, quoting undone, domain
  /// aliases and aliases followed. What is no address stays what it is, in lower case.
  std::string canonical(std::string_view user) const override;
  void failed(std::string_view user);
  void succeeded(const routing::AccountName& account);
  /// The account that this user name is for; nullopt: none. Aliases count, sub-addresses do not.
  std::optional<routing::AccountName> account_of(std::string_view user) const;

 private:
  std::optional<std::string> address_of(std::string_view user) const;

  Parts parts_;
};

}  // namespace understudy::archive::login
