#include "archive/access/imap/session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "archive/access/imap/session_parts.hpp"
#include "base/log.hpp"

namespace understudy::archive::access::imap {
namespace {
constexpr std::size_t first_read = 512;       ///< octets: a session that is waited for holds no more
constexpr std::size_t read_size = 64 * 1024;  ///< where much is coming
constexpr net::Timeout handshake_wait = std::chrono::minutes(1);
constexpr net::Timeout farewell_wait = std::chrono::seconds(1);
}  // namespace

Session::Session(net::Connection connection, const Services& services, Tls tls)
    : place_(std::move(connection.place)),
      link_(std::move(connection.link)),
      shield_(std::move(connection.shield)),
      services_(services),
      settings_(services.settings()),
      tls_(tls),
      peer_(link_->peer().address.text()),
      reader_(mail::imap::ReaderLimits::before_login(), context_),
      turns_(services.clock, link_->executor()),
      presence_(services.counts.imap),
      began_(services.clock.steady()) {}

Session::~Session() = default;

net::Task<bool> Session::prepare() {
  if (tls_ != Tls::implicit) co_return true;
  if (!settings_->tls) co_return false;
  net::TlsExpect expect;
  auto started = co_await link_->start_tls(*settings_->tls, expect, handshake_wait);
  if (!started) base::log::info("imap.tls_failed", {{"peer", peer_}, {"reason", started.error().text()}});
  co_return started.has_value();
}

net::Task<> Session::run() {
  const bool prepared = co_await prepare();
  if (!prepared) co_return;
  output_ = "* OK [CAPABILITY " + capabilities() + "] " + settings_->hostname + " is ready\r\n";
  const bool greeted = co_await flush();
  if (greeted) co_await serve_commands();
  if (auditor_) co_await log_out_auditor();
  co_await flush();
  co_await link_->close();
}

net::Task<bool> Session::serve_commands() {
  while (stage_ != Stage::logout) {
    const auto event = co_await next_event();
    bool goes_on = false;
    switch (event) {
      case Event::command:
        goes_on = co_await execute(reader_.text());
        break;
      case Event::message:
        goes_on = co_await on_message();
        break;
      case Event::refused:
        goes_on = co_await on_refused();
        break;
      case Event::bye:
        throw_out(reader_.refusal().text);
        co_return false;
      case Event::continuation:
      case Event::line:
      case Event::more:  // the connection has ended
        co_return false;
    }
    if (goes_on) goes_on = co_await take_turns();
    if (!goes_on) co_return false;
    const auto most = stage_ == Stage::not_authenticated ? settings_->options.errors_before_login : settings_->options.errors;
    if (errors_ >= most) {
      throw_out("too many commands that were not understood");
      co_return false;
    }
    if (shield_->dismissed() && stage_ != Stage::logout) {
      bye_dismissed();
      co_return false;
    }
  }
  co_return true;
}

/// A message that is not taken ends its command: in front of that comes what others have done, as in front of any answer. What
/// is no command says nothing.
net::Task<bool> Session::on_refused() {
  appending_.reset();
  const auto refusal = reader_.refusal();
  const bool is_bad = refusal.kind == mail::imap::Refusal::Kind::bad;
  bool goes_on = true;
  if (!is_bad) {
    const Command append{refusal.tag, mail::imap::command::Append()};
    goes_on = co_await tell_changes(append);
  }
  output_ += refusal.reply() + "\r\n";
  services_.counts.imap.refused += 1;
  if (is_bad) errors_ += 1;
  co_return goes_on;
}

void Session::bye(std::string_view text) {
  output_.append("* BYE ").append(text).append("\r\n");
}

/// For what the client did, or did not do; who watches the log may shut it out.
void Session::throw_out(std::string_view why) {
  log_thrown_out(why);
  bye(why);
}

void Session::log_thrown_out(std::string_view why) const {
  base::log::info("imap.thrown_out", {{"peer", peer_}, {"user", user_}, {"reason", why}});
}

/// To a session that was told to stop.
void Session::bye_dismissed() {
  if (!over_.empty()) return bye("this login is over: " + over_);
  bye(place_.must_leave() ? "too many connections, try again later" : "the server is stopping");
}

net::Timeout Session::command_wait() const {
  if (stage_ != Stage::not_authenticated) return settings_->options.idle_wait;
  const auto spent = services_.clock.steady() - began_;
  return std::max<net::Timeout>(settings_->options.login_wait - spent, net::Timeout(0));
}

/// Up to what the session has to act upon; `more` only where the connection has ended or was silent for too long.
net::Task<Session::Event> Session::next_event() {
  for (;;) {
    std::string_view in = std::string_view(input_).substr(input_begin_);
    const auto before = in.size();
    const auto event = reader_.feed(in);
    input_begin_ += before - in.size();
    if (event == Event::continuation) {
      output_ += "+ OK\r\n";
      continue;
    }
    if (event != Event::more) co_return event;
    const bool flushed = co_await flush();
    if (!flushed) co_return Event::more;
    const bool between = reader_.idle();
    bool filled = false;
    if (between && is_notified()) {
      filled = co_await fill_and_push(command_wait());
    } else {
      filled = co_await fill(between ? command_wait() : std::min(settings_->options.data_wait, command_wait()));
    }
    if (!filled) co_return Event::more;
  }
}

/// More octets into input_, of which all has been eaten. A client that is silent for too long is told so.
net::Task<bool> Session::fill(net::Timeout timeout) {
  std::array<char, first_read> few;
  input_begin_ = 0;
  const bool much = input_.size() >= few.size();
  if (much) {
    input_.resize(read_size);
  } else {
    std::string().swap(input_);  // held for as long as the client thinks
  }
  const std::span<char> room = much ? std::span<char>(input_) : std::span<char>(few);
  const bool is_stranger = stage_ == Stage::not_authenticated;
  if (is_stranger) {  // makes room for others where places run out
    shield_->expose();
    place_.waits();
  }
  auto came = co_await link_->read_some(room, timeout);
  if (is_stranger) {
    place_.stays();
    shield_->cover();
  }
  turns_.begin();
  if (came && !much) input_.assign(few.data(), *came);
  if (came && much) input_.resize(*came);
  if (came) co_return true;
  std::string().swap(input_);
  if (came.error().code == net::errc::timed_out)
    throw_out(stage_ == Stage::not_authenticated ? "no login came" : "no command came for too long");
  if (came.error().code == net::errc::cancelled) bye_dismissed();
  co_return false;
}

net::Task<bool> Session::flush() {
  if (output_.empty()) co_return true;
  const auto wait = shield_->dismissed() ? farewell_wait : settings_->options.write_wait;
  const std::string sent = std::exchange(output_, {});  // in IDLE more may be gathered meanwhile
  auto written = co_await link_->write(sent, wait);
  const bool deaf = !written && written.error().code == net::errc::timed_out && !shield_->dismissed();
  if (deaf) log_thrown_out("the client took nothing for too long");
  co_return written.has_value();
}

net::Task<bool> Session::flush_if_large() {
  if (output_.size() < output_limit) co_return true;
  const bool flushed = co_await flush();
  co_return flushed;
}

/// Lets the other sessions of this loop have their turn.
net::Task<bool> Session::give_way() {
  co_await turns_.give_way();
  if (shield_->dismissed()) bye_dismissed();
  co_return !shield_->dismissed();
}

net::Task<bool> Session::take_turns() {
  if (!turns_.is_over()) co_return true;
  const bool goes_on = co_await give_way();
  co_return goes_on;
}

/// As take_turns(), for commands that write nothing before their end, and change nothing: who has hung up is not searched for.
net::Task<bool> Session::take_turns_while_heard() {
  constexpr std::chrono::milliseconds between{100};  // asking is a call of the system
  const bool goes_on = co_await take_turns();
  const auto now = services_.clock.steady();
  if (!goes_on || now - looked_for_client_ < between) co_return goes_on;
  looked_for_client_ = now;
  co_return !link_->peer_has_gone();
}

net::Task<bool> Session::read_literal(std::uint64_t octets, std::function<base::Result<>(std::string_view)> take,
                                      base::Result<>& taken) {
  while (octets > 0) {
    if (input_begin_ == input_.size()) {
      if (input_.size() < first_read) input_.resize(first_read);  // more is coming: fill() reads in larger pieces
      input_begin_ = input_.size();
      const bool filled = co_await fill(settings_->options.data_wait);
      if (!filled) co_return false;
    }
    const auto there = std::string_view(input_).substr(input_begin_);
    const auto piece = there.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(octets, there.size())));
    if (taken) taken = take(piece);
    octets -= piece.size();
    input_begin_ += piece.size();
  }
  co_return true;
}

/// The line that is no command: the answer to a challenge, DONE. nullopt: the connection has ended.
net::Task<std::optional<std::string>> Session::read_line(net::Timeout timeout) {
  reader_.expect_line();
  for (;;) {
    std::string_view in = std::string_view(input_).substr(input_begin_);
    const auto before = in.size();
    const auto event = reader_.feed(in);
    input_begin_ += before - in.size();
    if (event == Event::line) co_return std::string(reader_.text());
    if (event != Event::more) {
      throw_out(reader_.refusal().text);
      co_return std::nullopt;
    }
    const bool filled = co_await fill(timeout);
    if (!filled) co_return std::nullopt;
  }
}

void Session::use_limits() {
  reader_.set_limits(stage_ == Stage::not_authenticated
                         ? mail::imap::ReaderLimits::before_login()
                         : mail::imap::ReaderLimits::after_login(settings_->options.message_size));
}

}  // namespace understudy::archive::access::imap
