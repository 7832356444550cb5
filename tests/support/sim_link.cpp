#include "tests/support/sim_link.hpp"

#include <algorithm>
#include <cstring>

#include <boost/asio/this_coro.hpp>

#include "base/net/tls_session.hpp"

namespace understudy::sim {
namespace {
constexpr std::string_view handshake_record = "\x16\x03\x01";  // what a client hello looks like to who expects text

bool stopped(asio::cancellation_state told) {
  return told.cancelled() != asio::cancellation_type::none;
}

/// PinnedTls's: nothing else demands one of both sides.
bool demands_certificates(const net::TlsContext& context) {
  return (SSL_CTX_get_verify_mode(context.impl().context.get()) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) != 0;
}
}  // namespace

void SimLink::Cable::cut(base::SteadyTime now) {
  for (auto& direction : directions) {
    std::erase_if(direction.sent, [now](const Sent& sent) { return sent.due > now; });
    direction.sent.push_back({Reset{}, now});
    direction.reader_gone = true;
    if (direction.reader) direction.reader->wake(Woken::notified);
    if (direction.writer) direction.writer->wake(Woken::notified);
  }
}

SimLink::SimLink(const SimParts& parts, std::shared_ptr<Cable> cable, Side side, net::Endpoint local, net::Endpoint peer)
    : executor_(parts.executor),
      timers_(parts.timers),
      faults_(parts.faults),
      wire_(parts.wire),
      cable_(std::move(cable)),
      side_(side),
      local_(local),
      peer_(peer),
      reading_(timers_, executor_),
      writing_(timers_, executor_) {
  in().reader = &reading_;
  out().writer = &writing_;
}

SimLink::~SimLink() {
  abort();
  in().reader = nullptr;
  out().writer = nullptr;
}

std::unexpected<base::Error> SimLink::failed(std::string_view doing, net::errc what) const {
  return base::fail(std::string(doing) + " " + peer_.text(), what);
}

net::errc SimLink::why(Woken woken) const {
  return woken == Woken::expired ? net::errc::timed_out : net::errc::cancelled;
}

void SimLink::push(Item item) {
  if (cable_->silent || out().reader_gone) return;
  const base::SteadyTime now = timers_.clock().steady();
  const base::SteadyTime before = out().sent.empty() ? now : out().sent.back().due;  // nothing overtakes
  out().sent.push_back({std::move(item), std::max(before, wire_->delay ? now + wire_->delay() : now)});
  if (out().reader) out().reader->wake(Woken::notified);
}

/// The wire breaks: the peer reads what had arrived, then learns of it.
void SimLink::fail_wire() {
  push(Reset{});
  abort();
}

SimLink::Item* SimLink::arrived() {
  if (in().sent.empty() || in().sent.front().due > timers_.clock().steady()) return nullptr;
  return &in().sent.front().item;
}

/// `notified` also where something that was under way has arrived.
net::Task<Woken> SimLink::wait_to_read(base::SteadyTime deadline) {
  const base::SteadyTime due = in().sent.empty() ? deadline : std::min(deadline, in().sent.front().due);
  const Woken woken = co_await reading_.wait(due - timers_.clock().steady());
  const bool late = timers_.clock().steady() >= deadline;
  co_return woken == Woken::expired && !late ? Woken::notified : woken;
}

std::size_t SimLink::take(std::string& front, std::span<char> into) {
  const std::size_t piece = wire_->piece ? std::max<std::size_t>(wire_->piece(), 1) : wire_->max_read;
  const std::size_t count = std::min({front.size(), into.size(), wire_->max_read, piece});
  std::memcpy(into.data(), front.data(), count);
  front.erase(0, count);
  in().octets -= count;
  if (front.empty()) in().sent.pop_front();
  if (in().writer) in().writer->wake(Woken::notified);
  return count;
}

/// nullopt: nothing has arrived. An end stays where it is, so that each later read meets it, too.
std::optional<base::Result<std::size_t>> SimLink::read_now(std::span<char> into) {
  if (ended_) return failed("read from", net::errc::cancelled);
  Item* const next = arrived();
  if (!next) return std::nullopt;
  Item& front = *next;
  if (auto* octets = std::get_if<std::string>(&front)) return take(*octets, into);
  if (std::holds_alternative<CloseNotify>(front)) return failed("read from", net::errc::closed);
  if (std::holds_alternative<Fin>(front)) return failed("read from", info_ ? net::errc::truncated : net::errc::closed);
  if (std::holds_alternative<Reset>(front)) return failed("read from", net::errc::reset);
  front = std::string(handshake_record);
  in().octets += handshake_record.size();
  return take(std::get<std::string>(front), into);
}

net::Task<base::Result<std::size_t>> SimLink::read_some(std::span<char> into, net::Timeout timeout) {
  const auto told = co_await asio::this_coro::cancellation_state;
  if (stopped(told)) co_return failed("read from", net::errc::cancelled);
  if (const auto fault = faults_.step()) {
    fail_wire();
    co_return failed("read from", *fault);
  }
  const base::SteadyTime deadline = timers_.clock().steady() + timeout;
  for (;;) {
    if (auto now = read_now(into)) co_return std::move(*now);
    const Woken woken = co_await wait_to_read(deadline);
    if (woken != Woken::notified) co_return failed("read from", why(woken));
  }
}

net::Task<base::Result<>> SimLink::write(std::string_view all, net::Timeout timeout) {
  if (ended_) co_return failed("write to", net::errc::cancelled);
  if (const auto fault = faults_.step()) {
    push(std::string(all.substr(0, all.size() / 2)));
    fail_wire();
    co_return failed("write to", *fault);
  }
  const base::SteadyTime deadline = timers_.clock().steady() + timeout;
  while (!all.empty()) {
    if (ended_) co_return failed("write to", net::errc::cancelled);
    if (out().reader_gone && !cable_->silent) co_return failed("write to", net::errc::reset);
    const std::size_t room = wire_->capacity - std::min(out().octets, wire_->capacity);
    if (room == 0) {
      const Woken woken = co_await writing_.wait(deadline - timers_.clock().steady());
      if (woken != Woken::notified) co_return failed("write to", why(woken));
      continue;
    }
    const std::string_view piece = all.substr(0, room);
    all.remove_prefix(piece.size());
    out().octets += piece.size();
    cable_->written[static_cast<int>(side_)] += piece;
    push(std::string(piece));
  }
  co_return base::Result<>();
}

net::Task<base::Result<SimLink::Hello>> SimLink::await_hello(base::SteadyTime deadline) {
  while (!ended_ && !arrived()) {
    const Woken woken = co_await wait_to_read(deadline);
    if (woken != Woken::notified) co_return failed("handshake with", why(woken));
  }
  if (ended_) co_return failed("handshake with", net::errc::cancelled);
  const Item front = *arrived();
  if (const auto* hello = std::get_if<Hello>(&front)) {
    in().sent.pop_front();
    co_return *hello;
  }
  const bool ended = std::holds_alternative<Fin>(front) || std::holds_alternative<Reset>(front);
  fail_wire();
  co_return failed("handshake with", ended ? net::errc::truncated : net::errc::tls);
}

net::Task<base::Result<>> SimLink::start_tls(const net::TlsContext& context, net::TlsExpect expect, net::Timeout timeout) {
  const auto told = co_await asio::this_coro::cancellation_state;
  if (stopped(told) || ended_) co_return failed("handshake with", net::errc::cancelled);
  if (const auto fault = faults_.step()) {
    fail_wire();
    co_return failed("handshake with", *fault);
  }
  const base::SteadyTime deadline = timers_.clock().steady() + timeout;
  if (demands_certificates(context)) {
    auto shaken = co_await shake_hands(context, expect, deadline);
    co_return shaken;
  }
  const bool client = context.role() == net::TlsRole::client;
  Hello own{client ? expect.name : "", context.certificate(), context.public_key()};
  if (client) push(own);
  auto other = co_await await_hello(deadline);
  if (!other) co_return std::unexpected(other.error());
  if (!client) push(std::move(own));
  co_return agree(*other, context, expect);
}

base::Result<> SimLink::agree(const Hello& other, const net::TlsContext& context, const net::TlsExpect& expect) {
  const bool client = context.role() == net::TlsRole::client;
  net::TlsInfo info;
  info.version = "TLSv1.3";
  info.cipher = "TLS_SIM";
  info.server_name = client ? expect.name : other.server_name;
  info.certificate = other.certificate;
  info.public_key = other.public_key;
  info.exporter = std::string(base::view(base::sha256("exporter " + std::to_string(cable_->id))));
  if (!other.certificate) info.why_not = "no certificate";
  if (other.certificate && (!client || !cable_->certificate.trusted)) info.why_not = "self-signed certificate";
  const auto& names = cable_->certificate.names;
  if (client && info.why_not.empty() && !expect.name.empty() && std::ranges::find(names, expect.name) == names.end())
    info.why_not = "hostname mismatch";
  info.verified = info.why_not.empty();
  if (client && expect.verify == net::TlsExpect::Verify::demand && !info.verified) {
    const std::string why_not = info.why_not;
    fail_wire();
    return base::fail("certificate of " + peer_.text() + ": " + why_not, net::errc::certificate);
  }
  info_ = std::move(info);
  return {};
}

net::Task<> SimLink::close(net::Timeout) {
  if (ended_) co_return;
  if (info_) push(CloseNotify{});
  push(Fin{});
  in().sent.clear();  // read past, as the real one does
  in().octets = 0;
  abort();
}

void SimLink::abort() {
  if (ended_) return;
  ended_ = true;
  if (in().octets > 0) push(Reset{});  // the kernel answers so to octets that nobody read
  push(Fin{});
  in().reader_gone = true;
  if (in().writer) in().writer->wake(Woken::notified);
  reading_.wake(Woken::cancelled);
  writing_.wake(Woken::cancelled);
}

}  // namespace understudy::sim
