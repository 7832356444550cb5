#include <algorithm>

#include "archive/access/imap/message_search.hpp"
#include "archive/access/imap/session.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mail::imap::Ranges;
using mail::imap::SearchKey;

bool asks_mod_sequence(const SearchKey& key) {
  return key.kind == SearchKey::Kind::mod_sequence || std::ranges::any_of(key.keys, asks_mod_sequence);
}

std::string listed(const Ranges& numbers) {
  std::string out;
  for (const auto number : numbers) out.append(" ").append(std::to_string(number));
  return out;
}

/// With MIN or MAX alone, those (RFC 5182 §2.4).
mailbox::Uids to_save(const mail::imap::ReturnOptions& options, const mailbox::Uids& found) {
  const bool ends_alone = (options.min || options.max) && !options.all && !options.count;
  if (!ends_alone || found.empty()) return found;
  mailbox::Uids ends;
  if (options.min) ends.add(found.min());
  if (options.max) ends.add(found.max());
  return ends;
}

}  // namespace

bool names_too_high(const SearchKey& key, const mailbox::Image& view) {
  if (key.kind == SearchKey::Kind::numbers && !sequence_numbers(view, key.set, Numbers::sequence, {})) return true;
  return std::ranges::any_of(key.keys, [&](const auto& each) { return names_too_high(each, view); });
}

std::string text_in_order(const std::vector<std::uint32_t>& numbers) {
  std::string out;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) end += 1;
    if (!out.empty()) out += ',';
    out += std::to_string(numbers[i]);
    if (end - i > 1) out.append(":").append(std::to_string(numbers[end - 1]));
    i = end;
  }
  return out;
}

std::string partial_text(const mail::imap::PartialRange& range, const std::vector<std::uint32_t>& order) {
  const std::string sign = range.from_end ? "-" : "";
  const std::string name = sign + std::to_string(range.first) + ":" + sign + std::to_string(range.last);
  const auto first = std::min<std::size_t>(range.first - 1, order.size()),
             end = std::min<std::size_t>(range.last, order.size());
  if (first >= end) return "(" + name + " NIL)";
  std::vector<std::uint32_t> window;
  if (range.from_end) {
    window.assign(order.end() - static_cast<std::ptrdiff_t>(end), order.end() - static_cast<std::ptrdiff_t>(first));
  } else {
    window.assign(order.begin() + static_cast<std::ptrdiff_t>(first), order.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return "(" + name + " " + text_in_order(window) + ")";
}

Reply Session::bad_charset(const mail::imap::ReturnOptions& options) {
  if (options.save) saved_.clear();  // RFC 5182 §2.1
  return Reply::no("that charset is not known", "BADCHARSET (UTF-8 US-ASCII)");
}

/// What is found, as sequence numbers of the view; nullopt: the server is stopping, or the client has gone.
net::Task<std::optional<Ranges>> Session::search(const SearchKey& key) {
  const auto view = selected_->view_ptr();
  MessageSearch search({services_.archive, *account_, selected_->folder(), *view, saved_, services_.clock.now()}, key);
  Ranges found;
  const auto candidates = search.candidates();
  for (const auto number : candidates) {
    if (search.meets(number - 1)) found.add(number);
    const bool goes_on = co_await take_turns();
    if (!goes_on) co_return std::nullopt;
  }
  co_return found;
}

net::Task<Reply> Session::on(command::Search& asked) {
  if (!mail::imap::to_utf8(asked.key, asked.charset)) co_return bad_charset(asked.options);
  if (names_too_high(asked.key, selected_->view())) co_return Reply::bad("there is no message of that number");
  const bool mod_sequences = asks_mod_sequence(asked.key);
  if (mod_sequences) condstore_ = true;
  if (auto refused = co_await audit_search(asked.key)) co_return std::move(*refused);
  const auto found = co_await search(asked.key);
  if (!found) co_return Reply::lost();
  const auto uids = selected_->uids_of(*found);
  if (asked.options.save) saved_ = to_save(asked.options, uids);
  tell_found(asked, asked.uid ? uids : *found, mod_sequences ? highest_of(*found) : 0);
  co_return Reply::ok("done");
}

mailbox::ModSeq Session::highest_of(const Ranges& messages) const {
  mailbox::ModSeq highest = 0;
  for (const auto& range : messages.ranges())
    selected_->view().each(range.first - 1, range.last,
                           [&](std::size_t, const mailbox::Item& item) { highest = std::max(highest, item.modseq); });
  return highest;
}

/// RFC 3501 §7.2.5, RFC 4731; `highest`: MODSEQ of what was found, 0: it was not asked for.
void Session::tell_found(const command::Search& asked, const Ranges& found, mailbox::ModSeq highest) {
  const auto& options = asked.options;
  if (!options.given && !revision2_) {
    output_.append("* SEARCH").append(listed(found));
    if (highest > 0) output_.append(" (MODSEQ ").append(std::to_string(highest)).append(")");
    output_ += "\r\n";
    return;
  }
  const bool only_saved =
      options.given && options.save && !options.min && !options.max && !options.all && !options.count && !options.partial;
  if (only_saved) return;
  output_.append("* ESEARCH (TAG \"").append(tag_).append("\")");
  if (asked.uid) output_ += " UID";
  if (options.min && !found.empty()) output_.append(" MIN ").append(std::to_string(found.min()));
  if (options.max && !found.empty()) output_.append(" MAX ").append(std::to_string(found.max()));
  if (options.count) output_.append(" COUNT ").append(std::to_string(found.count()));
  if ((options.all || !options.given) && !found.empty()) output_.append(" ALL ").append(found.text());
  if (options.partial) output_.append(" PARTIAL ").append(partial_text(*options.partial, {found.begin(), found.end()}));
  if (highest > 0) output_.append(" MODSEQ ").append(std::to_string(highest));
  output_ += "\r\n";
}

}  // namespace understudy::archive::access::imap
