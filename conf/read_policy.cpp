#include "base/text.hpp"
#include "conf/convert.hpp"
#include "conf/readers.hpp"

namespace understudy::conf {
namespace {

void read_undelivered(const Section& section, std::string_view key, routing::Undelivered& to) {
  using routing::Undelivered;
  section.word<Undelivered>(key, {{"return", Undelivered::refuse_or_return}, {"store", Undelivered::store}}, to);
}

bool is_folder(std::string_view name) {
  return !name.empty() && name.size() <= 255 && base::is_utf8(name) && !name.starts_with('/') && !name.ends_with('/') &&
         name.find("//") == std::string_view::npos && name.find_first_of("*%") == std::string_view::npos &&
         name.find_first_of("\r\n\t") == std::string_view::npos && base::escape(name, 1024) == name;
}

void read_folders(const Section& section, Template& to) {
  if (!section.has("folders", Value::Kind::list)) return;
  to.folders.clear();
  Once names("folder", section.report());
  for (const auto& folder : section.texts("folders")) {
    const std::string name = base::iequals(folder.text, "INBOX") ? "INBOX" : folder.text;
    if (!is_folder(name))
      section.report().error(
          folder.path, "no folder's name: 1 to 255 octets of UTF-8, parts divided by '/', no *, %, \\ or control character");
    names.claim(name, folder.path);
    to.folders.push_back(name);
  }
}

void read_retention(const Section& section, Template& to) {
  Once folders("folder", section.report());
  for (const auto& rule : section.tables("retention")) {
    Retention retention;
    rule.text("folder", retention.folder);
    rule.duration("after", retention.after);
    rule.word<Then>("then", {{"archive", Then::archive}, {"bin", Then::bin}}, retention.then);
    if (rule.has("folder")) folders.claim(retention.folder, rule.path("folder"));
    if (retention.folder != "*" && !is_folder(retention.folder) && rule.has("folder"))
      rule.report().error(rule.path("folder"), "must be \"*\" or a folder's name");
    to.retention.push_back(retention);
  }
}

void read_switches(const Section& section, const LocalDomains& domains, routing::Passthrough& to) {
  if (section.has("domains", Value::Kind::list)) to.domains.clear();
  for (const auto& domain : section.texts("domains")) {
    if (domain.text == "*") {
      to.domains.push_back("*");
      continue;
    }
    const auto name = canonical_host(domain, section.report());
    if (name.empty()) continue;
    const auto* main = domains.main_of(name);
    if (main == nullptr)
      section.report().error(domain.path, "\"" + name + "\" is no local domain; add a [[domain]] or remove it here");
    else
      to.domains.push_back(*main);
  }
  section.flag("copy_to_sender_sent", to.copy_to_sender_sent);
  section.flag("create_mailbox", to.create_mailbox);
  section.flag("copy_local_to_outbox", to.copy_local_to_outbox);
  section.flag("copy_without_received_to_outbox", to.copy_without_received_to_outbox);
  using From = routing::AcceptLocalFrom;
  section.word<From>("accept_local_from", {{"anyone", From::anyone}, {"clients", From::clients}}, to.accept_local_from);
  std::chrono::milliseconds window = to.resend_window;
  section.duration("resend_window", window);
  to.resend_window = std::chrono::ceil<std::chrono::seconds>(window);
  section.number("create_limit", to.create_limit);
}

}  // namespace

void read_server_addresses(const Section& root, const LocalDomains& domains, Config& out) {
  const auto server = root.table("server");
  auto& report = root.report();
  std::string postmaster = "postmaster@" + out.server.domain_name;
  server.text("postmaster", postmaster);
  if (!out.server.domain_name.empty() || server.has("postmaster"))
    out.server.postmaster = account_name({postmaster, server.path("postmaster")}, domains, MustBe::anywhere, report);

  const auto undelivered = root.table("undelivered");
  auto& to = out.undelivered;
  read_undelivered(undelivered, "action", to.action);
  undelivered.text("template", to.create_template);
  std::string account = "undelivered@" + out.server.domain_name;
  undelivered.text("account", account);
  if (!out.server.domain_name.empty() || undelivered.has("account"))
    to.account = account_name({account, undelivered.path("account")}, domains, MustBe::local, report);
}

void read_templates(const Section& root, Config& out) {
  Once names("template", root.report());
  for (const auto& section : root.tables("template")) {
    Template to;
    section.text("name", to.name);
    if (section.has("name") && to.name.empty()) root.report().error(section.path("name"), "must not be empty");
    if (!to.name.empty()) names.claim(to.name, section.path("name"));
    read_folders(section, to);
    section.size("quota", to.quota);
    section.flag("login", to.login);
    read_retention(section, to);
    out.templates.push_back(std::move(to));
  }
  if (!names.has("default")) {
    Template standard;
    standard.name = "default";
    out.templates.push_back(std::move(standard));
  }
}

void read_passthrough(const Section& root, const LocalDomains& domains, Config& out) {
  const auto section = root.table("passthrough");
  read_switches(section, domains, out.passthrough);
  const auto in_charge = section.table("in_charge");
  if (!in_charge.exists()) return;
  InCharge to = primary_column(out.passthrough);
  read_switches(in_charge, domains, to.passthrough);
  read_undelivered(in_charge, "undelivered", to.undelivered);
  out.in_charge = to;
}

}  // namespace understudy::conf
