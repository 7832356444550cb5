/// What mail access is run with. Plain values, filled by conf from one file and checked there.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "archive/login/options.hpp"

namespace understudy::archive::access {

/// What users may do with their mailboxes.
enum class Serve : std::uint8_t {
  nothing,    ///< logins are refused: their mail is on another machine
  read_only,  ///< folders open as by EXAMINE, nothing can be changed
  everything,
};

struct Options {
  std::uint32_t connections = 1000;            ///< at once, beside those of mail; beyond: BYE
  std::uint32_t connections_per_address = 50;  ///< an IPv6 /64 counts as one address
  /// While this machine is an archive, and not in charge. Then their mailbox is that of the primary.
  Serve in_archive_role = Serve::nothing;
  std::chrono::milliseconds login_wait = std::chrono::minutes(1);  ///< from the connection to the login
  /// For the next command, and in IDLE (RFC 9051 §5.4: not less than 30 minutes).
  std::chrono::milliseconds idle_wait = std::chrono::minutes(30);
  std::chrono::milliseconds write_wait = std::chrono::minutes(5);  ///< for the client to take what it is told
  std::chrono::milliseconds data_wait = std::chrono::minutes(5);   ///< for the next octets of a command or message
  std::uint64_t message_size = 100ull << 20;                       ///< octets of one message by APPEND; APPENDLIMIT
  std::uint32_t metadata_entries = 1000;                           ///< of an account (RFC 5464)
  std::uint64_t metadata_size = 1ull << 20;                        ///< octets of all of them, with their names
  std::uint64_t metadata_value = 16 * 1024;                        ///< octets of one
  bool shared_mailboxes = true;                                    ///< users may share theirs with each other (RFC 4314)
  std::uint64_t work_memory = 256ull << 20;     ///< octets that SORT and THREAD may hold, all sessions together
  std::uint64_t heading_memory = 128ull << 20;  ///< octets of what SEARCH, SORT and THREAD ask for, kept for the next one
  /// PEM, authorities whose certificates of clients name who logs in (EXTERNAL); empty: none is asked for.
  std::string client_authorities;
  std::uint32_t errors = 20;              ///< commands of one session that were not understood; beyond: BYE
  std::uint32_t errors_before_login = 3;  ///< the same before login; failed logins count
};

}  // namespace understudy::archive::access
