/// Witnessing over the peer link (docs/proofs.md): our newest head goes out, the other machine's is judged and countersigned,
/// and each countersignature comes home. The rules are archive/witness's; here they travel.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "archive/witness/witness.hpp"
#include "relay/peer/topics.hpp"
#include "relay/peer/traffic.hpp"

namespace understudy::relay::peer {

inline constexpr std::string_view witness_feature = "witness/1";

/// Has the newest of something to say, again on each connection, and after poke().
class NewestSource final : public Source {
 public:
  /// nullopt: there is nothing yet.
  using Newest = std::function<base::Result<std::optional<Next>>()>;
  explicit NewestSource(Newest newest) : newest_(std::move(newest)) {}

  base::Result<std::optional<Next>> next(Position from) override;
  std::uint64_t behind(Position from) override;
  void on_more(std::function<void()> wake) override;
  void poke();  ///< any thread

 private:
  Newest newest_;
  std::mutex mutex_;
  std::function<void()> wake_;  ///< guarded by mutex_
};

/// References outlive it; it outlives the link.
class WitnessTopics {
 public:
  using Ask = std::function<void(Traffic::Question, Traffic::Done)>;

  /// Registers what it has to say and hears. `ask`: PeerLink::ask.
  WitnessTopics(archive::witness::Witness& witness, Registry& registry, Ask ask);
  WitnessTopics(const WitnessTopics&) = delete;
  WitnessTopics& operator=(const WitnessTopics&) = delete;

  /// `tell`: a countersignature of a head of ours came; on the committing thread. Before the link starts.
  void on_cosigned(std::function<void()> tell) { on_cosigned_ = std::move(tell); }
  void head_signed() { our_heads_.poke(); }  ///< any thread
  /// What came of the other machine's heads, and of its countersignatures ("cosigned", "refused"), since the process began. Any
  /// thread.
  std::map<std::string, std::uint64_t> counts() const;

 private:
  class Heads;
  class Cosigned;
  class Consistency;
  void note(const std::string& what);
  void take_head(const std::string& octets, Sink::Done done);
  /// `again`: a path that does not close is asked for once more.
  enum class Again : std::uint8_t { yes, no };
  void consider_with_path(archive::witness::Statement statement, Again again, Sink::Done done);
  void told(const base::Result<archive::witness::Finding>& finding, const Sink::Done& done);
  void take_cosigned(const std::string& octets, Sink::Done done);

  archive::witness::Witness& witness_;
  Ask ask_;
  std::function<void()> on_cosigned_;
  NewestSource our_heads_;
  NewestSource given_;  ///< what we countersigned
  std::unique_ptr<Sink> heads_, cosigned_;
  std::unique_ptr<Responder> consistency_;
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> counts_;  ///< guarded by mutex_
};

}  // namespace understudy::relay::peer
