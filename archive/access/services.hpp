/// What every session of mail access works with. Made once by app; outlives all sessions.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "archive/access/counts.hpp"
#include "archive/access/options.hpp"
#include "archive/access/pack_keeper.hpp"
#include "archive/archive.hpp"
#include "archive/audit/door.hpp"
#include "archive/login/guard.hpp"
#include "archive/mailbox/live_account.hpp"
#include "base/clock.hpp"
#include "base/net/timers.hpp"
#include "base/net/tls.hpp"
#include "base/net/workers.hpp"

namespace understudy::archive::access {

/// As one value that a reload swaps whole; a session keeps what it began with until its next login.
struct Settings {
  Options options;
  Serve serve = Serve::everything;  ///< by the role of this machine
  std::string hostname;
  std::string domain_name;  ///< of the pair: added to user names without a domain
  login::Limits logins;
  std::shared_ptr<const net::TlsContext> tls;  ///< nullptr: no listener offers TLS
};

struct Services {
  Archive& archive;
  mailbox::LiveAccounts& accounts;
  std::function<std::shared_ptr<const Settings>()> settings;
  const base::Clock& clock;
  net::Timers& timers;
  std::string fake_salt;  ///< secret: what unknown users are answered with in SCRAM
  net::Workers& workers;  ///< hash passwords
  login::Guard& guard;
  Counts& counts;
  std::function<bool()> has_room;  ///< on the medium, for messages that are appended; any thread
  audit::Door& door;               ///< for operators who open an account
  PackKeeper& packs;
};

}  // namespace understudy::archive::access
