#include "conf/readers.hpp"

namespace understudy::conf {
namespace {

using archive::audit::Kind;
using archive::audit::Operator;
using archive::audit::Policy;
using archive::audit::Role;

constexpr std::size_t longest_name = 80;

std::string read_name(const Section& section, std::string_view key) {
  std::string name;
  section.text(key, name);
  const bool fits =
      !name.empty() && name.size() <= longest_name && name.find_first_of(std::string_view("\0\r\n\t", 4)) == name.npos;
  if (section.has(key) && !fits)
    section.report().error(section.path(key),
                           "must be a name of at most " + std::to_string(longest_name) + " octets, on one line");
  return name;
}

Operator read_operator(const Section& section, Once& names, Once& users) {
  Operator to;
  to.name = read_name(section, "name");
  to.user = read_name(section, "user");
  names.claim(to.name, section.path("name"));
  users.claim(to.user, section.path("user"));
  to.verifier = read_verifier(section, "`gsasl --mkpasswd --mechanism SCRAM-SHA-256` makes one");
  if (!to.verifier.empty() && to.user.find('*') != to.user.npos)
    section.report().error(section.path("user"),
                           "has a \"*\", which parts the names of a login for mail access; leave out the password");
  for (const auto& role : section.texts("roles")) {
    if (role.text == "administrator") to.roles.insert(Role::administrator);
    if (role.text == "auditor") to.roles.insert(Role::auditor);
  }
  if (to.roles.empty())
    section.report().error(section.path("roles"), "names none; write \"administrator\", \"auditor\", or both");
  return to;
}

}  // namespace

void read_audit(const Section& root, Config& out) {
  auto& to = out.audit;
  const auto audit = root.table("audit");
  using Reading = Policy::Reading;
  audit.word<Reading>("administrators_read",
                      {{"never", Reading::never}, {"audited", Reading::audited}, {"second-person", Reading::second_person}},
                      to.administrators_read);
  constexpr std::pair<std::string_view, Kind> kinds[] = {
      {"inspect", Kind::inspect}, {"search", Kind::search},       {"read", Kind::read}, {"export", Kind::give},
      {"change", Kind::change},   {"configure", Kind::configure}, {"end", Kind::end}};
  for (const auto& word : audit.texts("second_person"))
    for (const auto& [name, kind] : kinds)
      if (name == word.text) to.second_person.insert(kind);
  bool needed = false;
  audit.flag("auditors_need_case", needed);
  to.auditors_cases = needed ? Policy::Cases::needed : Policy::Cases::optional;
  audit.duration("approval_valid", to.approval_valid);
  Once names("operator", root.report()), users("account of an operator", root.report());
  for (const auto& section : root.tables("operator")) to.operators.push_back(read_operator(section, names, users));
}

}  // namespace understudy::conf
