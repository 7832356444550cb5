/// What travels over the peer link is none of its business: who has something to say makes a Source, who wants to hear it a
/// Sink, who answers questions a Responder, and registers it under its name with the feature that it belongs to
/// (docs/peer-link.md).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "relay/peer/dialogue.hpp"
#include "relay/peer/record.hpp"

namespace understudy::relay::peer {

/// A sequence of records with positions that only grow, kept durably. Called on the link's executor: a call reads a little and
/// returns.
class Source {
 public:
  virtual ~Source() = default;
  struct Next {
    Position position = 0;  ///< below the greatest number there is
    std::string octets;     ///< max_octets at most
  };
  /// The first record at or behind `from`; nullopt: there is none yet. An error ends the connection, and it is read again at
  /// the next one.
  virtual base::Result<std::optional<Next>> next(Position from) = 0;
  virtual std::uint64_t behind(Position from) = 0;  ///< about how many records there are at or behind `from`
  /// `wake` is to be called, on any thread, after more has become readable; once too often does no harm. An empty one replaces
  /// it before the link goes, and must not be running when this returns.
  virtual void on_more(std::function<void()> wake) = 0;
};

/// Takes the records of a topic. Called on the link's executor.
class Sink {
 public:
  virtual ~Sink() = default;
  /// The first position that is not durable here. Asked when a connection begins, and while no take() is under way.
  virtual Position wanted() = 0;
  /// `done` is called once, on any thread, when the record is durable here, or with an error: the connection ends, and the
  /// record comes again. Positions grow, and may skip some. A next record may come before an earlier one is done.
  using Done = std::function<void(base::Result<>)>;
  virtual void take(Position position, std::string octets, Done done) = 0;
};

/// Answers the questions of a verb. Called on the link's executor.
class Responder {
 public:
  virtual ~Responder() = default;
  struct Answer {
    peer::Answer::Status status = peer::Answer::Status::done;
    std::string octets;  ///< max_octets at most; a sentence where not done
  };
  /// `done` is called once, on any thread.
  using Done = std::function<void(Answer)>;
  virtual void answer(std::string question, Done done) = 0;
};

/// Filled before the link starts. What is registered outlives the link; names are those that is_name() allows.
class Registry {
 public:
  void add(const std::string& topic, const std::string& feature, Source& source) { sources_[topic] = {feature, &source}; }
  void add(const std::string& topic, const std::string& feature, Sink& sink) { sinks_[topic] = {feature, &sink}; }
  void add(const std::string& verb, const std::string& feature, Responder& responder) { verbs_[verb] = {feature, &responder}; }
  /// A feature without a topic or verb of its own here: one that this machine only asks about.
  void add_feature(const std::string& feature) { others_.insert(feature); }
  /// Called on each connection before anything is wanted or read: who is at the other end.
  void on_up(std::function<void(const Hello&)> tell) { on_up_.push_back(std::move(tell)); }
  /// What can be read here may be lost again where a write has failed, and what was said of it would convict this machine of a
  /// past that it has not got: nothing is said but while this is so. Asked after each read.
  void speak_while(std::function<bool()> durable) { durable_ = std::move(durable); }
  /// What this machine's configuration does not do without: where the other machine lacks it, log, status and check say so.
  void need(const std::string& feature) { needed_.insert(feature); }

  template <class Kind>
  struct Registered {
    std::string feature;
    Kind* what = nullptr;
  };
  const std::map<std::string, Registered<Source>>& sources() const { return sources_; }
  const std::map<std::string, Registered<Sink>>& sinks() const { return sinks_; }
  const std::map<std::string, Registered<Responder>>& verbs() const { return verbs_; }
  const std::set<std::string>& needed() const { return needed_; }
  const std::vector<std::function<void(const Hello&)>>& told_of_up() const { return on_up_; }
  bool may_speak() const { return !durable_ || durable_(); }
  Offers offers() const;

 private:
  std::map<std::string, Registered<Source>> sources_;
  std::map<std::string, Registered<Sink>> sinks_;
  std::map<std::string, Registered<Responder>> verbs_;
  std::set<std::string> others_;
  std::set<std::string> needed_;
  std::vector<std::function<void(const Hello&)>> on_up_;
  std::function<bool()> durable_;
};

}  // namespace understudy::relay::peer
