/// Who may log in: the accounts of the directory, as SASL asks for them. Shared by every protocol with a login.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "archive/archive.hpp"
#include "mail/sasl/server.hpp"

namespace understudy::relay {

/// Any thread.
class DirectoryCredentials final : public mail::sasl::Credentials {
 public:
  /// `domain`: for user names without one.
  DirectoryCredentials(const archive::Archive& archive, std::string domain) : archive_(archive), domain_(std::move(domain)) {}

  std::optional<mail::sasl::Verifier> find(std::string_view user) override;
  /// The account that this user name is for; nullopt: none. Aliases count, sub-addresses do not.
  std::optional<routing::AccountName> account_of(std::string_view user) const;

 private:
  const archive::Archive& archive_;
  std::string domain_;
};

}  // namespace understudy::relay
