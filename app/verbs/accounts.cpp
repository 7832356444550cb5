#include <optional>

#include "app/verbs/ask.hpp"
#include "app/verbs/password.hpp"
#include "app/verbs/verbs.hpp"
#include "conf/values.hpp"

namespace understudy::app {
namespace {

/// nullopt: none is wanted.
Asked<std::optional<std::string>> verifier_from(Context& context, PasswordFrom from) {
  if (from == PasswordFrom::nowhere) return std::nullopt;
  auto verifier = from == PasswordFrom::input ? verifier_from_input(context) : verifier_from_terminal(context);
  if (!verifier) return std::unexpected(verifier.error());
  return std::optional(std::move(*verifier));
}

boost::json::array texts(const std::vector<std::string>& list) {
  boost::json::array array;
  for (const auto& each : list) array.emplace_back(each);
  return array;
}

}  // namespace

Exit account_add(Context& context, const NewAccount& account, PasswordFrom password) {
  const auto verifier = verifier_from(context, password);
  if (!verifier) return fail(context, verifier.error());
  boost::json::object arguments;
  arguments["account"] = account.address;
  arguments["aliases"] = texts(account.aliases);
  if (*verifier) arguments["verifier"] = **verifier;
  return do_it(context, "account/add", std::move(arguments),
               account.address + (*verifier ? " added" : " added, without a login"));
}

Exit account_passwd(Context& context, const std::string& address, PasswordFrom password) {
  if (password == PasswordFrom::terminal && context.in_is == Context::Terminal::no)
    return fail(context, "no terminal to ask on: give --password-stdin and the password on standard input", Exit::wrong_usage);
  const auto verifier = verifier_from(context, password);
  if (!verifier) return fail(context, verifier.error());
  boost::json::object arguments;
  arguments["account"] = address;
  arguments["verifier"] = verifier->value_or("");
  return do_it(context, "account/passwd", std::move(arguments), "password of " + address + " changed");
}

Exit account_quota(Context& context, const std::string& address, const std::string& size, std::uint64_t messages) {
  const auto octets = conf::parse_size(size);
  if (!octets) return fail(context, "a quota is a size, as \"10G\", or \"0\" for no limit", Exit::wrong_usage);
  boost::json::object arguments;
  arguments["account"] = address;
  arguments["octets"] = *octets;
  arguments["messages"] = messages;
  return do_it(context, "account/quota", std::move(arguments), "quota of " + address + " changed");
}

}  // namespace understudy::app
