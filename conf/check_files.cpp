#include "conf/check_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.hpp"
#include "base/descriptors.hpp"
#include "base/net/tls.hpp"
#include "conf/convert.hpp"
#include "conf/descriptors.hpp"
#include "conf/document.hpp"
#include "conf/report.hpp"

namespace understudy::conf {
namespace {

namespace fs = std::filesystem;

/// The file once more, to say where each setting stands; empty where it cannot be read any more.
Value read_document(const std::string& file) {
  const auto text = read_text(file);
  if (!text) return {};
  auto document = parse_document(*text, file);
  if (!document) return {};
  return std::move(*document);
}

class FileCheck {
 public:
  explicit FileCheck(const std::string& file) : document_(read_document(file)), report_(file, document_) {}

  /// `path` as in Report: with the places in lists.
  void error(std::string_view path, std::string message) { report_.error(path, std::move(message)); }
  void warn(std::string_view path, std::string message) { report_.warn(path, std::move(message)); }
  Problems take() { return report_.take(); }

  /// A regular file that we may read; reported where it is not.
  std::optional<struct stat> readable(std::string_view key, const std::string& path) {
    struct stat state {};
    if (::stat(path.c_str(), &state) != 0) {
      error(key, path + ": " + std::strerror(errno));
    } else if (!S_ISREG(state.st_mode)) {
      error(key, path + " is not a file");
    } else if (::access(path.c_str(), R_OK) != 0) {
      error(key, path + ": " + std::strerror(errno) + "; let the server's user read it");
    } else {
      return state;
    }
    return std::nullopt;
  }

 private:
  Value document_;
  Report report_;
};

bool open_to_others(const struct stat& state) {
  return (state.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

void check_tls(const relay::Tls& tls, FileCheck& check) {
  if (tls.certificate.empty() && tls.key.empty()) return;
  const auto certificate = check.readable("tls.certificate", tls.certificate);
  const auto key = check.readable("tls.key", tls.key);
  if (key && (key->st_mode & S_IRWXO) != 0) check.warn("tls.key", tls.key + " can be read by everyone; chmod o-rwx it");
  if (!certificate || !key) return;
  const auto context = net::TlsContext::server({.files = {.certificate = tls.certificate, .key = tls.key}});
  if (!context) check.error("tls.certificate", context.error().text());
}

void check_authorities(const std::string& file, FileCheck& check) {
  if (file.empty() || !check.readable("access.client_authorities", file)) return;
  net::TlsClientOptions options;
  options.roots = file;
  if (const auto context = net::TlsContext::client(options); !context)
    check.error("access.client_authorities", context.error().text());
}

void check_credentials(const Config& config, FileCheck& check) {
  for (std::size_t r = 0; r < config.routes.size(); ++r) {
    const auto& file = config.routes[r].auth_file;
    if (file.empty()) continue;
    const auto path = place_in("route", r, "auth");
    const auto state = check.readable(path, file);
    if (!state) continue;
    if (open_to_others(*state)) check.error(path, file + " is open to others; chmod 600 it");
    if (state->st_size == 0) check.error(path, file + " is empty; write user and password");
  }
}

void check_timestamp_roots(const std::string& file, FileCheck& check) {
  if (file.empty() || !check.readable("journal.timestamp_roots", file)) return;
  const auto context = net::TlsContext::client({.files = {}, .roots = file, .alpn = {}});
  if (!context) check.error("journal.timestamp_roots", context.error().text());
}

/// As the one that reads it in earnest: archive/keys/master_key.hpp.
bool is_master_key(std::string line) {
  if (line.ends_with('\n')) line.pop_back();
  if (!line.starts_with(archive::keys::master_prefix)) return false;
  const auto octets = base::from_base64(std::string_view(line).substr(archive::keys::master_prefix.size()));
  return octets && octets->size() == 32;
}

/// Through links, and where it is not there yet.
bool lies_in_data(const Config& config, const std::string& file) {
  std::error_code unknown;
  const auto data = fs::weakly_canonical(config.server.data, unknown).string() + "/";
  return fs::weakly_canonical(file, unknown).string().starts_with(data);
}

void check_master_key(const Config& config, FileCheck& check) {
  const auto& file = config.encryption.master_key;
  if (file.empty()) return;
  constexpr std::string_view key = "encryption.master_key";
  const auto state = check.readable(key, file);
  if (!state) return;
  if (open_to_others(*state)) check.error(key, file + " is open to others; chmod 600 it");
  const auto text = read_text(file);
  if (!text || !is_master_key(*text))
    check.error(key, file + " does not have the one line of a master key; `understudy encryption new-key` prints one");
  if (lies_in_data(config, file))
    check.warn(key, file + " lies in the data directory: who has a copy of that can read everything in it; move it elsewhere");
}

void check_encryption(const Config& config, FileCheck& check) {
  if (!config.encryption.on()) return;
  check_master_key(config, check);
  const auto& command = config.encryption.master_command;
  constexpr std::string_view key = "encryption.master_command";
  if (!command.empty() && check.readable(key, command.front()) && ::access(command.front().c_str(), X_OK) != 0)
    check.error(key, command.front() + ": " + std::strerror(errno) + "; it must be a program that the server's user may run");
  const auto& ring = config.encryption.ring;
  if (lies_in_data(config, ring))
    check.warn("encryption.ring",
               ring +
                   " lies in the data directory: a copy of that keeps the keys of accounts that are destroyed later, until "
                   "`understudy encryption rekey`; name a place that is not copied with it");
  struct stat state {};
  if (::stat(ring.c_str(), &state) != 0) return;  // made at the first start; a store that needs it says that it is missing
  if (check.readable("encryption.ring", ring) && open_to_others(state))
    check.error("encryption.ring", ring + " is open to others; chmod 600 it");
}

/// Who is named must be there: one whose account is missing could be anybody who gets its name later.
void check_operators(const Config& config, FileCheck& check) {
  struct stat data {};
  const auto owner = ::stat(config.server.data.c_str(), &data) == 0 ? std::to_string(data.st_uid) : std::string();
  std::set<std::string> seen;
  bool others = false;
  for (std::size_t o = 0; o < config.audit.operators.size(); ++o) {
    const auto& user = config.audit.operators[o].user;
    const bool is_number = !user.empty() && user.find_first_not_of("0123456789") == std::string::npos;
    const auto* account = is_number ? nullptr : ::getpwnam(user.c_str());
    if (!is_number && account == nullptr)
      check.error(place_in("operator", o, "user"), "this machine has no account \"" + user + "\"");
    const auto uid = account != nullptr ? std::to_string(account->pw_uid) : user;
    if (!seen.insert(uid).second)
      check.error(place_in("operator", o, "user"),
                  "is the account of another operator, too (uid " + uid + "): one person could be his own second one");
    others = others || (uid != "0" && uid != owner);
  }
  if (others && config.server.admin_group.empty())
    check.warn("operator", "the admin socket lets in the server's own user and root alone; name a group in server.admin_group");
  const auto& group = config.server.admin_group;
  if (!group.empty() && ::getgrnam(group.c_str()) == nullptr)
    check.error("server.admin_group", "this machine has no group \"" + group + "\"");
}

void check_data(const std::string& data, FileCheck& check) {
  struct stat state {};
  if (::stat(data.c_str(), &state) == 0) {
    if (!S_ISDIR(state.st_mode)) {
      check.error("server.data", data + " is not a directory");
    } else if (::access(data.c_str(), R_OK | W_OK | X_OK) != 0) {
      check.error("server.data", data + ": " + std::strerror(errno) + "; give it to the server's user");
    } else if (open_to_others(state)) {
      check.warn("server.data", data + " is open to others; chmod 700 it");
    }
    return;
  }
  if (errno != ENOENT) return check.error("server.data", data + ": " + std::strerror(errno));
  const auto plain = data.ends_with('/') ? fs::path(data).parent_path() : fs::path(data);
  const auto parent = plain.parent_path().string();
  if (::stat(parent.c_str(), &state) != 0 || !S_ISDIR(state.st_mode))
    check.error("server.data", parent + " is no directory; make it first: only the last part of the path is made at start");
}

void check_itself(const Config& config, const std::string& file, FileCheck& check) {
  const auto& operators = config.audit.operators;
  const bool secrets = std::ranges::any_of(config.accounts, [](const Account& account) { return !account.password.empty(); }) ||
                       std::ranges::any_of(operators, [](const auto& each) { return !each.verifier.empty(); });
  struct stat state {};
  if (secrets && ::stat(file.c_str(), &state) == 0 && (state.st_mode & S_IRWXO) != 0)
    check.warn("account.password", "this file holds verifiers of passwords and everyone may read it; chmod o-rwx it");
}

}  // namespace

Problems check_addresses(const Config& config, const std::string& file, const std::vector<net::IpAddress>& addresses) {
  FileCheck check(file);
  const auto own = own_endpoints(config, addresses);
  for (std::size_t r = 0; r < config.routes.size(); ++r) {
    const auto& via = config.routes[r].via;
    const auto address = net::IpAddress::parse(via.host);
    if (!address || std::ranges::find(own, net::Endpoint{*address, via.port}) == own.end()) continue;
    check.warn(place_in("route", r, "via"), address->text() +
                                                " is an address of this machine, and a listener of ours answers there: "
                                                "mail for it waits; name the next machine");
  }
  return check.take();
}

Problems check_files(const Config& config, const std::string& file) {
  FileCheck check(file);
  check_data(config.server.data, check);
  check_operators(config, check);
  check_authorities(config.access.client_authorities, check);
  check_tls(config.relay.tls, check);
  check_timestamp_roots(config.journal.timestamp_roots, check);
  check_encryption(config, check);
  check_credentials(config, check);
  check_itself(config, file, check);
  return check.take();
}

Problems check_descriptors(const Config& config, const std::string& file, std::uint64_t descriptors) {
  FileCheck check(file);
  const auto others = descriptors_beside_connections(config);
  const auto fit = connections_within(config, descriptors);
  const auto wanted = std::to_string(others + config.relay.connections.total);
  const std::string cure = "; raise the hard limit (LimitNOFILE= of the service, `ulimit -Hn`) to " + wanted;
  const std::string have = "a process may have " + std::to_string(descriptors) + " files and connections open here, and " +
                           std::to_string(others) + " are for all but inbound connections";
  if (fit == 0)
    check.error("limits.connections", have + ": there is room for none" + cure);
  else if (fit < config.relay.connections.total)
    check.warn("limits.connections", have + ": only " + std::to_string(fit) + " connections are let in at once" + cure);
  const bool is_read = std::ranges::any_of(
      config.relay.listeners, [](const relay::Listener& listener) { return !relay::speaks_smtp(listener.protocol); });
  const auto readers = access_connections_within(config, descriptors);
  if (is_read && readers < config.access.connections)
    check.warn("access.connections", "a process may have " + std::to_string(descriptors) +
                                         " files and connections open here: only " + std::to_string(readers) +
                                         " connections of people who read their mail are let in at once; raise the hard limit "
                                         "(LimitNOFILE= of the service, `ulimit -Hn`)");
  return check.take();
}

std::expected<Loaded, Problems> load_and_check(const std::string& file, const std::vector<net::IpAddress>& addresses) {
  auto loaded = load_file(file);
  if (!loaded) return loaded;
  for (auto& found : {check_files(loaded->config, file), check_addresses(loaded->config, file, addresses),
                      check_descriptors(loaded->config, file, base::most_descriptors())})
    loaded->warnings.insert(loaded->warnings.end(), found.begin(), found.end());
  if (has_error(loaded->warnings)) return std::unexpected(errors_of(std::move(loaded->warnings)));
  return loaded;
}

}  // namespace understudy::conf
