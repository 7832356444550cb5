#include "relay/peer/refusals.hpp"

#include "base/log.hpp"

namespace understudy::relay::peer {
namespace {

constexpr base::SteadyTime between_lines(1000);  ///< of one reason

struct Words {
  std::string reason;
  std::string what;
};

Words words_of(const net::PinnedTls& tls, const base::Error& error) {
  const std::string shown = tls.shown() ? tls.shown()->text() : std::string();
  switch (tls.verdict()) {
    case net::PinnedTls::Verdict::other_key:
      return {"key", "it shows " + shown + ", which is not the key in peer.key"};
    case net::PinnedTls::Verdict::own_key:
      return {"own-key", "it shows this machine's own key: it is this machine, or a copy of it"};
    case net::PinnedTls::Verdict::not_pinned:
      return {"unpaired", "it shows " + shown + ", and there is no peer.key here; compare them, see `understudy peer pair`"};
    case net::PinnedTls::Verdict::no_key:
      return {"no-key", "it shows no Ed25519 key"};
    case net::PinnedTls::Verdict::other_protocol:
      return {"protocol", "it does not speak the peer link"};
    case net::PinnedTls::Verdict::none:
    case net::PinnedTls::Verdict::accepted:
      break;
  }
  return {"handshake", error.text()};
}

}  // namespace

std::string Refusals::note(const net::Endpoint& from, const net::PinnedTls& tls, const base::Error& error) {
  const auto words = words_of(tls, error);
  using Verdict = net::PinnedTls::Verdict;
  if (tls.verdict() == Verdict::other_key || tls.verdict() == Verdict::not_pinned) offered_ = tls.shown();
  note(from, words.reason, words.what);
  return words.what;
}

void Refusals::note(const net::Endpoint& from, const std::string& reason, const std::string& what) {
  ++counts_[reason];
  const auto now = clock_.steady();
  const auto [at, first] = logged_.try_emplace(reason, now);
  if (!first && now - at->second < between_lines) return;
  at->second = now;
  base::log::warn("peer.refused", {{"peer", from.text()}, {"reason", reason}, {"what", what}});
}

bool Knocks::may_enter(const net::IpAddress& from, base::SteadyTime now) {
  const auto second = base::SteadyTime(now.count() / 1000);
  if (second != second_) {
    second_ = second;
    all_ = 0;
    by_address_.clear();
  }
  if (all_ >= most) return false;
  const unsigned width = from.family() == net::Family::ipv6 ? 64 : 32;  // a host has a whole /64
  auto& of_address = by_address_[from.masked(width)];
  if (of_address >= most_of_an_address) return false;
  ++of_address;
  ++all_;
  return true;
}

}  // namespace understudy::relay::peer
