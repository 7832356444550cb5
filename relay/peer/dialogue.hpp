/// The protocol of one connection of the peer link as a state machine: hello and its versions and features, topics with
/// positions and windows, turns between topics, questions with time limits, ping, bye (docs/peer-link.md). Takes octets and the
/// time, gives octets and events. Never reads a source, knows no link, no clock and no thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "relay/peer/frame.hpp"
#include "relay/peer/record.hpp"

namespace understudy::relay::peer {

inline constexpr std::size_t max_questions = 64;  ///< open at a time, in each direction

/// What this machine has, each by its name, with the feature that it belongs to.
struct Offers {
  std::map<std::string, std::string> sources;  ///< topics that it sends
  std::map<std::string, std::string> sinks;    ///< topics that it takes
  std::map<std::string, std::string> verbs;    ///< questions that it answers
  std::set<std::string> others;                ///< features that it has beside those of the above: verbs that it asks

  std::vector<std::string> features() const;  ///< all of them, each once, sorted; at most max_features
};

struct DialogueOptions {
  Hello hello;  ///< of this machine; its features are those of the offers
  Offers offers;
  std::uint64_t window = 1 << 20;  ///< octets of a topic's frames that are out and not yet covered by a `have`
  base::SteadyTime idle{15'000};
};

/// The other side's hello fits: topics and questions are open.
struct Up {
  Hello other;
};
/// A record that is to be made durable; then durable() is called.
struct Taken {
  std::string topic;
  Position position = 0;
  std::string octets;
};
/// A question that is to be answered by answer().
struct Asked {
  std::uint64_t number = 0;
  std::string verb;
  std::string octets;
};
/// To a question of ours.
struct Answered {
  std::uint64_t number = 0;
  std::optional<Answer> answer;  ///< none: not within its time limit
};
using Event = std::variant<Up, Taken, Asked, Answered>;

/// Why a dialogue is over.
struct Ended {
  enum class How : std::uint8_t {
    here,       ///< end() was called
    there,      ///< the other side said bye
    version,    ///< no version in common
    violation,  ///< the other side sent what does not parse, is too long or comes out of turn
    silent,     ///< nothing came from the other side for too long
  } how;
  std::string why;  ///< for the log; said to the other side unless it was `there`
};

/// One connection, one thread. After its end it takes nothing and only take_output() is of use.
class Dialogue {
 public:
  Dialogue(DialogueOptions options, base::SteadyTime now);

  void on_octets(std::string_view piece, base::SteadyTime now);
  void on_time(base::SteadyTime now);
  base::SteadyTime due() const;  ///< when on_time() has something to do next
  /// False: so much of what came waits to be durable, or of what is to go out to be sent, that nothing more is to be read.
  bool hungry() const;

  std::string take_output();  ///< frames to be sent, whole ones, in their order; empty: none
  std::size_t output_octets() const { return output_.size(); }
  std::vector<Event> take_events();  ///< in their order

  bool up() const { return other_.has_value() && !ended_; }
  const std::optional<Hello>& other() const { return other_; }
  const std::optional<Ended>& ended() const { return ended_; }
  bool other_has(const std::string& feature) const { return other_features_.contains(feature); }
  void end(std::string why);
  void probe(base::SteadyTime now);  ///< asks at once whether the other side is there, as after `idle`

  /// Whose turn it is to send: the source is asked for its first record at or behind `from`, then give() or rest() is called.
  struct Turn {
    std::string topic;
    Position from = 0;
  };
  std::optional<Turn> turn();
  /// `position` is at or behind `from` of the turn, `octets` are max_octets at most.
  void give(const std::string& topic, Position position, std::string_view octets);
  void rest(const std::string& topic);  ///< its source has nothing more for now
  void more(const std::string& topic);  ///< it has again

  /// Once for a topic, after Up. false: the other side does not have its feature.
  bool want(const std::string& topic, Position from);
  void durable(const std::string& topic, Position position);  ///< what was Taken there

  /// The question's number; nullopt: not up, or max_questions are open. `feature`: of the verb.
  std::optional<std::uint64_t> ask(const std::string& feature, const std::string& verb, std::string_view octets,
                                   base::SteadyTime deadline);
  void answer(Answer answer);  ///< to an Asked, once

  /// Of a topic that this side sends.
  struct Sending {
    Position next = 0;          ///< first position that was not sent
    Position acknowledged = 0;  ///< everything below is durable there
    std::uint64_t out = 0;      ///< octets of the window that are taken
  };
  std::optional<Sending> sending(const std::string& topic) const;  ///< nullopt: the other side does not want it

 private:
  struct Out {
    Sending state;
    std::deque<std::pair<Position, std::uint64_t>> frames;  // sent and not covered: position, octets
    bool resting = false;
  };
  struct In {
    Position next = 0;  // the least position that is not a repetition
    struct Held {
      Position position;
      std::uint64_t octets;
      bool durable;
    };
    std::deque<Held> held;
  };

  void on_frame(const Frame& frame);
  void on(Hello hello);
  void on(Want want);
  void on(Record record);
  void on(Have have);
  void on(Ask ask);
  void on(Answer answer);
  void on(Ping ping);
  void on(Pong pong);
  void on(Bye bye);
  void say(const AnyRecord& record) { append_record(output_, record); }
  void finish(Ended ended);
  void violated(std::string why);
  void expire_questions(base::SteadyTime now);

  DialogueOptions options_;
  base::SteadyTime begun_;
  base::SteadyTime heard_;  // when octets came last
  FrameReader reader_;
  std::string output_;
  std::vector<Event> events_;
  std::optional<Hello> other_;
  std::set<std::string> other_features_;
  std::optional<Ended> ended_;

  std::map<std::string, Out> out_;
  std::string last_turn_;
  std::map<std::string, In> in_;
  std::set<std::string> haves_due_;  // topics with a `have` that stands in no frame yet
  std::uint64_t held_octets_ = 0;    // of records that are not durable, of questions that are not answered

  std::map<std::uint64_t, std::optional<base::SteadyTime>> asked_;  // ours that are open; no deadline: nobody waits any more
  std::uint64_t next_question_ = 1;
  std::map<std::uint64_t, std::uint64_t> answering_;  // theirs that are open, and their octets
  std::uint64_t last_question_ = 0;                   // theirs

  std::uint64_t pings_ = 0;
  std::optional<base::SteadyTime> pinged_;  // when, while nothing came since
};

}  // namespace understudy::relay::peer
