/// From sections of the document to values of the configuration, table by table. Each reports what its own table can tell:
/// values that are no domain, address, network or verifier, and names given twice. What needs two tables is in validate.hpp.
/// Elements of lists are kept even where they are wrong, so that place n of the file is place n of the Config.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "conf/config.hpp"
#include "conf/section.hpp"

namespace understudy::conf {

/// Which domains are local, by every name that they have.
class LocalDomains {
 public:
  void add(const std::string& name, const std::string& main) { main_.emplace(name, main); }
  /// The name under which a domain's accounts are kept; nullptr: not local.
  const std::string* main_of(const std::string& canonical) const {
    const auto found = main_.find(canonical);
    return found == main_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, std::string> main_;
};

enum class MustBe { anywhere, local };

// One value. An error is reported at `text.path`, and nullopt or an empty text comes back.
std::string canonical_host(const Text& text, Report& report);  ///< a host or domain name, no literal
std::optional<mail::address::Address> canonical_address(const Text& text, const LocalDomains& domains, Report& report);
routing::AccountName account_name(const Text& text, const LocalDomains& domains, MustBe must_be, Report& report);
/// Addresses and ports of a list; each is claimed in `places`, so that one that stands there twice is an error.
std::vector<net::Endpoint> read_endpoints(const Section& section, std::string_view key, Once& places);
/// A verifier, or nothing; the value never stands in a message: it may be a password in plain text. `instead`: what else
/// to do, for the message.
std::string read_verifier(const Section& section, std::string_view instead);
void check_absolute(const Section& section, std::string_view key, const std::string& path);

// The tables. `root` is the whole document.
void read_server(const Section& root, Config& out);
void read_peer(const Section& root, Config& out);
void read_audit(const Section& root, Config& out);
void read_access(const Section& root, Config& out);           ///< with [[operator]]
LocalDomains read_domains(const Section& root, Config& out);  ///< after read_server
void read_server_addresses(const Section& root, const LocalDomains& domains, Config& out);
void read_accounts(const Section& root, const LocalDomains& domains, Config& out);
void read_templates(const Section& root, Config& out);
void read_passthrough(const Section& root, const LocalDomains& domains, Config& out);
void read_listeners(const Section& root, Config& out);
void read_clients(const Section& root, Config& out);
void read_routes(const Section& root, Config& out);
void read_outbound(const Section& root, Config& out);  ///< with [queue] and [dns]

}  // namespace understudy::conf
