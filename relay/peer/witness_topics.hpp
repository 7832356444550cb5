/// Witnessing over the peer link (docs/proofs.md): our newest head goes out, the other machine's is judged and countersigned,
/// and each countersignature comes home. The rules are archive/witness's; here they travel.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "archive/witness/witness.hpp"
#include "relay/peer/question.hpp"
#include "relay/peer/topics.hpp"

namespace understudy::relay::peer {

inline constexpr std::string_view witness_feature = "witness/1";
inline constexpr std::string_view audit_witness_feature = "audit-witness/1";

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
  /// Under which names the heads of a journal travel.
  struct Names {
    std::string_view feature;
    const char* heads;
    const char* cosigned;
    const char* consistency;
  };
  static constexpr Names of_mail_journal{witness_feature, "heads", "cosigned", "consistency"};
  static constexpr Names of_audit_journal{audit_witness_feature, "audit-heads", "audit-cosigned", "audit-consistency"};

  /// Registers what it has to say and hears. `ask`: PeerLink::ask.
  WitnessTopics(archive::witness::Witness& witness, Registry& registry, Asker ask, const Names& names = of_mail_journal);
  ~WitnessTopics();
  WitnessTopics(const WitnessTopics&) = delete;
  WitnessTopics& operator=(const WitnessTopics&) = delete;

  /// `tell`: a countersignature of a head of ours came; on the committing thread. Before the link starts.
  void on_cosigned(std::function<void()> tell) { on_cosigned_ = std::move(tell); }
  /// `tell`: a head of the other machine was judged, whatever came of it; on any thread. Before the link starts.
  void on_judged(std::function<void()> tell) { on_judged_ = std::move(tell); }
  void head_signed() { our_heads_.poke(); }  ///< any thread
  /// What came of the other machine's heads, and of its countersignatures ("cosigned", "refused"), since the process began. Any
  /// thread.
  std::map<std::string, std::uint64_t> counts() const;

 private:
  class Heads;
  class Cosigned;
  class Consistency;
  void note(const std::string& what);
  void take_head(std::string octets, Sink::Done done);
  void judge_head(const std::string& octets, Sink::Done done);
  void look_again();
  /// `again`: a path that does not close is asked for once more.
  enum class Again : std::uint8_t { yes, no };
  void consider_with_path(archive::witness::Statement statement, Again again, Sink::Done done);
  void told(const base::Result<archive::witness::Finding>& finding, const Sink::Done& done);
  void take_cosigned(const std::string& octets, Sink::Done done);
  void take_cosigned(archive::witness::Countersigned countersigned, Sink::Done done);
  void take_early(Sink::Done done);
  void keep(base::Result<archive::witness::Countersigned> countersigned, Sink::Done done);

  archive::witness::Witness& witness_;
  Asker ask_;
  const Names names_;
  std::function<void()> on_cosigned_, on_judged_;
  NewestSource our_heads_;
  NewestSource given_;  ///< what we countersigned
  std::unique_ptr<Sink> heads_, cosigned_;
  std::unique_ptr<Responder> consistency_;
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> counts_;  ///< guarded by mutex_
  /// By a key that the other machine's next head is to tell of. Guarded by mutex_.
  std::optional<archive::witness::Countersigned> early_;
  std::string shown_;  ///< the head that came last, whatever came of it; guarded by mutex_
};

}  // namespace understudy::relay::peer
