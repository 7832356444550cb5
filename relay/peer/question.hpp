/// A question over the link, as a coroutine asks it. Who needs to know why the other machine did not answer asks Traffic
/// itself.
#pragma once

#include <functional>
#include <string>

#include "base/net/link.hpp"
#include "base/result.hpp"
#include "relay/peer/traffic.hpp"

namespace understudy::relay::peer {

/// Puts a question on the link, whatever stands there: PeerLink::ask, mostly. Any thread.
using Asker = std::function<void(Traffic::Question, Traffic::Done)>;

/// The octets of the answer, on the caller's executor. base::errc::refused: the other machine said why it gives none; else as
/// Traffic::Done says.
net::Task<base::Result<std::string>> put_question(const Asker& ask, Traffic::Question question);

}  // namespace understudy::relay::peer
