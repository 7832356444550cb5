/// Who carries entries to a hop: SMTP in the server, a script in a test of the schedule.
#pragma once

#include <memory>
#include <variant>

#include "archive/archive.hpp"
#include "base/net/link.hpp"
#include "relay/schedule/attempt.hpp"
#include "routing/route.hpp"

namespace understudy::relay {

/// An open way to a next hop that takes one entry after the other. One coroutine.
class Conversation {
 public:
  virtual ~Conversation() = default;
  /// Those of the entry's pending targets that belong to this hop.
  virtual net::Task<Attempt> send(const archive::outbox::Entry& entry) = 0;
  virtual bool usable() const = 0;  ///< false: open another one
  virtual net::Task<> quit() = 0;
};

class Courier {
 public:
  virtual ~Courier() = default;
  /// A conversation, or what is in the way of all entries of the hop: deferred, or failed for good (the domain does not exist).
  using Opened = std::variant<std::unique_ptr<Conversation>, Outcome>;
  virtual net::Task<Opened> open(routing::Hop hop) = 0;
};

}  // namespace understudy::relay
