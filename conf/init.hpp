/// Writes a new configuration: complete, commented, and loading without problems. What this version does nothing with is
/// written as comments. What `understudy init` asks is what stands in InitAnswers; whatever has a default there need not be
/// asked. Never writes a file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace understudy::conf {

struct InitAccount {
  std::string address;
  std::vector<std::string> aliases = {};
  std::string password = {};  ///< a verifier, never plain text; empty: no login
};

struct InitClient {
  std::string name;
  std::vector<std::string> networks;
  std::vector<std::string> may;  ///< relay, local-sender, copy
};

struct InitAnswers {
  enum class Role : std::uint8_t { primary, archive } role = Role::primary;
  std::string domain;  ///< "example.org"; the same on both machines
  std::vector<std::string> domain_aliases;
  std::string hostname;  ///< of this machine
  std::string data = "/var/lib/understudy";
  std::string postmaster;             ///< empty: "postmaster@" and the domain
  std::vector<InitAccount> accounts;  ///< on a primary the postmaster is added where it is missing
  std::string certificate;            ///< path; empty with `key`: a self-signed pair is made at the first start
  std::string key;
  std::string master_key;  ///< path; empty: nothing that is kept is encrypted

  std::string peer_host;                   ///< the other machine; empty: a mail server without archive (primary only)
  std::vector<std::string> peer_networks;  ///< where it hands over mail from; empty: no [[client]] for it
  std::string peer_via;                    ///< where it takes mail; empty: peer_host, port 25
  std::uint16_t peer_port = 8025;          ///< of the peer link
  std::string peer_key = "ed25519:...";    ///< the placeholder: to be filled in later
  enum class Link : std::uint8_t {
    understudy,
    foreign
  } peer_is = Link::understudy;  ///< foreign: no [peer], not even in comments

  std::vector<std::string> smtp_binds = {"0.0.0.0:25"};
  std::vector<std::string> submission_binds = {"0.0.0.0:587"};  ///< primary only; empty: no such listener
  std::vector<std::string> imap_binds = {"0.0.0.0:993"};        ///< empty: none, but as a comment on an archive
  std::vector<std::string> pop3_binds;                          ///< empty: none, but as a comment on a primary
  std::vector<InitClient> clients;                              ///< beside the peer
  std::string outside_via = "mx";        ///< of an archive, or of a primary without one: MX or the provider's smarthost
  std::vector<std::string> dns_servers;  ///< empty: resolv.conf
  enum class Loopback : std::uint8_t { refuse, allow } mx_to_loopback = Loopback::refuse;  ///< allow: for tests only
};

/// The text. Values are quoted, whatever they hold; whether they make sense is for load() to say, by the lines of the text.
std::string render_init(const InitAnswers& answers);

}  // namespace understudy::conf
