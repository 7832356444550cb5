#include <utility>

#include "archive/access/imap/session.hpp"
#include "archive/access/imap/session_parts.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mail::imap::Refusal;

Refusal refusal_of(const Reply& reply) {
  Refusal refusal;
  refusal.kind = reply.kind == Reply::Kind::bad ? Refusal::Kind::bad : Refusal::Kind::no;
  refusal.code = reply.code;
  refusal.text = reply.text;
  return refusal;
}

}  // namespace

/// Why the message that is announced is not taken.
std::optional<Reply> Session::why_not_append() {
  const auto& parser = reader_.append();
  if (reader_.append_kind() != mail::imap::AppendParser::Kind::append)
    return Reply::bad("this server does not have that command");
  if (auto refused = why_not_change()) return refused;
  const auto& message = parser.messages().back();
  if (message.catenate) return Reply::bad("this server does not have CATENATE");
  if (message.flags.size() > 0 && !flags_of(message.flags)) return Reply::no("so many keywords are not kept", "LIMIT");
  if (!services_.has_room()) return Reply::no("the server's disk is nearly full, try again later", "UNAVAILABLE");
  const auto target = find(parser.mailbox(), "TRYCREATE");
  if (!target) return target.error();
  if (!appending_) appending_ = std::make_unique<Appending>();
  appending_->folder = *target;
  return std::nullopt;
}

/// The octets of a message go into the store as they come; nothing of them is filed before the whole command is there.
net::Task<bool> Session::on_message() {
  if (auto refused = why_not_append()) {
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
  auto body = services_.archive.new_body();
  base::Sha256 digest;
  bool has_nul = false;
  auto take = [&](std::string_view octets) -> base::Result<> {
    has_nul = has_nul || (!literal.binary && octets.find('\0') != std::string_view::npos);
    digest.update(octets);
    return body->append(octets);
  };
  base::Result<> taken;
  const bool read = co_await read_literal(literal.octets, take, taken);
  if (!read) co_return false;
  if (has_nul) {
    reader_.refuse_message(refusal_of(Reply::bad("a NUL stands in the message, which only a literal8 may hold")));
    co_return true;
  }
  if (!taken) {
    reader_.refuse_message(refusal_of(reply_for(taken.error())));
    co_return true;
  }
  auto sealed = body->seal();
  if (!sealed) {
    reader_.refuse_message(refusal_of(reply_for(sealed.error())));
    co_return true;
  }
  appending_->messages.push_back({std::move(*sealed), digest.finish()});
  co_return true;
}

net::Task<Reply> Session::on(command::Append& asked) {
  if (!appending_ || appending_->messages.size() != asked.messages.size()) co_return Reply::no("no message came", "CANNOT");
  for (const auto& taken : appending_->messages)
    if (taken.body.ref().size == 0) co_return Reply::no("a message without octets is none", "CANNOT");
  struct Wanted {
    mailbox::Message message;
    store::SealedBody body;
  };
  auto wanted = std::make_shared<std::vector<Wanted>>();
  const auto now = services_.clock.now();
  for (std::size_t i = 0; i < asked.messages.size(); ++i) {
    auto& each = wanted->emplace_back();
    each.body = std::move(appending_->messages[i].body);
    each.message.flags = flags_of(asked.messages[i].flags).value_or(mailbox::Flags());
    each.message.internal_date = asked.messages[i].date ? asked.messages[i].date->moment : now;
    each.message.stored = each.message.saved = now;
    each.message.body = each.body.ref();
    each.message.name = appending_->messages[i].name;
    each.message.source = mailbox::Source::append;
  }
  auto uids = std::make_shared<mailbox::Owner::Placed>();
  Change filed = [wanted, uids, account = account_number_, folder = appending_->folder](
                     commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    const auto shard = mailbox::shard_of(account);
    for (std::size_t i = 0; i < wanted->size(); ++i) {
      const auto& each = (*wanted)[i];
      stage.hold(shard, each.body);
      auto filed_as = owners.mailbox.file_into(stage, account, folder, each.message, each.body.summary());
      if (!filed_as) return std::unexpected(filed_as.error());
      if (i == 0) *uids = std::move(*filed_as);
    }
    return {};
  };
  auto done = co_await change(std::move(filed));
  if (!done && done.error().code == base::errc::not_found) co_return Reply::no("there is no such mailbox", "TRYCREATE");
  if (!done) co_return reply_for(done.error());
  services_.counts.appended += wanted->size();
  const auto last = static_cast<mailbox::Uid>(uids->first + wanted->size() - 1);
  co_return Reply::ok("appended",
                      "APPENDUID " + std::to_string(uids->uid_validity) + " " + mailbox::Uids{{uids->first, last}}.text());
}

}  // namespace understudy::archive::access::imap
