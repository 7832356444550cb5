// CATENATE (RFC 4469): messages that are put together from what the client sends and from parts of messages of this account.
#include <algorithm>

#include "archive/access/imap/session.hpp"
#include "archive/access/imap/session_parts.hpp"
#include "archive/mailbox/view.hpp"
#include "mail/imap/url.hpp"

namespace understudy::archive::access::imap {
namespace {

constexpr std::size_t shown_of_url = 500;  // octets in a response code

Reply bad_url(std::string_view url, std::string why) {
  std::string shown(url.substr(0, shown_of_url));
  std::ranges::replace_if(
      shown, [](unsigned char c) { return c < 0x20 || c >= 0x7f || c == ']' || c == '"' || c == '\\'; }, '?');
  return Reply::no(std::move(why), "BADURL \"" + shown + "\"");
}

mailbox::Item item_of(mailbox::Uid uid, const mailbox::Message& message) {
  mailbox::Item item;
  item.uid = uid;
  item.chunk_size = message.body.chunk_size;
  item.size = message.body.size;
  item.id = message.body.id;
  return item;
}

}  // namespace

Reply Session::too_big() const {
  return Reply::no("the message is larger than " + std::to_string(settings_->options.message_size) + " octets", "TOOBIG");
}

std::optional<Reply> Session::seal_appended() {
  auto& now = *appending_;
  if (now.octets() == 0) return Reply::no("a message without octets is none", "CANNOT");
  auto sealed = now.writer->seal();
  if (!sealed) return reply_for(sealed.error());
  now.messages.push_back({std::move(*sealed), now.digest.finish()});
  now.writer.reset();
  now.digest = base::Sha256();
  now.parts = 0;
  return std::nullopt;
}

/// Brings the first `whole` messages to their end, and `parts` parts of the next one: text of them is there, what is named is
/// read. The answer where that cannot be.
net::Task<std::optional<Reply>> Session::assemble(const Messages& asked, std::size_t whole, std::size_t parts) {
  for (;;) {
    const auto at = appending_->messages.size();
    if (at < asked.size() && !appending_->writer) appending_->writer = services_.archive.new_body();
    const std::size_t end = at < whole ? asked[at].parts.size() : parts;
    while (at < asked.size() && appending_->parts < end) {
      const auto& part = asked[at].parts[appending_->parts];
      if (part.kind != mail::imap::AppendPart::Kind::url) co_return Reply::no("no message came", "CANNOT");
      auto refused = co_await append_url(part.url);
      if (refused) co_return refused;
      appending_->parts += 1;
    }
    if (at >= whole) co_return std::nullopt;
    if (auto refused = seal_appended()) co_return refused;
  }
}

net::Task<std::optional<Reply>> Session::append_url(std::string text) {
  const auto url = mail::imap::parse_url(text);
  if (!url) co_return bad_url(text, url.error());
  if (url->mailbox.empty() && !selected_) co_return bad_url(text, "no mailbox is selected");
  auto account = selected_ ? selected_->account_ptr() : account_;
  mailbox::FolderNumber folder = selected_ ? selected_->folder() : 0;
  if (!url->mailbox.empty()) {
    auto place = find({url->mailbox, {}}, mailbox::Rights::of("r"));
    if (!place) co_return bad_url(text, place.error().text);
    account = place->account;
    folder = place->folder;
  }
  auto folders = account->folders();
  if (!folders) co_return reply_for(folders.error());
  const auto found = (*folders)->by_number.find(folder);
  if (found == (*folders)->by_number.end()) co_return bad_url(text, "there is no such mailbox");
  if (url->uid_validity && *url->uid_validity != found->second.uid_validity)
    co_return bad_url(text, "the mailbox has another UIDVALIDITY");
  const auto message = mailbox::message(services_.archive.store(), account->number(), folder, url->uid);
  if (!message && message.error().code == base::errc::not_found) co_return bad_url(text, "there is no such message");
  if (!message) co_return reply_for(message.error());
  const auto item = item_of(url->uid, *message);
  auto summaries = summary_reader(account->number());
  MessageFetch fetch(services_.archive, summaries, *account, folder, item);
  auto octets = fetch.octets_of(url->section);
  const auto unreadable = [&text](const base::Error& error) {
    return error.code == base::errc::not_found ? bad_url(text, "the message is gone") : reply_for(error);
  };
  if (!octets && !fetch.failed()) co_return unreadable(fetch.failed().error());
  if (!octets) co_return bad_url(text, "the message has no such part");
  if (auto refused = why_no_octets(octets->octets)) co_return refused;
  for (std::string piece = std::move(octets->first);;) {
    if (auto taken = appending_->take(piece); !taken) co_return reply_for(taken.error());
    const bool goes_on = co_await take_turns();
    if (!goes_on) co_return Reply::lost();
    auto next = octets->next();
    if (!next) co_return unreadable(next.error());
    if (next->empty()) co_return std::nullopt;
    piece = std::move(*next);
  }
}

}  // namespace understudy::archive::access::imap
