#include <utility>

#include "archive/access/imap/session.hpp"
#include "archive/access/imap/session_parts.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mail::imap::Refusal;

constexpr std::uint64_t messages_at_once = 4;  ///< of the largest size; more small ones

Refusal refusal_of(const Reply& reply) {
  Refusal refusal;
  refusal.kind = reply.kind == Reply::Kind::bad ? Refusal::Kind::bad : Refusal::Kind::no;
  refusal.code = reply.code;
  refusal.text = reply.text;
  return refusal;
}

Reply not_between_accounts() {
  return Reply::no("a message is replaced in mailboxes of one user", "CANNOT");
}

}  // namespace

/// Why messages are not taken into the mailbox, or this one is not.
std::optional<Reply> Session::why_not_append(const mail::imap::MailboxName& mailbox, const mail::imap::AppendMessage& message) {
  if (auto refused = why_not_change()) return refused;
  if (message.flags.size() > 0 && !flags_of(message.flags)) return Reply::no("so many keywords are not kept", "LIMIT");
  if (!services_.has_room()) return Reply::no("the server's disk is nearly full, try again later", "UNAVAILABLE");
  auto target = find(mailbox, mailbox::Rights::of("i"), "TRYCREATE");
  if (!target) return target.error();
  if (!appending_) appending_ = std::make_unique<Appending>();
  appending_->place = std::move(*target);
  return std::nullopt;
}

/// Why the octets that are announced are not taken.
std::optional<Reply> Session::why_no_message() {
  const auto& parser = reader_.append();
  using Kind = mail::imap::AppendParser::Kind;
  const bool replaces = reader_.append_kind() != Kind::append;
  if (replaces) {
    if (!selected_) return nothing_selected();
    if (auto refused = why_not_replace()) return refused;
    if (!replaced(reader_.append_kind() == Kind::uid_replace, parser.target()))
      return Reply::no("there is no such message", "CANNOT");
  }
  if (auto refused = why_not_append(parser.mailbox(), parser.messages().back())) return refused;
  if (replaces && appending_->place.number() != selected_->account().number()) return not_between_accounts();
  appending_->replaces = replaces;
  return std::nullopt;
}

/// Why so many octets more are not taken into the message that is being put together.
std::optional<Reply> Session::why_no_octets(std::uint64_t more) {
  const auto most = settings_->options.message_size;
  if (appending_->octets() + more > most) return too_big();
  auto whole = appending_->octets() + more;
  for (const auto& taken : appending_->messages) whole += taken.body.ref().size;
  if (whole > messages_at_once * most)
    return Reply::no("one command brings at most " + std::to_string(messages_at_once * most) + " octets", "LIMIT");
  if (!services_.has_room()) return Reply::no("the server's disk is nearly full, try again later", "UNAVAILABLE");
  if (appending_->replaces) return std::nullopt;  // something goes in its place
  return why_no_room(appending_->place, {appending_->messages.size() + 1, whole});
}

std::optional<Reply> Session::why_not_replace() const {
  constexpr auto needed = mailbox::Rights::of("te");
  if (selected_->read_only()) return Reply::no("the mailbox is open for reading alone", "CANNOT");
  return selected_->rights().has(needed) ? std::nullopt : std::optional(no_right(needed));
}

/// The octets of a message go into the store as they come; nothing of them is filed before the whole command is there.
net::Task<bool> Session::on_message() {
  static_cast<void>(keeps_selected());
  auto refused = why_no_message();
  const Messages& asked = reader_.append().messages();
  if (!refused) refused = co_await assemble(asked, asked.size() - 1, asked.back().parts.size() - 1);
  if (!refused) refused = why_no_octets(reader_.literal().octets);
  if (refused && refused->kind == Reply::Kind::lost) co_return false;
  if (refused) {
    reader_.refuse_message(refusal_of(*refused));
    co_return true;
  }
  const auto literal = reader_.literal();
  reader_.take_message();
  if (literal.synchronising) {
    output_ += "+ OK\r\n";
    const bool flushed = co_await flush();
    if (!flushed) co_return false;
  }
  bool has_nul = false;
  auto take = [&](std::string_view octets) -> base::Result<> {
    has_nul = has_nul || (!literal.binary && octets.find('\0') != std::string_view::npos);
    return appending_->take(octets);
  };
  base::Result<> taken;
  const bool read = co_await read_literal(literal.octets, take, taken);
  if (!read) co_return false;
  appending_->parts += 1;
  if (has_nul) reader_.refuse_message(refusal_of(Reply::bad("a NUL stands in the message, which only a literal8 may hold")));
  if (!has_nul && !taken) reader_.refuse_message(refusal_of(reply_for(taken.error())));
  co_return true;
}

/// The message that REPLACE means; 0: "*".
std::optional<mailbox::Uid> Session::replaced(bool is_uid, std::uint32_t target) const {
  const auto& view = selected_->view();
  if (view.size() == 0) return std::nullopt;
  if (target == 0) return view.last_uid();
  if (is_uid) return view.find(target) ? std::optional(target) : std::nullopt;
  return target <= view.size() ? std::optional(view.at(target - 1).uid) : std::nullopt;
}

namespace {

struct Wanted {
  mailbox::Message message;
  store::SealedBody body;
};

mailbox::Message message_of(const mail::imap::AppendMessage& asked, const store::SealedBody& body, const base::Digest& name,
                            base::WallTime now) {
  mailbox::Message message;
  message.flags = flags_of(asked.flags).value_or(mailbox::Flags());
  message.internal_date = asked.date ? asked.date->moment : now;
  message.stored = message.saved = now;
  message.body = body.ref();
  message.name = name;
  message.source = mailbox::Source::append;
  return message;
}

base::Result<mailbox::Owner::Placed> file_all(commit::Stage& stage, mailbox::Owner& owner, mailbox::AccountNumber account,
                                              mailbox::FolderNumber folder, const std::vector<Wanted>& wanted) {
  mailbox::Owner::Placed placed;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    stage.hold(mailbox::shard_of(account), wanted[i].body);
    auto filed = owner.file_into(stage, account, folder, wanted[i].message, wanted[i].body.shown());
    if (!filed) return filed;
    if (i == 0) placed = std::move(*filed);
  }
  return placed;
}

std::string append_uid(const mailbox::Owner::Placed& placed, std::size_t count) {
  const auto last = static_cast<mailbox::Uid>(placed.first + count - 1);
  return "APPENDUID " + std::to_string(placed.uid_validity) + " " + mailbox::Uids{{placed.first, last}}.text();
}

}  // namespace

/// Files what came, and takes away what it replaces, in one change.
net::Task<Reply> Session::file_appended(const mail::imap::MailboxName& mailbox,
                                        const std::vector<mail::imap::AppendMessage>& asked,
                                        std::optional<mailbox::Uid> replaces) {
  for (const auto& message : asked)  // of one that is put together from URLs alone nothing was asked yet
    if (auto refused = why_not_append(mailbox, message)) co_return std::move(*refused);
  appending_->replaces = replaces.has_value();
  const auto place = appending_->place;
  if (replaces && place.number() != selected_->account().number()) co_return not_between_accounts();
  auto refused = co_await assemble(asked, asked.size(), 0);
  if (refused) co_return std::move(*refused);
  auto wanted = std::make_shared<std::vector<Wanted>>();
  const auto now = services_.clock.now();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    auto& taken = appending_->messages[i];
    if (taken.body.ref().size == 0) co_return Reply::no("a message without octets is none", "CANNOT");
    auto message = message_of(asked[i], taken.body, taken.name, now);
    message.flags = permitted(std::move(message.flags), place.rights);
    wanted->push_back(Wanted{std::move(message), std::move(taken.body)});
  }
  auto placed = std::make_shared<mailbox::Owner::Placed>();
  Change filed = [wanted, placed, account = place.number(), folder = place.folder, replaces,
                  from = selected_ ? selected_->folder() : 0](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    auto done = file_all(stage, owners.mailbox, account, folder, *wanted);
    if (!done) return std::unexpected(done.error());
    *placed = std::move(*done);
    if (!replaces) return {};
    auto gone =
        owners.mailbox.expunge_all(stage, account, from, mailbox::Uids{{*replaces, *replaces}}, mailbox::Owner::Only::all);
    if (!gone) return std::unexpected(gone.error());
    return gone->empty() ? base::fail("message to replace", base::errc::exists) : base::Result<>();
  };
  auto done = co_await change(still_allowed(place, mailbox::Rights::of("i"), within_quota(place, std::move(filed))));
  if (!done && done.error().code == base::errc::refused) co_return over_quota();
  if (!done && done.error().code == base::errc::exists) co_return Reply::no("the message is gone already", "EXPUNGEISSUED");
  if (!done && done.error().code == base::errc::not_found) co_return Reply::no("there is no such mailbox", "TRYCREATE");
  if (!done) co_return reply_for(done.error());
  services_.counts.appended += wanted->size();
  log_changed(place, "append", wanted->size());
  // Not to who may not see what is in the mailbox (RFC 4315 §3).
  const bool tells = place.rights.has(mailbox::Rights::of("r"));
  co_return Reply::ok("appended", tells ? append_uid(*placed, wanted->size()) : std::string());
}

net::Task<Reply> Session::on(command::Append& asked) {
  co_return co_await file_appended(asked.mailbox, asked.messages, std::nullopt);
}

/// RFC 8508: the new one is there and the old one is not, at once.
net::Task<Reply> Session::on(command::Replace& asked) {
  if (auto refused = why_not_replace()) co_return std::move(*refused);
  const auto uid = replaced(asked.uid, asked.target);
  if (!uid) co_return Reply::no("there is no such message", "CANNOT");
  const std::vector<mail::imap::AppendMessage> messages = {asked.message};
  auto reply = co_await file_appended(asked.mailbox, messages, uid);
  if (reply.kind != Reply::Kind::ok) co_return reply;
  selected_->note_own_expunged(mailbox::Uids{{*uid, *uid}});
  output_.append("* OK [").append(reply.code).append("] the new message\r\n");
  co_return co_await tell_expunged("replaced");
}

}  // namespace understudy::archive::access::imap
