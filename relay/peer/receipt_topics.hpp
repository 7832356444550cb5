/// Receipts over the peer link (docs/custody.md): what the other machine handed over under a number is acknowledged, and its
/// receipts for what we handed over are taken. The books are archive/custody's; here they travel.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "archive/custody/giver.hpp"
#include "archive/custody/taker.hpp"
#include "base/net/timers.hpp"
#include "base/net/workers.hpp"
#include "relay/peer/topics.hpp"

namespace understudy::relay::peer {

inline constexpr std::string_view receipts_feature = "receipts/1";

/// References outlive it; it outlives the link.
class ReceiptTopics {
 public:
  /// How long receipts are gathered before they go: one signature covers those of this while.
  static constexpr std::chrono::milliseconds gathered{250};
  /// How long others have their turn between two parts of a journal that is looked through.
  static constexpr std::chrono::milliseconds between_parts{50};

  /// `after`: runs a function on the link's executor after some time; any thread.
  using After = std::function<void(std::chrono::milliseconds, std::function<void()>)>;
  ReceiptTopics(archive::custody::ReceiptGiver& giver, archive::custody::ReceiptTaker& taker, Registry& registry,
                net::Workers& workers, After after);
  ~ReceiptTopics();
  /// The other machine may believe receipts now that it did not before. Any thread.
  void poke();
  /// A head of the other machine was judged: what could not be believed before is looked at again. Any thread.
  void head_judged();
  ReceiptTopics(const ReceiptTopics&) = delete;
  ReceiptTopics& operator=(const ReceiptTopics&) = delete;

 private:
  class Given;
  class Taken;
  class Asked;
  std::shared_ptr<Given> given_;
  std::unique_ptr<Taken> taken_;
  std::unique_ptr<Asked> asked_;
};

}  // namespace understudy::relay::peer
