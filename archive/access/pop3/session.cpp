#include "archive/access/pop3/session.hpp"

#include <algorithm>

#include "archive/access/auditor.hpp"
#include "archive/access/batches.hpp"
#include "archive/access/pop3/trouble.hpp"
#include "archive/await.hpp"
#include "archive/mailbox/view.hpp"
#include "archive/object_id.hpp"
#include "archive/summaries.hpp"
#include "base/codec.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mail/imap/summary_record.hpp"
#include "mail/pop3/message_encoder.hpp"

namespace understudy::archive::access::pop3 {
namespace {

using mail::pop3::Trouble;
using mail::sasl::Failure;
using State = mail::sasl::Step::State;

constexpr net::Timeout handshake_wait = std::chrono::minutes(1);
constexpr net::Timeout farewell_wait = std::chrono::seconds(1);
constexpr std::size_t output_limit = 64 * 1024;
constexpr std::size_t listed_at_once = 1000;

mail::pop3::ServerOptions dialogue_options(const Settings& settings, mail::pop3::ServerTls tls) {
  mail::pop3::ServerOptions options;
  options.hostname = settings.hostname;
  options.tls = settings.tls ? tls : mail::pop3::ServerTls::none;
  options.max_errors = settings.options.errors;
  options.max_errors_before_login = settings.options.errors_before_login;
  options.max_login_failures = settings.options.errors_before_login;
  return options;
}

}  // namespace

Session::Session(net::Connection connection, const Services& services, Locks& locks, mail::pop3::ServerTls tls)
    : place_(std::move(connection.place)),
      link_(std::move(connection.link)),
      shield_(std::move(connection.shield)),
      services_(services),
      locks_(locks),
      settings_(services.settings()),
      tls_(tls),
      peer_(link_->peer().address.text()),
      reader_(*link_, services.clock, net::LineReader::Limits()),
      dialogue_(dialogue_options(*settings_, tls)),
      turns_(services.clock, link_->executor()),
      presence_(services.counts.pop3),
      began_(services.clock.steady()) {}

Session::~Session() = default;

net::Task<bool> Session::prepare() {
  if (tls_ != mail::pop3::ServerTls::implicit) co_return true;
  if (!settings_->tls) co_return false;
  net::TlsExpect expect;
  auto started = co_await link_->start_tls(*settings_->tls, expect, handshake_wait);
  if (!started) base::log::info("pop3.tls_failed", {{"peer", peer_}, {"reason", started.error().text()}});
  co_return started.has_value();
}

net::Task<> Session::run() {
  const bool prepared = co_await prepare();
  if (!prepared) co_return;
  offer_mechanisms();
  std::optional<Next> next = dialogue_.greet();
  while (next) {
    output_ += next->reply;
    if (asked_ && next->reply.starts_with("-ERR")) {
      services_.counts.pop3.refused += 1;
      asked_ = false;
    }
    const bool more_is_there = reader_.buffered().find("\r\n") != std::string_view::npos;
    const bool waits = next->flush == mail::pop3::Flush::may_wait && (next->want != Want::command || more_is_there);
    if (!waits || output_.size() >= output_limit) {
      const bool flushed = co_await flush();
      if (!flushed) break;
    }
    if (next->want == Want::close) {
      if (!dialogue_.thrown_out_for().empty()) log_thrown_out(dialogue_.thrown_out_for());
      break;
    }
    next = co_await act(next->want);
    if (turns_.is_over()) co_await turns_.give_way();  // a client may have sent many commands at once
  }
  lock_.reset();
  co_await link_->close();
}

void Session::log_thrown_out(std::string_view why) const {
  base::log::info("pop3.thrown_out", {{"peer", peer_}, {"user", dialogue_.user().value_or("")}, {"reason", why}});
}

net::Task<bool> Session::flush() {
  if (output_.empty()) co_return true;
  const auto wait = shield_->dismissed() ? farewell_wait : settings_->options.write_wait;
  const std::string sent = std::exchange(output_, {});
  auto written = co_await link_->write(sent, wait);
  const bool deaf = !written && written.error().code == net::errc::timed_out && !shield_->dismissed();
  if (deaf) log_thrown_out("the client took nothing for too long");
  co_return written.has_value();
}

net::Task<bool> Session::give_way() {
  co_await turns_.give_way();
  co_return !shield_->dismissed();
}

net::Task<bool> Session::take_turns() {
  if (turns_.is_over()) co_await turns_.give_way();
  co_return !shield_->dismissed();
}

net::Task<std::optional<Session::Next>> Session::act(Want want) {
  switch (want) {
    case Want::command:
      co_return co_await on_command();
    case Want::login:
      co_return co_await on_login();
    case Want::auth:
      co_return co_await on_auth();
    case Want::maildrop:
      co_return co_await on_maildrop();
    case Want::tls:
      co_return co_await on_tls();
    case Want::more:
      co_return dialogue_.on_more();
    case Want::message:
      co_return on_message();
    case Want::body:
      co_return co_await on_body();
    case Want::update:
      co_return co_await on_update();
    case Want::close:
      break;
  }
  co_return std::nullopt;
}

net::Task<std::optional<Session::Next>> Session::on_command() {
  asked_ = false;
  if (shield_->dismissed() || (dialogue_.in_transaction() && !has_authority())) co_return dialogue_.on_shutdown();
  const auto limit = dialogue_.line_limit();
  const auto spent = services_.clock.steady() - began_;
  const auto wait = dialogue_.in_transaction() ? settings_->options.idle_wait
                                               : std::max<net::Timeout>(settings_->options.login_wait - spent, net::Timeout(0));
  if (!dialogue_.in_transaction()) {
    shield_->expose();
    place_.waits();
  }
  const bool waits = !reader_.has_buffered();
  auto line = co_await reader_.read_line(limit + 2, wait);
  if (waits) turns_.begin();
  place_.stays();
  shield_->cover();
  asked_ = line.has_value() || line.error().code == net::errc::too_long;
  if (asked_) services_.counts.pop3.commands += 1;
  if (line) co_return dialogue_.on_line(line->text);
  if (line.error().code == net::errc::too_long) co_return dialogue_.on_line(std::string(limit + 1, 'x'));
  if (line.error().code == net::errc::timed_out) co_return dialogue_.on_timeout();
  if (line.error().code == net::errc::cancelled) co_return dialogue_.on_shutdown();
  co_return std::nullopt;
}

void Session::offer_mechanisms() {
  mail::sasl::ServerOptions options;
  options.binding = login::channel_binding(*link_);
  if (link_->tls()) options.external = link_->tls()->addresses;
  dialogue_.offer(mail::sasl::server_mechanisms(options));
}

std::unique_ptr<login::Exchange> Session::begin_login(std::string_view mechanism) {
  mail::sasl::ServerOptions options;
  options.unknown_user_key = services_.fake_salt;
  options.binding = login::channel_binding(*link_);
  options.external = link_->tls()->addresses;
  const bool external = mechanism == "EXTERNAL";  // by which nobody opens the account of another
  login::Credentials::Parts who{services_.archive,     services_.guard,   settings_->domain_name,
                                link_->peer().address, settings_->logins, external ? nullptr : services_.door.policy()};
  login::Exchange::Parts parts{std::move(who),  std::move(options), services_.workers,
                               services_.clock, services_.timers,   link_->executor()};
  return std::make_unique<login::Exchange>(std::move(parts));
}

net::Task<std::optional<Session::Next>> Session::on_login() {
  const auto credentials = dialogue_.credentials();
  std::string message;
  message.append(1, '\0').append(credentials.user).append(1, '\0').append(credentials.password);
  const auto exchange = begin_login("PLAIN");
  auto outcome = co_await exchange->start("PLAIN", base::to_base64(message));
  co_return judged(outcome, "PASS");
}

net::Task<std::optional<Session::Next>> Session::on_auth() {
  const auto request = dialogue_.auth_request();
  login::Exchange::Outcome outcome;
  if (request.kind == mail::pop3::AuthRequest::Kind::start) {
    login_ = begin_login(request.mechanism);
    outcome = co_await login_->start(request.mechanism, request.response);
  } else {
    outcome = co_await login_->step(request.response.value_or(std::string()));
  }
  if (outcome.state == State::challenge) co_return dialogue_.on_auth_challenge(std::move(outcome.challenge));
  const auto login = std::move(login_);
  co_return judged(outcome, login->mechanism());
}

Session::Next Session::judged(const login::Exchange::Outcome& outcome, std::string_view mechanism) {
  if (outcome.auditor) return judged_auditor(outcome, mechanism);
  if (outcome.state == State::success) {
    settings_ = services_.settings();
    const auto record = services_.archive.directory().record(outcome.account);
    if (!record || settings_->serve == Serve::nothing) {
      base::log::info("pop3.login_elsewhere", {{"peer", peer_}, {"user", outcome.account}});
      return dialogue_.on_login_failure(Failure::unavailable);
    }
    account_ = record->number;
    user_ = outcome.account;
    verifier_ = record->verifier;
    serve_ = settings_->serve;
    services_.counts.pop3.logins += 1;
    base::log::info("pop3.login", {{"peer", peer_}, {"mechanism", mechanism}, {"user", outcome.account}});
    return dialogue_.on_login_success(outcome.account);
  }
  services_.counts.logins_refused += 1;
  if (outcome.overload) base::log::warn("pop3.login_overload", {{"peer", peer_}});
  base::log::warn("pop3.login_refused", {{"peer", peer_},
                                         {"mechanism", mechanism},
                                         {"user", base::escape(outcome.user, 64)},
                                         {"told", outcome.failure == Failure::unavailable ? "try later" : "no"}});
  return dialogue_.on_login_failure(outcome.failure);
}

/// POP3 takes away what it shows.
Session::Next Session::judged_auditor(const login::Exchange::Outcome& outcome, std::string_view mechanism) {
  const bool known = outcome.state == State::success;
  if (known || outcome.failure == Failure::rejected) {
    const Auditor::Parts parts{services_.door, services_.timers, link_->executor(), "pop3", peer_};
    Auditor::refused(parts, *outcome.auditor, outcome.account,
                     known ? "an auditor reads by IMAP alone" : "the password was wrong: who tried may be anybody");
  }
  services_.counts.logins_refused += 1;
  base::log::warn("pop3.login_refused", {{"peer", peer_},
                                         {"mechanism", mechanism},
                                         {"user", base::escape(outcome.user, 64)},
                                         {"told", known ? "by IMAP alone" : "no"}});
  if (known) return dialogue_.on_login_forbidden("an auditor reads by IMAP: POP3 takes away what it shows");
  return dialogue_.on_login_failure(outcome.failure);
}

/// As of IMAP: an account that was removed, a changed password, a login that was taken away.
bool Session::has_authority() const {
  const auto record = services_.archive.directory().record(user_);
  const auto serve = services_.settings()->serve;
  return serve != Serve::nothing && record && record->number == account_ && record->login && record->verifier == verifier_;
}

net::Task<std::optional<Session::Next>> Session::on_maildrop() {
  lock_ = locks_.take(account_);
  if (!lock_) co_return dialogue_.on_no_maildrop(Trouble::in_use);
  auto entries = co_await list();
  using Removing = mail::pop3::ServerDialogue::Removing;
  const auto removing = serve_ == Serve::everything ? Removing::allowed : Removing::refused;
  if (entries) {
    presence_.is(Standing::user);
    co_return dialogue_.on_maildrop(std::move(*entries), removing);
  }
  lock_.reset();
  co_return dialogue_.on_no_maildrop(trouble_of(entries.error()));
}

/// INBOX as it is now. What arrives later is in the next session.
net::Task<base::Result<std::vector<mail::pop3::Entry>>> Session::list() {
  std::vector<mail::pop3::Entry> entries;
  listed_.clear();
  const auto& store = services_.archive.store();
  auto inbox = mailbox::find_folder(store, account_, "INBOX");
  if (!inbox) co_return std::unexpected(inbox.error());
  inbox_ = inbox->number;
  for (mailbox::Uid from = 1;;) {
    auto messages = mailbox::messages(store, account_, inbox_, from, listed_at_once);
    if (!messages) co_return std::unexpected(messages.error());
    for (const auto& [uid, message] : *messages) {
      listed_.push_back({uid, message.body});
      entries.push_back({message.body.size, email_id(message.name)});
    }
    if (messages->size() < listed_at_once) co_return entries;
    from = messages->back().uid + 1;
    const bool goes_on = co_await give_way();
    if (!goes_on) co_return base::fail("listing of a maildrop", base::errc::shutting_down);
  }
}

/// Knows where the headers are from what was filed with the message.
base::Result<mail::pop3::Surrogate> Session::surrogate_of(const store::BodyRef& body) const {
  const auto& store = services_.archive.store();
  for (const auto want : {archive::Want::any, archive::Want::whole}) {
    const auto record = summary_of(store, store.bodies(), account_, body, want);
    if (!record) return std::unexpected(record.error());
    const auto view = mail::imap::SummaryView::open(*record);
    const auto parts = view ? view->parts() : std::nullopt;
    if (!parts) continue;
    std::vector<mail::header::Range> headers;
    for (const auto& part : *parts) headers.push_back(part.header);
    return mail::pop3::Surrogate(std::move(headers), view->facts().line_ends);
  }
  return base::fail("headers of a message", base::errc::damaged);
}

Session::Next Session::on_message() {
  const auto& wanted = listed_.at(dialogue_.message_request().number - 1);
  body_ = services_.archive.open_body(wanted.body);
  first_.clear();
  surrogate_.reset();
  if (wanted.body.size == 0) return dialogue_.on_message_open();
  auto piece = body_->read(0, store::Bodies::max_chunk);
  if (!piece) return dialogue_.on_no_message(trouble_of_message(piece.error()));
  first_ = std::move(*piece);
  if (dialogue_.utf8()) return dialogue_.on_message_open();
  auto surrogate = surrogate_of(wanted.body);
  if (!surrogate) return dialogue_.on_no_message(trouble_of_message(surrogate.error()));
  surrogate_ = std::move(*surrogate);
  return dialogue_.on_message_open();
}

/// The answer has begun: where the rest cannot be read the connection ends, so that no cut message passes for a whole one.
net::Task<std::optional<Session::Next>> Session::on_body() {
  const auto request = dialogue_.message_request();
  const auto size = listed_.at(request.number - 1).body.size;
  mail::pop3::MessageEncoder encoder(request.lines);
  std::string piece = std::move(first_);
  for (std::uint64_t at = 0;;) {
    at += piece.size();
    if (surrogate_) {
      std::string ascii;
      surrogate_->feed(piece, ascii);
      if (at >= size) surrogate_->finish(ascii);
      piece = std::move(ascii);
    }
    encoder.feed(piece, output_);
    if (output_.size() >= output_limit) {
      const bool flushed = co_await flush();
      if (!flushed) co_return std::nullopt;
    }
    if (at >= size || encoder.done()) break;
    const bool goes_on = co_await take_turns();
    if (!goes_on) co_return std::nullopt;
    auto more = body_->read(at, store::Bodies::max_chunk);
    if (!more || more->empty()) {
      static_cast<void>(trouble_of_message(more ? base::Error{base::errc::damaged, "body of a message"} : more.error()));
      link_->abort();
      co_return std::nullopt;
    }
    piece = std::move(*more);
  }
  encoder.finish(output_);
  body_.reset();
  surrogate_.reset();
  co_return dialogue_.on_message_sent();
}

net::Task<std::optional<Session::Next>> Session::on_update() {
  using mail::pop3::Updated;
  mailbox::Uids uids;
  for (const auto number : dialogue_.removals()) uids.add(listed_.at(number - 1).uid);
  auto result = Updated::all;
  const bool may_change = serve_ == Serve::everything && services_.settings()->serve == Serve::everything && has_authority();
  if (!uids.empty() && !may_change) {  // a reload may have made the mailboxes read-only meanwhile
    uids.clear();
    result = Updated::not_all;
  }
  for (auto& batch : in_batches(uids)) {
    Change gone = [account = account_, folder = inbox_, batch = std::move(batch)](commit::Stage& stage,
                                                                                  commit::Owners& owners) -> base::Result<> {
      auto expunged = owners.mailbox.expunge_all(stage, account, folder, batch, mailbox::Owner::Only::all);
      if (!expunged) return std::unexpected(expunged.error());
      return {};
    };
    auto start = [this, gone = std::move(gone)](Done<> done) mutable {
      services_.archive.change(std::move(gone), std::move(done), commit::Answer::gated);
    };
    auto done = co_await wait_for<void>(std::move(start));
    if (done) continue;
    static_cast<void>(trouble_of(done.error()));
    result = Updated::not_all;
    break;
  }
  lock_.reset();
  co_return dialogue_.on_updated(result);
}

net::Task<std::optional<Session::Next>> Session::on_tls() {
  if (reader_.has_buffered()) co_return dialogue_.on_tls_started(mail::pop3::Leftover::plaintext);
  net::TlsExpect expect;
  auto started = co_await link_->start_tls(*settings_->tls, expect, handshake_wait);
  if (!started) {
    base::log::info("pop3.tls_failed", {{"peer", peer_}, {"reason", started.error().text()}});
    link_->abort();
    co_return std::nullopt;
  }
  offer_mechanisms();
  co_return dialogue_.on_tls_started(mail::pop3::Leftover::none);
}

}  // namespace understudy::archive::access::pop3
