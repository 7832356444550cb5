/// Orders to end what was kept, over the peer link (docs/custody.md, Endings), and the answers to them. What they are worth is
/// archive/endings' business; here they travel.
#pragma once

#include <memory>

#include "archive/endings/desk.hpp"
#include "relay/peer/topics.hpp"

namespace understudy::relay::peer {

inline constexpr std::string_view endings_feature = "endings/1";

/// References outlive it; it outlives the link.
class EndingTopics {
 public:
  EndingTopics(archive::endings::Desk& desk, Registry& registry);
  ~EndingTopics();
  EndingTopics(const EndingTopics&) = delete;
  EndingTopics& operator=(const EndingTopics&) = delete;

 private:
  class Orders;
  class Answers;
  class TakenOrders;
  class TakenAnswers;
  std::unique_ptr<Orders> orders_;
  std::unique_ptr<Answers> answers_;
  std::unique_ptr<TakenOrders> taken_orders_;
  std::unique_ptr<TakenAnswers> taken_answers_;
};

}  // namespace understudy::relay::peer
