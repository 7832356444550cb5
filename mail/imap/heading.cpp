#include "mail/imap/heading.hpp"

#include <utility>

#include "mail/header/date.hpp"
#include "mail/header/fields.hpp"
#include "mail/imap/base_subject.hpp"
#include "mail/imap/envelope_view.hpp"
#include "mail/imap/text_search.hpp"
#include "mail/mime/encoded_word.hpp"
#include "mail/mime/fold.hpp"

namespace understudy::mail::imap {
namespace {

constexpr std::array<std::pair<EnvelopeField, std::pair<SortField, SortField>>, 3> addressed = {{
    {EnvelopeField::from, {SortField::from, SortField::display_from}},
    {EnvelopeField::to, {SortField::to, SortField::display_to}},
    {EnvelopeField::cc, {SortField::cc, SortField::cc}},
}};

std::string cut(std::string text) {
  if (text.size() > Heading::most_key) text.resize(Heading::most_key);
  return text;
}

/// By the first address, and of a group by its name (RFC 5256 §3).
void set_address_keys(EnvelopeView& envelope, Heading& heading) {
  for (const auto& [field, keys] : addressed) {
    auto addresses = envelope.addresses(field);
    const auto first = addresses.next();
    if (!first) continue;
    const auto local = first->mailbox.str();
    heading.keys[Heading::key_of(keys.first)] = cut(sort_key(keys.first, local));
    if (keys.second == keys.first) continue;
    const auto shown = display_name(first->name.str(), local, first->host.str());
    heading.keys[Heading::key_of(keys.second)] = cut(sort_key(keys.second, shown));
  }
}

void set_references(const std::optional<KeptFieldsView>& kept, EnvelopeView& envelope, Heading& heading) {
  std::vector<std::string> ids;
  if (kept)
    if (const auto value = kept->first_value("References")) ids = header::parse_message_ids(*value);
  if (ids.empty()) ids = header::parse_message_ids(envelope.text(EnvelopeField::in_reply_to).str(), 1);
  const std::size_t passed_over = ids.size() - std::min(ids.size(), Heading::most_references);
  for (std::size_t i = passed_over; i < ids.size(); ++i) heading.references.push_back(thread_id(ids[i]));
}

std::optional<std::string> searched_of(const std::optional<KeptFieldsView>& kept, std::string_view name) {
  if (!kept || !kept->knows(name)) return std::nullopt;
  std::string all;
  const bool is_long = kept->any_value(name, [&](std::string_view value) {
    all += searchable_value(value);
    all += Heading::mark;
    return all.size() > Heading::most_searched;
  });
  if (is_long) return std::nullopt;
  return all;
}

}  // namespace

std::size_t Heading::key_of(SortField field) {
  switch (field) {
    case SortField::from:
      return 1;
    case SortField::to:
      return 2;
    case SortField::cc:
      return 3;
    case SortField::display_from:
      return 4;
    case SortField::display_to:
      return 5;
    default:
      return 0;
  }
}

Heading heading_of(const SummaryView& summary) {
  Heading heading;
  EnvelopeView envelope(summary.envelope().value_or(empty_envelope));
  if (summary.facts().sent) {
    heading.sent = std::chrono::sys_seconds(std::chrono::seconds(*summary.facts().sent));
    if (const auto date = header::parse_written_date(envelope.text(EnvelopeField::date).str())) heading.sent_on = date->day;
  }
  const auto subject = base_subject(mime::decode_encoded_words(envelope.text(EnvelopeField::subject).str()));
  heading.is_reply_or_forward = subject.is_reply_or_forward;
  auto& key = heading.keys[Heading::key_of(SortField::subject)];
  key = cut(mime::fold(subject.text));
  heading.base_subject = thread_id(key);
  const auto id = header::parse_message_id(envelope.text(EnvelopeField::message_id).str());
  heading.message_id = thread_id(id.value_or(std::string()));
  set_address_keys(envelope, heading);
  const auto kept = summary.kept();
  set_references(kept, envelope, heading);
  for (std::size_t i = 0; i < Heading::names.size(); ++i) heading.searched[i] = searched_of(kept, Heading::names[i]);
  return heading;
}

}  // namespace understudy::mail::imap
