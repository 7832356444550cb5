#include "relay/peer/topics.hpp"

namespace understudy::relay::peer {

Offers Registry::offers() const {
  Offers offers;
  for (const auto& [name, source] : sources_) offers.sources[name] = source.feature;
  for (const auto& [name, sink] : sinks_) offers.sinks[name] = sink.feature;
  for (const auto& [name, verb] : verbs_) offers.verbs[name] = verb.feature;
  offers.others = others_;
  return offers;
}

}  // namespace understudy::relay::peer
