/// One connection of the peer link once its handshake is done: moves the octets of a dialogue over a net::Link. Decides
/// nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/net/link.hpp"
#include "base/net/task_group.hpp"
#include "base/net/timers.hpp"
#include "relay/peer/dialogue.hpp"

namespace understudy::relay::peer {

enum class Dialled : std::uint8_t { here, there };

/// All calls on the link's executor.
class Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  class Host {
   public:
    virtual ~Host() = default;
    virtual void on_events(Conversation& conversation, std::vector<Event> events) = 0;
    /// The dialogue may be given what it has a turn for.
    virtual void fill(Conversation& conversation) = 0;
  };

  Conversation(std::unique_ptr<net::Link> link, Dialled dialled, DialogueOptions options, const base::Clock& clock,
               net::Timers& timers);

  /// Until it is over: the dialogue has ended, the connection is lost, or the task is told to stop, which the other side hears.
  /// `readers`: the other half runs there, and ends with this. `host` outlives both.
  net::Task<> run(net::TaskGroup& readers, Host& host);
  void poke();  ///< the dialogue has something to send

  Dialogue& dialogue() { return dialogue_; }
  Dialled dialled() const { return dialled_; }
  net::Endpoint peer() const { return link_->peer(); }
  /// Why the connection is over, in words; empty while it is not.
  std::string why_over() const;

 private:
  static net::Task<> read(std::shared_ptr<Conversation> self, Host* host);
  net::Task<bool> write();
  net::Task<> rest();
  net::Task<> part();
  void tell(Host& host);
  bool over() const { return lost_.has_value(); }

  std::unique_ptr<net::Link> link_;
  const Dialled dialled_;
  const base::Clock& clock_;
  const net::Timeout write_wait_;  // for a piece of the output
  Dialogue dialogue_;
  std::unique_ptr<net::Timer> pause_;     // of the writing half
  std::unique_ptr<net::Timer> appetite_;  // of the reading half, while the dialogue is not hungry
  bool poked_ = false;
  bool reading_ = false;
  std::optional<std::string> lost_;  // the connection broke, and how
};

}  // namespace understudy::relay::peer
