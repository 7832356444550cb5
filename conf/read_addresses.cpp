#include "base/text.hpp"
#include "conf/readers.hpp"
#include "mail/sasl/verifier.hpp"

namespace understudy::conf {
namespace {

constexpr std::string_view placeholder = "{SCRAM-SHA-256}...";  // of the examples

}  // namespace

std::string read_verifier(const Section& section, std::string_view instead) {
  std::string password;
  section.text("password", password);
  const auto path = section.path("password");
  if (!section.has("password")) return {};
  if (password == placeholder) {
    section.report().warn(path, "still the placeholder: no one can log in; " + std::string(instead));
    return {};
  }
  if (mail::sasl::Verifier::parse(password)) return password;
  section.report().error(
      path,
      "must be a verifier, \"{SCRAM-SHA-256}iterations,salt,StoredKey,ServerKey\", never plain text; " + std::string(instead));
  return {};
}

std::optional<mail::address::Address> canonical_address(const Text& text, const LocalDomains& domains, Report& report) {
  auto address = mail::address::parse(text.text, mail::address::Utf8::allow);
  auto domain = address ? mail::address::canonical_domain(address->domain) : base::Result<std::string>(std::string());
  if (!address || !domain || domain->empty()) {
    report.error(text.path, "\"" + text.text + "\" is no mail address; write one such as \"alice@example.org\"");
    return std::nullopt;
  }
  const auto* main = domains.main_of(*domain);
  address->domain = main == nullptr ? *domain : *main;
  if (main != nullptr) address->local = mail::address::canonical_local(address->local);
  return *address;
}

routing::AccountName account_name(const Text& text, const LocalDomains& domains, MustBe must_be, Report& report) {
  const auto address = canonical_address(text, domains, report);
  if (!address) return {};
  if (must_be == MustBe::local && domains.main_of(address->domain) == nullptr)
    report.error(text.path, "\"" + address->domain + "\" is no local domain; add a [[domain]] or correct the address");
  return mail::address::canonical_local(address->local) + "@" + address->domain;
}

LocalDomains read_domains(const Section& root, Config& out) {
  LocalDomains local;
  Once names("domain", root.report());
  for (const auto& section : root.tables("domain")) {
    Domain domain;
    section.text("name", domain.name);
    if (section.has("name")) {
      domain.name = canonical_host({domain.name, section.path("name")}, section.report());
      if (!domain.name.empty()) names.claim(domain.name, section.path("name"));
    }
    for (const auto& alias : section.texts("aliases")) {
      const auto name = canonical_host(alias, section.report());
      if (name.empty()) continue;
      names.claim(name, alias.path);
      domain.aliases.push_back(name);
    }
    if (!domain.name.empty()) local.add(domain.name, domain.name);
    for (const auto& alias : domain.aliases) local.add(alias, domain.name);
    out.domains.push_back(std::move(domain));
  }
  if (out.domains.empty() && !out.server.domain_name.empty()) {
    out.domains.push_back({out.server.domain_name, {}});
    local.add(out.server.domain_name, out.server.domain_name);
  }
  return local;
}

void read_accounts(const Section& root, const LocalDomains& domains, Config& out) {
  auto& report = root.report();
  Once names("address", report);
  const auto read_name = [&](const Text& text) {
    auto name = account_name(text, domains, MustBe::local, report);
    if (!name.empty()) names.claim(name, text.path);
    return name;
  };
  for (const auto& section : root.tables("account")) {
    Account account;
    section.text("address", account.address);
    if (section.has("address")) account.address = read_name({account.address, section.path("address")});
    for (const auto& alias : section.texts("aliases")) account.aliases.push_back(read_name(alias));
    account.password = read_verifier(section, "leave it out and run `understudy account passwd`");
    out.accounts.push_back(std::move(account));
  }
  for (const auto& section : root.tables("alias")) {
    Alias alias;
    section.text("address", alias.address);
    if (section.has("address")) alias.address = read_name({alias.address, section.path("address")});
    for (const auto& member : section.texts("to"))
      if (auto address = canonical_address(member, domains, report)) alias.to.push_back(*address);
    if (section.has("to", Value::Kind::list) && section.texts("to").empty())
      report.error(section.path("to"), "leads to no one; name an address or remove the [[alias]]");
    out.aliases.push_back(std::move(alias));
  }
}

}  // namespace understudy::conf
