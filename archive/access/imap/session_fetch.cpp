#include <algorithm>

#include "archive/access/batches.hpp"
#include "archive/access/imap/audited.hpp"
#include "archive/access/imap/message_fetch.hpp"
#include "archive/access/imap/session.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mail::imap::FetchItem;
using mail::imap::Ranges;
using mailbox::Flags;
using mailbox::Item;
using Kind = FetchItem::Kind;

constexpr std::uint64_t quick_at_once = 256;  ///< messages between two looks at the clock, where the image tells all

bool has(const std::vector<FetchItem>& items, Kind kind) {
  return std::ranges::find(items, kind, &FetchItem::kind) != items.end();
}

/// Whether reading it marks a message as read (RFC 9051 §6.4.5).
bool sees(const FetchItem& item) {
  if (item.kind == Kind::section || item.kind == Kind::binary) return !item.peek;
  return item.kind == Kind::rfc822 || item.kind == Kind::rfc822_text;
}

/// What is asked and what goes along with it (RFC 7162 §3.1.4, RFC 3501 §6.4.8).
std::vector<FetchItem> items_of(const command::Fetch& asked, bool seen_was_set, bool condstore) {
  auto items = asked.items;
  const auto add = [&items](Kind kind) {
    if (has(items, kind)) return;
    FetchItem item;
    item.kind = kind;
    items.insert(items.begin(), std::move(item));
  };
  if (asked.changed_since || (seen_was_set && condstore)) add(Kind::mod_sequence);
  if (seen_was_set) add(Kind::flags);
  if (asked.uid) add(Kind::uid);
  return items;
}

/// RFC 9394 §3.2.
Ranges window_of(const Ranges& messages, const mail::imap::PartialRange& partial) {
  const auto count = messages.count();
  const auto first = std::min<std::uint64_t>(partial.first - 1, count), end = std::min<std::uint64_t>(partial.last, count);
  const auto begin = partial.from_end ? count - end : first, past = partial.from_end ? count - first : end;
  Ranges window;
  std::uint64_t index = 0;
  for (const auto number : messages) {
    if (index >= begin && index < past) window.add(number);
    index += 1;
  }
  return window;
}

}  // namespace

/// Before anything is given: what is read is seen.
net::Task<Reply> Session::set_seen(const command::Fetch& asked, const Ranges& messages) {
  const bool may_change =
      !selected_->read_only() && serve_ == Serve::everything && selected_->rights().has(mailbox::Rights::of("s"));
  if (!may_change || std::ranges::none_of(asked.items, sees)) co_return Reply::ok({});
  mailbox::Uids unseen;
  for (const auto& range : messages.ranges())
    selected_->view().each(range.first - 1, range.last, [&](std::size_t, const Item& item) {
      if (!(item.system & Flags::seen)) unseen.add(item.uid);
    });
  if (unseen.empty()) co_return Reply::ok({});
  for (auto& batch : in_batches(unseen, marked_at_once)) {
    Change seen = [batch = std::move(batch), account = selected_->account().number(), folder = selected_->folder()](
                      commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      Flags flags;
      flags.system = Flags::seen;
      auto done = owners.mailbox.change_flags(stage, account, folder, batch, mailbox::FlagsChanged::How::add, flags);
      if (!done && done.error().code != base::errc::not_found) return std::unexpected(done.error());
      return {};
    };
    auto done = co_await change(still_allowed(selected_place(), mailbox::Rights::of("s"), std::move(seen)));
    if (!done) co_return reply_for(done.error());
  }
  mailbox::FlagsChanged own{selected_->folder(), std::move(unseen), mailbox::FlagsChanged::How::add, {}};
  own.flags.system = Flags::seen;
  Selected::Told how;
  how.expunges = false;
  how.silent = &own;  // FETCH says it, with what else was asked
  const auto told = co_await tell(how);
  if (!told) co_return Reply::lost();
  if (!*told) co_return reply_for(told->error());
  co_return Reply::ok({}, "seen");
}

net::Task<Reply> Session::on(command::Fetch& asked) {
  if (asked.changed_since || has(asked.items, Kind::mod_sequence)) enable_condstore();

  if (asked.vanished && !qresync_) co_return Reply::bad("enable QRESYNC first");
  auto messages = selected_->messages(asked.messages, asked.uid ? Numbers::uid : Numbers::sequence, saved_);
  if (!messages) co_return Reply::bad("there is no message of that number");
  if (asked.partial) messages = window_of(*messages, *asked.partial);
  if (asked.changed_since) messages = changed_since(*messages, *asked.changed_since);
  if (auto refused = co_await audit_reading(asked.items, *messages)) co_return std::move(*refused);
  const auto seen = co_await set_seen(asked, *messages);
  if (seen.kind != Reply::Kind::ok) co_return seen;
  if (asked.vanished) {
    const auto among = asked.messages.saved() ? saved_ : asked.messages.resolve(selected_->view().uid_next - 1);
    tell_vanished_since(asked.changed_since.value_or(0), &among);
  }
  const auto items = items_of(asked, seen.code == "seen", condstore_);
  const auto view = selected_->view_ptr();
  base::Result<> failed;
  auto summaries = summary_reader();
  const bool is_quick = std::ranges::all_of(items, is_in_image);
  for (const auto& range : messages->ranges()) {
    for (std::uint64_t number = range.first; number <= range.last; ++number) {
      const Item& item = view->at(static_cast<std::size_t>(number - 1));
      if (is_quick) {
        put_quick(static_cast<std::uint32_t>(number), item, items);
        if (output_.size() < output_limit && number % quick_at_once != 0) continue;
        bool goes_on = co_await flush_if_large();
        if (goes_on) goes_on = co_await take_turns();
        if (!goes_on) co_return Reply::lost();
        continue;
      }
      auto fetched = co_await fetch_one(summaries, static_cast<std::uint32_t>(number), item, items);
      if (!fetched) co_return Reply::lost();
      if (!*fetched && failed) failed = std::move(*fetched);
    }
  }
  if (failed) co_return Reply::ok("done");
  const bool are_gone = failed.error().code == base::errc::not_found;
  if (are_gone && asked.uid) co_return Reply::ok("done");  // RFC 9051 §6.4.9: a UID that is not there is passed over
  if (are_gone) co_return Reply::no("some of the messages are gone", "EXPUNGEISSUED");
  if (failed.error().code == base::errc::unsupported)
    co_return Reply::no("a part is encoded in a way that cannot be undone", "UNKNOWN-CTE");
  co_return reply_for(failed.error());
}

/// Of these, as the client knows them, those that changed behind `since` (RFC 7162 §3.1.4.1).
Ranges Session::changed_since(const Ranges& messages, mailbox::ModSeq since) const {
  Ranges changed;
  since = selected_->view().known(since);
  for (const auto& range : messages.ranges())
    selected_->view().each(range.first - 1, range.last, [&](std::size_t index, const Item& item) {
      if (item.modseq > since) changed.add(static_cast<std::uint32_t>(index + 1));
    });
  return changed;
}

void Session::put_quick(std::uint32_t number, const Item& item, const std::vector<FetchItem>& items) {
  output_.append("* ").append(std::to_string(number)).append(" FETCH (");
  bool is_first = true;
  for (const auto& each : items) {
    if (!is_first) output_ += ' ';
    is_first = false;
    put_from_image(output_, each, selected_->account(), item);
  }
  output_ += ")\r\n";
}

/// nullopt: the connection has ended.
net::Task<std::optional<base::Result<>>> Session::fetch_one(SummaryReader& summaries, std::uint32_t number, const Item& item,
                                                            const std::vector<FetchItem>& items) {
  MessageFetch fetch(services_.archive, summaries, selected_->account(), selected_->folder(), item);
  const auto begin = output_.size();
  bool some_sent = false;
  output_.append("* ").append(std::to_string(number)).append(" FETCH (");
  bool is_first = true;
  for (const auto& each : items) {
    if (!is_first) output_ += ' ';
    is_first = false;
    while (fetch.measures(each)) {
      const bool goes_on = co_await take_turns();
      if (!goes_on) co_return std::nullopt;
    }
    const auto before = output_.size();
    auto streamed = fetch.put(output_, each);
    if (auditor_ && gives_octets(each))
      auditor_->gave(selected_->folder(), item.uid, output_.size() - before + (streamed ? streamed->octets : 0));
    if (!streamed) continue;
    some_sent = true;
    summaries.rest();
    const bool sent = co_await send(std::move(*streamed));
    if (!sent) co_return std::nullopt;
  }
  output_ += ")\r\n";
  const bool is_gone = !fetch.failed() && fetch.failed().error().code == base::errc::not_found;
  if (is_gone && !some_sent) output_.resize(begin);  // nothing is made up of it
  if (output_.size() >= output_limit || turns_.is_over()) summaries.rest();
  bool goes_on = co_await flush_if_large();
  if (goes_on) goes_on = co_await take_turns();
  if (!goes_on) co_return std::nullopt;
  co_return fetch.failed();
}

/// A length was promised: where the rest cannot be read the connection ends, since nothing else could be said.
net::Task<bool> Session::send(Streamed streamed) {
  std::string piece = std::move(streamed.first);
  for (;;) {
    const auto passed_over = std::min<std::uint64_t>(streamed.skip, piece.size());
    piece.erase(0, static_cast<std::size_t>(passed_over));
    streamed.skip -= passed_over;
    if (piece.size() > streamed.octets) piece.resize(static_cast<std::size_t>(streamed.octets));
    output_ += piece;
    streamed.octets -= piece.size();
    bool goes_on = co_await flush_if_large();
    if (goes_on) goes_on = co_await take_turns();
    if (!goes_on) co_return false;
    if (streamed.octets == 0) co_return true;
    auto more = streamed.next();
    if (!more || more->empty()) {
      static_cast<void>(
          reply_for(more ? base::Error{base::errc::damaged, "body of a message"} : more.error()));  // into the log
      link_->abort();
      co_return false;
    }
    piece = std::move(*more);
  }
}

}  // namespace understudy::archive::access::imap
