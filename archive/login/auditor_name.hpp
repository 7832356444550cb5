/// How an operator who opens an account of somebody else is named at a login: "account*operator", "account*operator*case"
/// (docs/mail-access.md, "An auditor's login"). Texts alone: who exists is not known here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace understudy::archive::login {

struct AuditorName {
  std::string account;      ///< as the client wrote it
  std::string by_operator;  ///< his login name
  std::string in_case;      ///< empty: none

  /// The account ends at the first "*" behind its "@", where it has one; else at the first "*". What stands behind the
  /// operator's is the case, whatever is in it. nullopt: it is no such name, since a part is missing.
  static std::optional<AuditorName> parse(std::string_view name);
  /// Of "operator" or "operator*case" who acts for `account`.
  static std::string joined(std::string_view account, std::string_view auditor);
  bool operator==(const AuditorName&) const = default;
};

}  // namespace understudy::archive::login
