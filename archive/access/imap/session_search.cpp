#include <algorithm>

#include "archive/access/imap/message_search.hpp"
#include "archive/access/imap/results.hpp"
#include "archive/access/imap/session.hpp"

namespace understudy::archive::access::imap {

namespace command = mail::imap::command;
using mail::imap::Ranges;
using mail::imap::SearchKey;

bool asks_mod_sequence(const SearchKey& key) {
  return key.kind == SearchKey::Kind::mod_sequence || std::ranges::any_of(key.keys, asks_mod_sequence);
}

/// What may not be searched for, or the key with its texts in UTF-8.
std::optional<Reply> Session::why_not_search(SearchKey& key, const std::string& charset,
                                             const mail::imap::ReturnOptions& options) {
  if (utf8_accepted_ && !charset.empty())  // RFC 6855 §3
    return Reply::bad("with UTF8=ACCEPT all is UTF-8: leave CHARSET out");
  if (!mail::imap::to_utf8(key, charset)) {
    if (options.save) saved_.clear();  // RFC 5182 §2.1
    return Reply::no("that charset is not known", "BADCHARSET (UTF-8 US-ASCII)");
  }
  if (asks_mod_sequence(key)) enable_condstore();
  return std::nullopt;
}

/// What is found, as sequence numbers of the view; nullopt: the server is stopping, or the client has gone.
net::Task<std::optional<Ranges>> Session::search(const SearchKey& key) {
  using Verdict = MessageSearch::Verdict;
  const auto view = selected_->view_ptr();
  auto summaries = summary_reader();
  MessageSearch search(
      {services_.archive, summaries, selected_->account(), selected_->folder(), *view, saved_, services_.clock.now()}, key);
  Ranges found;
  std::uint64_t looked_at = 0;
  const auto candidates = search.candidates();
  for (const auto number : candidates) {
    auto verdict = search.look_at(number - 1);
    if (verdict == Verdict::headings) {
      auto around = co_await headings(summaries, view->at(number - 1));
      if (!around) co_return std::nullopt;
      search.use(std::move(around));
      verdict = search.look_at(number - 1);
    }
    if (verdict == Verdict::more || ++looked_at % looked_at_once == 0) {
      if (turns_.is_over()) summaries.rest();
      bool goes_on = co_await take_turns_while_heard();
      while (goes_on && verdict == Verdict::more) {
        verdict = search.go_on();
        goes_on = co_await take_turns_while_heard();
      }
      if (!goes_on) co_return std::nullopt;
    }
    if (verdict == Verdict::yes) found.add(number);
  }
  co_return found;
}

net::Task<Reply> Session::on(command::Search& asked) {
  if (auto refused = why_not_search(asked.key, asked.charset, asked.options)) co_return std::move(*refused);
  if (auto refused = co_await audit_search(asked.key)) co_return std::move(*refused);
  const auto found = co_await search(asked.key);
  if (!found) co_return Reply::lost();
  using As = Results::As;
  const Results results(asked.options, selected_->view(), {found->begin(), found->end()},
                        asked.uid ? As::uids : As::sequence_numbers);
  const auto highest = asks_mod_sequence(asked.key) ? results.highest() : 0;
  if (asked.options.save) saved_ = results.saved();
  if (!asked.options.given && !revision2_) {
    results.put_list(output_, "SEARCH", highest);
  } else if (!results.only_saved()) {
    results.put_esearch(output_, tag_, !asked.options.given, highest);
  }
  co_return Reply::ok("done");
}

}  // namespace understudy::archive::access::imap
