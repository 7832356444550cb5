/// What goes over whichever connection stands: reads the sources by turns, hands records to the sinks and questions to the
/// responders, keeps the questions of this machine, and counts. It outlives connections, so that a record that a sink still
/// works on is not given to it a second time by the next one. No sockets.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "relay/peer/dialogue.hpp"
#include "relay/peer/topics.hpp"

namespace understudy::relay::peer {

/// Of one topic, since the process began.
struct TopicStatus {
  std::string topic;
  std::uint64_t sent = 0;      ///< records, repetitions included
  std::uint64_t received = 0;  ///< records that were new here
  std::optional<Position>
      acknowledged;  ///< everything below is durable there, as far as has been heard; none: not wanted there yet
  std::optional<std::uint64_t> behind;  ///< records that are not durable there yet
};

/// All calls from one executor, `post`'s, but where it is said otherwise.
class Traffic : public std::enable_shared_from_this<Traffic> {
 public:
  /// `post`: runs a function on the executor, soon; any thread.
  using Post = std::function<void(std::function<void()>)>;
  Traffic(const Registry& registry, const base::Clock& clock, Post post);
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;
  void listen();  ///< to the sources; before anything else
  void close();   ///< hears no source any more; questions are answered with an error

  /// This dialogue is up and carries everything from now on, until detach(). `poke`: it has something to send.
  void attach(Dialogue& dialogue, std::function<void()> poke);
  void detach();
  /// What the dialogue that is attached gave.
  void take(std::vector<Event> events);
  /// Reads sources by turns until about so many octets wait to be sent.
  void fill(std::size_t octets);

  struct Question {
    std::string feature;  ///< of the verb; asked only where the other machine has it
    std::string verb;
    std::string octets;  ///< max_octets at most
    std::chrono::milliseconds limit{10'000};
  };
  /// `done`, on the executor: the answer, or errc::unsupported (the other machine lacks the feature), errc::busy (too many are
  /// open), errc::timed_out, base::errc::not_found (there is no link).
  using Done = std::function<void(base::Result<Responder::Answer>)>;
  void ask(Question question, Done done);

  std::vector<TopicStatus> status() const;

 private:
  struct Inbox {
    std::size_t under_way = 0;  // records that the sink works on, of this connection and of earlier ones
    bool wanted = false;        // on this connection
  };
  struct Outbox {
    std::shared_ptr<std::atomic<bool>> woken = std::make_shared<std::atomic<bool>>(false);
    std::uint64_t sent = 0;
    std::optional<Position> acknowledged;
  };

  void want(const std::string& topic);
  void handle(Up&& up);
  void handle(Taken&& taken);
  void handle(Asked&& asked);
  void handle(Answered&& answered);
  void taken(std::uint64_t connection, const std::string& topic, Position position, const base::Result<>& done);
  void answered(std::uint64_t connection, std::uint64_t number, Responder::Answer answer);
  void woken(const std::string& topic);
  bool read(const Dialogue::Turn& turn);
  void poke();

  const Registry& registry_;
  const base::Clock& clock_;
  const Post post_;
  Dialogue* dialogue_ = nullptr;  // of the connection that stands
  std::function<void()> poke_;
  std::uint64_t connection_ = 0;  // counts them
  std::map<std::string, Inbox> inboxes_;
  std::map<std::string, std::uint64_t> received_;
  std::map<std::string, Outbox> outboxes_;
  std::map<std::uint64_t, Done> questions_;  // of this connection
};

}  // namespace understudy::relay::peer
