#include <algorithm>

#include "archive/access/imap/results.hpp"
#include "archive/access/imap/session.hpp"
#include "archive/access/work_memory.hpp"
#include "archive/summaries.hpp"
#include "mail/imap/sort.hpp"
#include "mail/imap/thread.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mail::imap::Headings;
using mail::imap::SortField;
using mail::imap::SortInput;
using mail::imap::ThreadInput;
using Asked = mail::imap::SortKey;

SortField field_of(Asked::Kind kind) {
  switch (kind) {
    case Asked::Kind::cc:
      return SortField::cc;
    case Asked::Kind::date:
      return SortField::date;
    case Asked::Kind::from:
      return SortField::from;
    case Asked::Kind::size:
      return SortField::size;
    case Asked::Kind::subject:
      return SortField::subject;
    case Asked::Kind::to:
      return SortField::to;
    case Asked::Kind::display_from:
      return SortField::display_from;
    case Asked::Kind::display_to:
      return SortField::display_to;
    case Asked::Kind::arrival:
      break;
  }
  return SortField::arrival;
}

bool needs_heading(SortField field) {
  return field == SortField::date || mail::imap::is_text(field);
}

std::chrono::sys_seconds arrival_of(const mailbox::Item& item) {
  return std::chrono::floor<std::chrono::seconds>(item.internal_date);
}

/// What is sorted on the session's own thread takes some milliseconds.
constexpr std::size_t sorted_here = 2000;
std::string_view* place_of(SortInput& input, SortField field) {
  switch (field) {
    case SortField::subject:
      return &input.subject;
    case SortField::from:
      return &input.from;
    case SortField::to:
      return &input.to;
    case SortField::cc:
      return &input.cc;
    case SortField::display_from:
      return &input.display_from;
    case SortField::display_to:
      return &input.display_to;
    default:
      return nullptr;
  }
}

void fill_in(SortInput& input, const Headings& headings, std::size_t row, const std::vector<SortField>& fields) {
  input.sent = headings.sent(row);
  for (const auto field : fields)
    if (auto* place = place_of(input, field)) *place = headings.key(row, field);
}

/// In the last of them.
std::optional<std::size_t> row_in(const std::vector<HeadingCache::Kept>& kept, const mailbox::Item& item) {
  return kept.empty() ? std::nullopt : kept.back()->row(item.uid);
}

Reply no_room() {
  return Reply::no("so many messages are not put in order at once", "LIMIT");
}

/// Octets that a message takes beside its heading: its input, its keys, its place in vectors that grow.
template <class Input>
constexpr std::uint64_t held_by_each = 3 * sizeof(Input) + 64;

}  // namespace

net::Task<Reply> Session::on(command::Sort& asked) {
  if (auto refused = why_not_search(asked.key, asked.charset, asked.options)) co_return std::move(*refused);
  if (auto refused = co_await audit_search(asked.key)) co_return std::move(*refused);
  const auto found = co_await search(asked.key);
  if (!found) co_return Reply::lost();
  std::vector<mail::imap::SortCriterion> criteria;
  std::vector<SortField> fields;
  for (const auto& each : asked.order) {
    criteria.push_back({field_of(each.kind), each.reverse});
    if (std::ranges::find(fields, criteria.back().key) == fields.end()) fields.push_back(criteria.back().key);
  }
  const bool reads = std::ranges::any_of(fields, needs_heading);
  const auto view = selected_->view_ptr();
  WorkShare share(services_.counts.work_memory, settings_->options.work_memory);
  auto summaries = summary_reader();
  std::vector<SortInput> inputs;
  std::vector<HeadingCache::Kept> kept;  // what the inputs' texts are in
  for (const auto number : *found) {
    const auto& item = view->at(number - 1);
    SortInput input;
    input.number = number;
    input.arrival = arrival_of(item);
    input.size = item.size;
    bool has_room = share.take(held_by_each<SortInput>);
    if (reads) {
      auto row = row_in(kept, item);
      if (!row) {
        auto around = co_await headings(summaries, item);
        if (!around) co_return Reply::lost();
        kept.push_back(std::move(around));
        has_room = share.take(kept.back()->octets()) && has_room;
        row = row_in(kept, item);
      }
      fill_in(input, *kept.back(), *row, fields);
    }
    if (!has_room) co_return no_room();
    inputs.push_back(input);
    if (inputs.size() % looked_at_once != 0) continue;
    if (turns_.is_over()) summaries.rest();
    const bool goes_on = co_await take_turns_while_heard();
    if (!goes_on) co_return Reply::lost();
  }
  summaries.rest();
  auto sort = [&inputs, &criteria] { return mail::imap::sort(inputs, criteria); };
  auto order = co_await aside(inputs.size() > sorted_here, std::move(sort));
  if (!order) co_return Reply::no("the server has too much to do: try again", "INUSE");
  tell_sorted(asked, std::move(*order));
  co_return Reply::ok("done");
}

void Session::tell_sorted(const command::Sort& asked, std::vector<std::uint32_t> order) {
  using As = Results::As;
  const Results results(asked.options, selected_->view(), std::move(order), asked.uid ? As::uids : As::sequence_numbers);
  const auto highest = asks_mod_sequence(asked.key) ? results.highest() : 0;
  if (asked.options.save) saved_ = results.saved();
  if (!asked.options.given) {
    results.put_list(output_, "SORT", highest);
  } else if (!results.only_saved()) {
    results.put_esearch(output_, tag_, false, highest);
  }
}

net::Task<Reply> Session::on(command::Thread& asked) {
  const auto algorithm = mail::imap::parse_thread_algorithm(asked.algorithm);
  if (!algorithm) co_return Reply::bad("that algorithm is not known");
  if (auto refused = why_not_search(asked.key, asked.charset, {})) co_return std::move(*refused);
  if (auto refused = co_await audit_search(asked.key)) co_return std::move(*refused);
  const auto found = co_await search(asked.key);
  if (!found) co_return Reply::lost();
  const auto view = selected_->view_ptr();
  WorkShare share(services_.counts.work_memory, settings_->options.work_memory);
  auto summaries = summary_reader();
  std::vector<ThreadInput> inputs;
  std::vector<HeadingCache::Kept> kept;  // what the inputs' references are in
  for (const auto number : *found) {
    const auto& item = view->at(number - 1);
    bool has_room = share.take(held_by_each<ThreadInput>);
    auto found_row = row_in(kept, item);
    if (!found_row) {
      auto around = co_await headings(summaries, item);
      if (!around) co_return Reply::lost();
      kept.push_back(std::move(around));
      has_room = share.take(kept.back()->octets()) && has_room;
      found_row = row_in(kept, item);
    }
    if (!has_room) co_return no_room();
    const auto& of = *kept.back();
    const auto row = *found_row;
    inputs.push_back({.number = asked.uid ? item.uid : number,
                      .sent = of.sent(row).value_or(arrival_of(item)),
                      .base_subject = of.base_subject(row),
                      .is_reply_or_forward = of.is_reply_or_forward(row),
                      .message_id = of.message_id(row),
                      .references = of.references(row)});
    has_room = share.take(of.references(row).size() * held_by_each<mail::imap::ThreadId>);
    if (!has_room) co_return no_room();
    if (inputs.size() % looked_at_once != 0) continue;
    if (turns_.is_over()) summaries.rest();
    const bool goes_on = co_await take_turns_while_heard();
    if (!goes_on) co_return Reply::lost();
  }
  summaries.rest();
  auto thread = [&inputs, &algorithm] { return mail::imap::wire_form(mail::imap::thread(*algorithm, inputs)); };
  const auto wire = co_await aside(inputs.size() > sorted_here, std::move(thread));
  if (!wire) co_return Reply::no("the server has too much to do: try again", "INUSE");
  output_.append("* THREAD").append(wire->empty() ? "" : " ").append(*wire).append("\r\n");
  co_return Reply::ok("done");
}

SummaryReader Session::summary_reader(mailbox::AccountNumber account) const {
  const auto& store = services_.archive.store();
  return {store, store.bodies(), account};
}

}  // namespace understudy::archive::access::imap
