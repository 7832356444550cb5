#include "relay/peer/conversation.hpp"

#include <algorithm>

#include <boost/asio/this_coro.hpp>

namespace understudy::relay::peer {
namespace {

constexpr std::size_t piece = 64 * 1024;  ///< read or written at a time
constexpr net::Timeout forever(std::chrono::hours(24 * 300));
constexpr net::Timeout bye_wait(2000);            ///< for the other side's end after our bye
constexpr net::Timeout appetite_wait(60 * 1000);  ///< then it is looked at again, whatever was heard

}  // namespace

Conversation::Conversation(std::unique_ptr<net::Link> link, Dialled dialled, DialogueOptions options, const base::Clock& clock,
                           net::Timers& timers)
    : link_(std::move(link)),
      dialled_(dialled),
      clock_(clock),
      write_wait_(2 * options.idle),
      dialogue_(std::move(options), clock.steady()),
      pause_(timers.make(link_->executor())),
      appetite_(timers.make(link_->executor())) {}

void Conversation::poke() {
  poked_ = true;
  pause_->cancel();
}

std::string Conversation::why_over() const {
  if (dialogue_.ended()) return dialogue_.ended()->why;
  return lost_.value_or("");
}

void Conversation::tell(Host& host) {
  auto events = dialogue_.take_events();
  if (!events.empty()) host.on_events(*this, std::move(events));
}

net::Task<> Conversation::run(net::TaskGroup& readers, Host& host) {
  reading_ = readers.spawn(link_->executor(), "peer.read", read(shared_from_this(), &host)) == net::TaskGroup::Spawned::started;
  while (reading_ && !over()) {
    dialogue_.on_time(clock_.steady());
    tell(host);
    host.fill(*this);
    if (dialogue_.hungry()) appetite_->cancel();
    const bool wrote = co_await write();
    if (wrote) continue;
    if (dialogue_.ended()) break;
    co_await rest();
  }
  co_await part();
}

/// Whether there was something to write. Piece by piece: each has to go out in time, however long all of it takes.
net::Task<bool> Conversation::write() {
  const std::string output = dialogue_.take_output();
  for (std::size_t at = 0; at < output.size() && !over(); at += piece) {
    auto sent = co_await link_->write(std::string_view(output).substr(at, piece), write_wait_);
    if (!sent && !over()) lost_ = sent.error().text();
  }
  co_return !output.empty();
}

net::Task<> Conversation::rest() {
  const auto now = clock_.steady();
  const auto until = std::max(dialogue_.due(), now + base::SteadyTime(1));
  if (!poked_) co_await pause_->wait(until - now);
  poked_ = false;
  const auto told = co_await net::asio::this_coro::cancellation_state;
  if (told.cancelled() != net::asio::cancellation_type::none) dialogue_.end("this machine ends the link");
}

/// After a bye the other side ends the connection; should it not, this one does. It is not closed from here before: what is
/// under way in the other direction would make a reset of it, which may overtake the bye.
net::Task<> Conversation::part() {
  const auto end = clock_.steady() + bye_wait;
  const bool waits = !over() && dialogue_.ended() && dialogue_.ended()->how != Ended::How::there;
  while (waits && reading_ && clock_.steady() < end) {
    const auto waited = co_await pause_->wait(end - clock_.steady());
    const auto told = co_await net::asio::this_coro::cancellation_state;
    if (waited == net::Waited::expired || told.cancelled() != net::asio::cancellation_type::none) break;
  }
  if (!lost_) lost_ = why_over();  // the reading half gives no more events
  link_->abort();
}

net::Task<> Conversation::read(std::shared_ptr<Conversation> self, Host* host) {
  struct AtEnd {
    Conversation& of;
    ~AtEnd() {
      of.reading_ = false;
      of.poke();
    }
  };
  const AtEnd at_end{*self};
  std::vector<char> room(piece);
  while (!self->over()) {
    if (!self->dialogue_.hungry()) {
      co_await self->appetite_->wait(appetite_wait);
      const auto told = co_await net::asio::this_coro::cancellation_state;
      if (told.cancelled() != net::asio::cancellation_type::none) co_return;
      continue;
    }
    auto got = co_await self->link_->read_some(room, forever);
    if (!got) {
      if (!self->over()) self->lost_ = got.error().text();
      co_return;
    }
    if (self->over()) co_return;
    self->dialogue_.on_octets({room.data(), *got}, self->clock_.steady());
    self->tell(*host);
    self->poke();
  }
}

}  // namespace understudy::relay::peer
