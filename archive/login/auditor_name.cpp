#include "archive/login/auditor_name.hpp"

namespace understudy::archive::login {
namespace {

constexpr char mark = '*';

}  // namespace

std::optional<AuditorName> AuditorName::parse(std::string_view name) {
  const auto at = name.find('@');
  auto end = at == name.npos ? name.npos : name.find(mark, at);
  if (end == name.npos) end = name.find(mark);
  if (end == name.npos) return std::nullopt;
  const auto rest = name.substr(end + 1);
  const auto next = rest.find(mark);
  AuditorName parts{std::string(name.substr(0, end)), std::string(rest.substr(0, next)), {}};
  if (next != rest.npos) parts.in_case = rest.substr(next + 1);
  const bool lacks = parts.account.empty() || parts.by_operator.empty() || (next != rest.npos && parts.in_case.empty());
  if (lacks) return std::nullopt;
  return parts;
}

std::string AuditorName::joined(std::string_view account, std::string_view auditor) {
  std::string name(account);
  name += mark;
  name += auditor;
  return name;
}

}  // namespace understudy::archive::login
