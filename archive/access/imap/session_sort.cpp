#include <algorithm>
#include <deque>

#include "archive/access/imap/session.hpp"
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
using mail::imap::Ranges;
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

/// The texts that SORT looks at; views of SortInput lead here.
struct SortTexts {
  std::string subject, from, to, cc, display_from, display_to;
};

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

SortTexts texts_of(std::string_view envelope_wire, const std::vector<SortField>& fields) {
  mail::imap::EnvelopeView envelope(envelope_wire);
  SortTexts texts;
  for (const auto field : fields) {
    if (field == SortField::subject)
      texts.subject = mail::mime::decode_encoded_words(envelope.text(EnvelopeField::subject).str());
    if (field == SortField::from) texts.from = local_part(envelope, EnvelopeField::from);
    if (field == SortField::to) texts.to = local_part(envelope, EnvelopeField::to);
    if (field == SortField::cc) texts.cc = local_part(envelope, EnvelopeField::cc);
    if (field == SortField::display_from) texts.display_from = shown_name(envelope, EnvelopeField::from);
    if (field == SortField::display_to) texts.display_to = shown_name(envelope, EnvelopeField::to);
  }
  return texts;
}

}  // namespace

net::Task<Reply> Session::on(command::Sort& asked) {
  if (!mail::imap::to_utf8(asked.key, asked.charset)) co_return bad_charset(asked.options);
  if (names_too_high(asked.key, selected_->view())) co_return Reply::bad("there is no message of that number");
  if (auto refused = co_await audit_search(asked.key)) co_return std::move(*refused);
  const auto found = co_await search(asked.key);
  if (!found) co_return Reply::lost();
  std::vector<mail::imap::SortCriterion> criteria;
  std::vector<SortField> fields;
  for (const auto& each : asked.order) {
    criteria.push_back({field_of(each.kind), each.reverse});
    fields.push_back(criteria.back().key);
  }
  const bool reads = std::ranges::any_of(fields, needs_summary);
  const auto view = selected_->view_ptr();
  std::deque<SortTexts> texts;
  std::vector<SortInput> inputs;
  for (const auto number : *found) {
    const auto& item = view->at(number - 1);
    SortInput input;
    input.number = asked.uid ? item.uid : number;
    input.arrival = arrival_of(item);
    input.size = item.size;
    if (reads) {
      const auto record = summary_record(item);
      const auto summary = record ? mail::imap::SummaryView::open(*record) : base::fail("summary", base::errc::not_found);
      const auto envelope = summary ? summary->envelope() : std::nullopt;
      if (summary) input.sent = sent_of(*summary);
      const auto& kept = texts.emplace_back(texts_of(envelope.value_or(mail::imap::empty_envelope), fields));
      input.subject = kept.subject;
      input.from = kept.from;
      input.to = kept.to;
      input.cc = kept.cc;
      input.display_from = kept.display_from;
      input.display_to = kept.display_to;
    }
    inputs.push_back(input);
    const bool goes_on = co_await take_turns();
    if (!goes_on) co_return Reply::lost();
  }
  tell_sorted(asked, mail::imap::sort(inputs, criteria), *found);
  co_return Reply::ok("done");
}

/// RFC 5256 §4, RFC 5267 §3: as SEARCH, in order.
void Session::tell_sorted(const command::Sort& asked, const std::vector<std::uint32_t>& order, const Ranges& found) {
  const auto& options = asked.options;
  if (options.save) saved_ = selected_->uids_of(found);
  if (!options.given) {
    output_ += "* SORT";
    for (const auto number : order) output_.append(" ").append(std::to_string(number));
    output_ += "\r\n";
    return;
  }
  output_.append("* ESEARCH (TAG \"").append(tag_).append("\")").append(asked.uid ? " UID" : "");
  if (options.min && !order.empty()) output_.append(" MIN ").append(std::to_string(order.front()));
  if (options.max && !order.empty()) output_.append(" MAX ").append(std::to_string(order.back()));
  if (options.count) output_.append(" COUNT ").append(std::to_string(order.size()));
  if (options.all && !order.empty()) output_.append(" ALL ").append(text_in_order(order));
  if (options.partial) output_.append(" PARTIAL ").append(partial_text(*options.partial, order));
  output_ += "\r\n";
}

namespace {

/// What THREAD looks at; views of ThreadInput lead here.
struct ThreadTexts {
  std::string subject;  ///< base, folded
  bool is_reply = false;
  std::string message_id;
  std::vector<std::string> ids;
  std::vector<std::string_view> references;
};

ThreadTexts thread_texts(const mail::imap::SummaryView& summary) {
  ThreadTexts texts;
  mail::imap::EnvelopeView envelope(summary.envelope().value_or(mail::imap::empty_envelope));
  auto subject = mail::imap::base_subject(mail::mime::decode_encoded_words(envelope.text(EnvelopeField::subject).str()));
  texts.subject = mail::mime::fold(subject.text);
  texts.is_reply = subject.is_reply_or_forward;
  texts.message_id = mail::header::parse_message_id(envelope.text(EnvelopeField::message_id).str()).value_or(std::string());
  const auto kept = summary.kept();
  if (kept)
    if (const auto value = kept->first_value("References")) texts.ids = mail::header::parse_message_ids(*value);
  if (texts.ids.empty()) texts.ids = mail::header::parse_message_ids(envelope.text(EnvelopeField::in_reply_to).str(), 1);
  return texts;
}

}  // namespace

net::Task<Reply> Session::on(command::Thread& asked) {
  const auto algorithm = mail::imap::parse_thread_algorithm(asked.algorithm);
  if (!algorithm) co_return Reply::bad("that algorithm is not known");
  if (!mail::imap::to_utf8(asked.key, asked.charset)) co_return bad_charset({});
  if (names_too_high(asked.key, selected_->view())) co_return Reply::bad("there is no message of that number");
  if (auto refused = co_await audit_search(asked.key)) co_return std::move(*refused);
  const auto found = co_await search(asked.key);
  if (!found) co_return Reply::lost();
  const auto view = selected_->view_ptr();
  std::deque<ThreadTexts> texts;
  std::vector<ThreadInput> inputs;
  for (const auto number : *found) {
    const auto& item = view->at(number - 1);
    ThreadInput input;
    input.number = asked.uid ? item.uid : number;
    input.sent = arrival_of(item);
    const auto record = summary_record(item);
    const auto summary = record ? mail::imap::SummaryView::open(*record) : base::fail("summary", base::errc::not_found);
    if (summary) {
      input.sent = sent_of(*summary).value_or(input.sent);
      auto& kept = texts.emplace_back(thread_texts(*summary));
      kept.references.assign(kept.ids.begin(), kept.ids.end());
      input.base_subject = kept.subject;
      input.is_reply_or_forward = kept.is_reply;
      input.message_id = kept.message_id;
      input.references = kept.references;
    }
    inputs.push_back(input);
    const bool goes_on = co_await take_turns();
    if (!goes_on) co_return Reply::lost();
  }
  const auto wire = mail::imap::wire_form(mail::imap::thread(*algorithm, inputs));
  output_.append("* THREAD").append(wire.empty() ? "" : " ").append(wire).append("\r\n");
  co_return Reply::ok("done");
}

base::Result<std::string> Session::summary_record(const mailbox::Item& item) const {
  const auto& store = services_.archive.store();
  return summary_of(store, store.bodies(), account_number_, item.body());
}

}  // namespace understudy::archive::access::imap
