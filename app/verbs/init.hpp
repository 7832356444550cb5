/// `understudy init`: a complete, commented configuration from a few answers; asked on a terminal where they were not given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/verbs/context.hpp"
#include "conf/init.hpp"

namespace understudy::app {

/// The options of the command line; empty: not given.
struct InitWords {
  std::string role, domain, hostname, data, postmaster, smarthost;
  std::string peer;                        ///< HOST, or HOST:PORT where it takes mail
  std::vector<std::string> peer_networks;  ///< where it hands over mail from
  enum class Peer : std::uint8_t { understudy, other_product } peer_is = Peer::understudy;
  std::vector<std::string> domain_aliases, accounts, clients, dns;
  std::vector<std::string> listen, submission, imap, pop3;
  std::string certificate, key, master_key;
  enum class Loopback : std::uint8_t { refuse, allow } mx_to_loopback = Loopback::refuse;
  std::string output;  ///< empty: standard output
  enum class Overwrite : std::uint8_t { no, yes } overwrite = Overwrite::no;
};

Exit init(Context& context, InitWords words);

}  // namespace understudy::app
