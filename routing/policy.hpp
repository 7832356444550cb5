/// What this instance does with mail: the passthrough table of the design as values. Filled by conf, swapped whole at reload.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::routing {

enum class Role : std::uint8_t { archive = 1, in_charge = 2, standby = 3 };
enum class Switch : std::uint8_t { off = 0, on = 1 };
enum class Undelivered : std::uint8_t { refuse_or_return = 0, store = 1 };
enum class AcceptLocalFrom : std::uint8_t { anyone = 0, clients = 1 };

struct Passthrough {
  std::vector<std::string> domains = {"*"};  ///< canonical local domains these switches are for; "*": all. Others: all off
  Switch copy_to_sender_sent = Switch::off;
  Switch create_mailbox = Switch::off;
  Switch copy_local_to_outbox = Switch::off;
  Switch copy_without_received_to_outbox = Switch::off;
  AcceptLocalFrom accept_local_from = AcceptLocalFrom::anyone;
  std::chrono::seconds resend_window = std::chrono::days(14);
  std::uint32_t create_limit = 200;  ///< mailboxes a day and domain

  bool covers(std::string_view local_domain) const;
};

struct Policy {
  Role role = Role::in_charge;
  std::string hostname;  ///< said in EHLO and Received:; canonical
  Passthrough passthrough;
  Undelivered undelivered = Undelivered::refuse_or_return;
  std::string create_template = "default";
  std::uint32_t max_received = 100;    ///< as many `Received:` make a loop
  std::uint32_t max_own_received = 3;  ///< as many of them by our own name make a loop
};

/// A machine that may do more than the world ([[client]]).
struct Permissions {
  bool relay = false;         ///< mail for outside
  bool local_sender = false;  ///< local reverse-paths, which then count as local for Sent
  bool copy = false;          ///< hands over copies, kept as evidence whatever their shape
  bool operator==(const Permissions&) const = default;
};

}  // namespace understudy::routing
