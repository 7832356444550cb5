#include <algorithm>
#include <type_traits>

#include "archive/access/imap/session.hpp"
#include "archive/access/imap/session_parts.hpp"
#include "base/text.hpp"
#include "mail/imap/wire.hpp"
#include "mail/sasl/server.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;

template <class Which, class... Among>
constexpr bool is_one_of = (std::is_same_v<Which, Among> || ...);

template <class Which>
constexpr bool any_time = is_one_of<Which, command::Capability, command::Noop, command::Logout, command::Id>;
template <class Which>
constexpr bool before_login = is_one_of<Which, command::StartTls, command::Login, command::Authenticate>;
template <class Which>
constexpr bool in_mailbox =
    is_one_of<Which, command::Check, command::Close, command::Unselect, command::Expunge, command::Search, command::Sort,
              command::Thread, command::Fetch, command::Store, command::Copy, command::Replace>;

/// New messages that are described behind one command; more wait until the client does.
constexpr std::size_t fetched_by_command = 100;

/// What is served; every other command is refused.
constexpr std::string_view always = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID";
constexpr std::string_view behind_login =
    "NAMESPACE IDLE UIDPLUS MOVE UNSELECT CHILDREN SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE "
    "ESEARCH "
    "SEARCHRES ESORT SORT SORT=DISPLAY THREAD=ORDEREDSUBJECT THREAD=REFERENCES WITHIN PARTIAL BINARY MULTIAPPEND CATENATE "
    "REPLACE "
    "CONDSTORE "
    "QRESYNC "
    "OBJECTID SAVEDATE PREVIEW UTF8=ACCEPT QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE METADATA "
    "LIST-METADATA";

}  // namespace

std::string Session::capabilities() const {
  std::string out(always);
  if (stage_ != Stage::not_authenticated) {
    if (!compressed_) out += " COMPRESS=DEFLATE";
    if (settings_->options.shared_mailboxes) out += " ACL RIGHTS=kxte LIST-MYRIGHTS";
    out.append(" ").append(behind_login).append(" APPENDLIMIT=").append(std::to_string(settings_->options.message_size));
    if (!auditor_) out += " NOTIFY";
    return out;
  }
  if (tls_ == Tls::starttls && !link_->tls() && settings_->tls) out += " STARTTLS";
  if (!may_log_in()) return out += " LOGINDISABLED";
  mail::sasl::ServerOptions options;
  options.binding = login::channel_binding(*link_);
  options.external = link_->tls()->addresses;
  for (const auto& mechanism : mail::sasl::server_mechanisms(options)) out.append(" AUTH=").append(mechanism);
  return out;
}

net::Task<bool> Session::execute(std::string_view text) {
  services_.counts.imap.commands += 1;
  auto parsed = mail::imap::parse_command(text, context_);
  if (!parsed) {
    appending_.reset();
    errors_ += 1;
    services_.counts.imap.refused += 1;
    output_ += Reply::bad(parsed.error().text).line(parsed.error().tag.empty() ? "*" : parsed.error().tag);
    co_return true;
  }
  tag_ = parsed->tag;
  if (!has_authority()) {
    bye(over_.empty() ? "this login is over" : "this login is over: " + over_);
    co_return false;
  }
  static_cast<void>(keeps_selected());
  Reply reply;
  if (auto refused = out_of_place(*parsed)) {
    reply = std::move(*refused);
    if (reply.kind == Reply::Kind::ok) taken_away_ = false;
  } else {
    reply = co_await dispatch(*parsed);
  }
  appending_.reset();
  if (reply.kind == Reply::Kind::lost) co_return false;
  if (reply.kind == Reply::Kind::none) co_return true;
  if (reply.kind != Reply::Kind::ok) services_.counts.imap.refused += 1;
  if (reply.kind == Reply::Kind::bad) {
    errors_ += 1;
  } else if (stage_ == Stage::authenticated) {
    errors_ = 0;  // who is understood now and then may live for days
  }
  const bool told = co_await tell_changes(*parsed);
  if (!told) co_return false;
  output_ += reply.line(tag_);
  const bool flushed = co_await flush_if_large();
  co_return flushed;
}

/// Looked at once a second: an account that was removed, a password that was changed, a login that was taken away or a machine
/// that serves nobody any more end the session.
bool Session::has_authority() {
  if (stage_ != Stage::authenticated) return true;
  const auto now = services_.clock.steady();
  if (now - authority_ < std::chrono::seconds(1)) return true;
  const auto record = services_.archive.directory().record(user_);
  bool has = record && record->number == account_number_;
  if (auditor_) {
    over_ = auditor_->why_over();
    has = has && over_.empty();
  } else {
    serve_ = services_.settings()->serve;
    has = has && serve_ != Serve::nothing && record->login && record->verifier == verifier_;
  }
  if (has) authority_ = now;  // else whoever asks next hears the same
  return has;
}

net::Task<Reply> Session::dispatch(Command& command) {
  auto each = [this](auto& what) -> net::Task<Reply> { return on(what); };
  co_return co_await std::visit(each, command.what);
}

std::optional<Reply> Session::out_of_place(const Command& command) const {
  return std::visit(
      [this](const auto& what) -> std::optional<Reply> {
        using Which = std::decay_t<decltype(what)>;
        if constexpr (any_time<Which>) return std::nullopt;
        if constexpr (before_login<Which>) {
          if (stage_ == Stage::not_authenticated) return std::nullopt;
          return Reply::bad("you are logged in already");
        }
        if (stage_ == Stage::not_authenticated) return Reply::bad("log in first");
        if constexpr (in_mailbox<Which>) {
          if (selected_) return std::nullopt;
          if constexpr (is_one_of<Which, command::Close, command::Unselect>)
            if (taken_away_) return Reply::ok("it is closed");
          return nothing_selected();
        }
        return std::nullopt;
      },
      command.what);
}

/// To a command for a mailbox. No mistake of the client's where the owner has closed it.
Reply Session::nothing_selected() const {
  if (!taken_away_) return Reply::bad("select a mailbox first");
  return Reply::no("its owner has closed the mailbox: select another one", "NONEXISTENT");
}

net::Task<std::optional<base::Result<>>> Session::tell(Selected::Told told) {
  mailbox::Uids added;
  if (notify_) {
    told.news = notify_->set.selected() != NotifySet::Selected::untold;
    told.flags = notify_->set.selected_flags();
    told.added = notify_->set.fetch().empty() ? nullptr : &added;
  }
  if (auto synced = selected_->sync(output_, told); !synced) co_return std::optional(std::move(synced));
  while (selected_->tell_changed(output_, output_limit)) {
    bool goes_on = co_await flush_if_large();
    if (goes_on) goes_on = co_await take_turns();
    if (!goes_on) co_return std::nullopt;
  }
  const auto& view = selected_->view();
  for (const auto uid : added) {
    const auto index = view.find(uid);
    const bool is_own = index && selected_own() != 0 && notify_->own.contains(view.at(*index).modseq);
    if (index && !is_own) notify_->fetched.add(uid);
  }
  co_return base::Result<>();
}

/// Before the tagged line of each command. What cannot be read now is told with a later one: what the command did is done.
net::Task<bool> Session::tell_changes(const Command& command) {
  if (stage_ == Stage::logout) co_return true;
  std::optional<base::Result<>> done = base::Result<>();
  if (selected_ && !std::holds_alternative<command::Select>(command.what)) {
    Selected::Told told;
    told.expunges = may_tell_expunges(command);
    told.vanished = qresync_;
    told.mod_sequence = condstore_;
    done = co_await tell(told);
  }
  if (done && *done) done = co_await tell_notified(fetched_by_command);
  if (done && !*done) static_cast<void>(reply_for(done->error()));  // into the log
  co_return done.has_value();
}

bool Session::may_tell_expunges(const Command& command) const {
  if (const auto* fetch = std::get_if<command::Fetch>(&command.what)) return fetch->uid;
  if (const auto* store = std::get_if<command::Store>(&command.what)) return store->uid;
  if (const auto* search = std::get_if<command::Search>(&command.what)) return search->uid;
  if (const auto* sort = std::get_if<command::Sort>(&command.what)) return sort->uid;
  if (const auto* thread = std::get_if<command::Thread>(&command.what)) return thread->uid;
  return true;
}

template <class Other>
net::Task<Reply> Session::on(Other&) {
  co_return Reply::bad("this server does not have that command");
}

net::Task<Reply> Session::on(command::Capability&) {
  output_.append("* CAPABILITY ").append(capabilities()).append("\r\n");
  co_return Reply::ok("that is all");
}

net::Task<Reply> Session::on(command::Noop&) {
  co_return Reply::ok("done");
}

net::Task<Reply> Session::on(command::Check&) {
  co_return Reply::ok("all is durable already");
}

net::Task<Reply> Session::on(command::Logout&) {
  bye("until next time");
  stage_ = Stage::logout;
  co_return Reply::ok("logged out");
}

net::Task<Reply> Session::on(command::Id&) {
  output_ += "* ID (\"name\" \"Understudy\")\r\n";
  co_return Reply::ok("done");
}

net::Task<Reply> Session::on(command::Enable& command) {
  std::string enabled;
  const auto note = [&enabled](std::string_view name) { enabled.append(" ").append(name); };
  for (const auto& name : command.capabilities) {
    if (name == "CONDSTORE" || name == "QRESYNC") {
      enable_condstore();
      if (name == "QRESYNC") qresync_ = true;
      note(name);
    } else if (name == "UTF8=ACCEPT" || name == "IMAP4REV2") {  // either makes names UTF-8 (RFC 6855 §3, RFC 9051 §5.1)
      context_.names = mail::imap::NameForm::utf8;
      (name == "IMAP4REV2" ? revision2_ : utf8_accepted_) = true;
      note(name == "IMAP4REV2" ? "IMAP4rev2" : name);
    }
  }
  output_.append("* ENABLED").append(enabled).append("\r\n");
  co_return Reply::ok("done");
}

net::Task<Reply> Session::on(command::Namespace&) {
  output_.append("* NAMESPACE ((\"\" \"/\")) ");
  output_ += shares_mailboxes() ? "((" + written(others_prefix) + " \"/\"))" : "NIL";
  output_ += " NIL\r\n";
  co_return Reply::ok("done");
}

std::optional<Reply> Session::why_not_change() const {
  if (serve_ == Serve::read_only) return Reply::no("this account can only be read here", "NOPERM");
  return std::nullopt;
}

}  // namespace understudy::archive::access::imap
