#include <algorithm>
#include <deque>

#include "archive/access/imap/results.hpp"
#include "archive/access/imap/session.hpp"
#include "archive/access/work_memory.hpp"
#include "archive/summaries.hpp"
#include "mail/header/fields.hpp"
#include "mail/imap/base_subject.hpp"
#include "mail/imap/envelope_view.hpp"
#include "mail/imap/sort.hpp"
#include "mail/imap/summary_record.hpp"
#include "mail/imap/thread.hpp"
#include "mail/mime/encoded_word.hpp"
#include "mail/mime/fold.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mail::imap::EnvelopeField;
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

bool needs_summary(SortField field) {
  return field != SortField::arrival && field != SortField::size;
}

std::chrono::sys_seconds arrival_of(const mailbox::Item& item) {
  return std::chrono::floor<std::chrono::seconds>(item.internal_date);
}

std::optional<std::chrono::sys_seconds> sent_of(const mail::imap::SummaryView& view) {
  if (!view.facts().sent) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(*view.facts().sent));
}

/// Of a text so much counts: what is longer is told apart by nothing behind it.
constexpr std::size_t most_text = 1000;
/// From the end of References: the nearest. A thread hangs together by those between, too.
constexpr std::size_t most_ids = 100;
/// What is sorted on the session's own thread takes some milliseconds.
constexpr std::size_t sorted_here = 2000;
constexpr std::uint64_t folded_too = 3;  ///< the text, its folded form, and that while it grows

/// The first address, and in a group its name (RFC 5256 §3).
std::optional<mail::imap::AddressView> first_of(mail::imap::EnvelopeView& envelope, EnvelopeField field) {
  auto addresses = envelope.addresses(field);
  return addresses.next();
}

std::string local_part(mail::imap::EnvelopeView& envelope, EnvelopeField field) {
  const auto first = first_of(envelope, field);
  return first ? first->mailbox.str() : std::string();
}

std::string shown_name(mail::imap::EnvelopeView& envelope, EnvelopeField field) {
  const auto first = first_of(envelope, field);
  if (!first) return {};
  return mail::imap::display_name(first->name.str(), first->mailbox.str(), first->host.str());
}

std::string text_of(mail::imap::EnvelopeView& envelope, SortField field) {
  switch (field) {
    case SortField::subject:
      return mail::mime::decode_encoded_words(envelope.text(EnvelopeField::subject).str());
    case SortField::from:
      return local_part(envelope, EnvelopeField::from);
    case SortField::to:
      return local_part(envelope, EnvelopeField::to);
    case SortField::cc:
      return local_part(envelope, EnvelopeField::cc);
    case SortField::display_from:
      return shown_name(envelope, EnvelopeField::from);
    case SortField::display_to:
      return shown_name(envelope, EnvelopeField::to);
    default:
      return {};
  }
}

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

/// false: there is no room for its texts.
bool fill_in(SortInput& input, const mail::imap::SummaryView& summary, const std::vector<SortField>& fields, WorkShare& share) {
  input.sent = sent_of(summary);
  mail::imap::EnvelopeView envelope(summary.envelope().value_or(mail::imap::empty_envelope));
  for (const auto field : fields) {
    auto* place = place_of(input, field);
    if (!place) continue;
    const auto kept = share.keep(std::string_view(text_of(envelope, field)).substr(0, most_text), folded_too);
    if (!kept) return false;
    *place = *kept;
  }
  return true;
}

Reply no_room() {
  return Reply::no("so many messages are not put in order at once", "LIMIT");
}

/// Octets that a message takes beside its texts: its input, its keys, its place in vectors that grow.
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
  const bool reads = std::ranges::any_of(fields, needs_summary);
  const auto view = selected_->view_ptr();
  WorkShare share(services_.counts.work_memory, settings_->options.work_memory);
  auto summaries = summary_reader();
  std::vector<SortInput> inputs;
  for (const auto number : *found) {
    const auto& item = view->at(number - 1);
    SortInput input;
    input.number = number;
    input.arrival = arrival_of(item);
    input.size = item.size;
    bool has_room = share.take(held_by_each<SortInput>);
    if (reads && has_room) {
      const auto record = summaries.record(item.body());
      const auto summary = record ? mail::imap::SummaryView::open(*record) : base::fail("summary", base::errc::not_found);
      if (summary) has_room = fill_in(input, *summary, fields, share);
    }
    if (!has_room) co_return no_room();
    inputs.push_back(input);
    if (inputs.size() % looked_at_once != 0) continue;
    if (turns_.is_over()) summaries.rest();
    const bool goes_on = co_await take_turns();
    if (!goes_on) co_return Reply::lost();
  }
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

namespace {

/// The ids that it refers to, in their order, the last ones of many.
std::vector<std::string> ids_of(const mail::imap::SummaryView& summary, mail::imap::EnvelopeView& envelope) {
  std::vector<std::string> ids;
  if (const auto kept = summary.kept())
    if (const auto value = kept->first_value("References")) ids = mail::header::parse_message_ids(*value);
  if (ids.empty()) ids = mail::header::parse_message_ids(envelope.text(EnvelopeField::in_reply_to).str(), 1);
  if (ids.size() > most_ids) ids.erase(ids.begin(), ids.end() - most_ids);
  return ids;
}

/// What THREAD looks at. Views lead into the share.
struct ThreadTexts {
  std::vector<ThreadInput> inputs;
  std::deque<std::vector<std::string_view>> references;
};

/// false: there is no room for its texts.
bool fill_in(ThreadInput& input, ThreadTexts& texts, const mail::imap::SummaryView& summary, WorkShare& share) {
  mail::imap::EnvelopeView envelope(summary.envelope().value_or(mail::imap::empty_envelope));
  auto subject = mail::imap::base_subject(mail::mime::decode_encoded_words(envelope.text(EnvelopeField::subject).str()));
  const auto id = mail::header::parse_message_id(envelope.text(EnvelopeField::message_id).str()).value_or(std::string());
  const auto kept_subject = share.keep(std::string_view(mail::mime::fold(subject.text)).substr(0, most_text));
  const auto kept_id = share.keep(id);
  if (!kept_subject || !kept_id) return false;
  input.base_subject = *kept_subject;
  input.is_reply_or_forward = subject.is_reply_or_forward;
  input.message_id = *kept_id;
  const auto ids = ids_of(summary, envelope);
  if (ids.empty()) return true;
  auto& references = texts.references.emplace_back();
  references.reserve(ids.size());
  for (const auto& each : ids) {
    const auto kept = share.take(held_by_each<std::string_view>) ? share.keep(each) : std::nullopt;
    if (!kept) return false;
    references.push_back(*kept);
  }
  input.references = references;
  return true;
}

}  // namespace

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
  ThreadTexts texts;
  for (const auto number : *found) {
    const auto& item = view->at(number - 1);
    ThreadInput input;
    input.number = asked.uid ? item.uid : number;
    input.sent = arrival_of(item);
    const auto record = summaries.record(item.body());
    const auto summary = record ? mail::imap::SummaryView::open(*record) : base::fail("summary", base::errc::not_found);
    bool has_room = share.take(held_by_each<ThreadInput>);
    if (summary) input.sent = sent_of(*summary).value_or(input.sent);
    if (summary && has_room) has_room = fill_in(input, texts, *summary, share);
    if (!has_room) co_return no_room();
    texts.inputs.push_back(input);
    if (texts.inputs.size() % looked_at_once != 0) continue;
    if (turns_.is_over()) summaries.rest();
    const bool goes_on = co_await take_turns();
    if (!goes_on) co_return Reply::lost();
  }
  auto thread = [&texts, &algorithm] { return mail::imap::wire_form(mail::imap::thread(*algorithm, texts.inputs)); };
  const auto wire = co_await aside(texts.inputs.size() > sorted_here, std::move(thread));
  if (!wire) co_return Reply::no("the server has too much to do: try again", "INUSE");
  output_.append("* THREAD").append(wire->empty() ? "" : " ").append(*wire).append("\r\n");
  co_return Reply::ok("done");
}

SummaryReader Session::summary_reader(mailbox::AccountNumber account) const {
  const auto& store = services_.archive.store();
  return {store, store.bodies(), account};
}

}  // namespace understudy::archive::access::imap
