#include "mail/imap/heading.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
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

/// A heading whose texts are here.
struct Made {
  HeadingView view;
  std::array<std::optional<std::string>, 4> searched;
  std::array<std::string, 6> keys;
  base::Writer references;

  std::string record() {
    for (std::size_t i = 0; i < searched.size(); ++i)
      if (searched[i]) view.searched[i] = *searched[i];
    for (std::size_t i = 0; i < keys.size(); ++i) view.keys[i] = keys[i];
    const auto ids = references.take();
    view.references = ids;
    return view.encode();
  }
};

std::string cut(std::string text) {
  if (text.size() > HeadingView::most_key) text.resize(HeadingView::most_key);
  return text;
}

/// By the first address, and of a group by its name (RFC 5256 §3).
void set_address_keys(EnvelopeView& envelope, Made& made) {
  for (const auto& [field, keys] : addressed) {
    auto addresses = envelope.addresses(field);
    const auto first = addresses.next();
    if (!first) continue;
    const auto local = first->mailbox.str();
    made.keys[HeadingView::key_of(keys.first)] = cut(sort_key(keys.first, local));
    if (keys.second == keys.first) continue;
    const auto shown = display_name(first->name.str(), local, first->host.str());
    made.keys[HeadingView::key_of(keys.second)] = cut(sort_key(keys.second, shown));
  }
}

void set_references(const std::optional<KeptFieldsView>& kept, EnvelopeView& envelope, Made& made) {
  std::vector<std::string> ids;
  if (kept)
    if (const auto value = kept->first_value("References")) ids = header::parse_message_ids(*value);
  if (ids.empty()) ids = header::parse_message_ids(envelope.text(EnvelopeField::in_reply_to).str(), 1);
  const std::size_t passed_over = ids.size() - std::min(ids.size(), HeadingView::most_references);
  for (std::size_t i = passed_over; i < ids.size(); ++i) made.references.u64(thread_id(ids[i]));
}

/// As ENVELOPE has them, where the field writes them otherwise, with a comment in the middle, say: "the envelope structure's
/// FROM field" is searched (RFC 9051 §6.4.4).
void add_addresses(EnvelopeView& envelope, HeadingView::Field field, std::string& all) {
  if (field == HeadingView::Field::subject) return;
  auto addresses = envelope.addresses(addressed[static_cast<std::size_t>(field) - 1].first);
  while (const auto each = addresses.next()) {
    if (each->is_group_start() || each->is_group_end()) continue;
    const auto address = searchable_value(each->address());
    if (all.size() > HeadingView::most_searched) return;
    if (all.find(address) == std::string::npos) all.append(address).push_back(HeadingView::mark);
  }
}

std::optional<std::string> searched_of(const std::optional<KeptFieldsView>& kept, std::string_view name) {
  if (!kept || !kept->knows(name)) return std::nullopt;
  std::string all;
  const bool is_long = kept->any_value(name, [&](std::string_view value) {
    all += searchable_value(value);
    all += HeadingView::mark;
    return all.size() > HeadingView::most_searched;
  });
  if (is_long) return std::nullopt;
  return all;
}

constexpr std::uint8_t version_now = 1;
constexpr unsigned has_sent = 1, has_day = 2, is_reply = 4, first_known = 16;

}  // namespace

std::size_t HeadingView::key_of(SortField field) {
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

HeadingView::Field HeadingView::field_of(std::size_t key) {
  static constexpr std::array fields = {Field::subject, Field::from, Field::to, Field::cc, Field::from, Field::to};
  return fields[key];
}

std::string HeadingView::encode() const {
  unsigned bits = (sent ? has_sent : 0U) | (sent_on ? has_day : 0U) | (is_reply_or_forward ? is_reply : 0U);
  for (std::size_t i = 0; i < searched.size(); ++i) bits |= searched[i] ? first_known << i : 0U;
  base::Writer out(version_now);
  out.u8(static_cast<std::uint8_t>(bits));
  out.u64(static_cast<std::uint64_t>(sent ? sent->time_since_epoch().count() : 0));
  out.u32(static_cast<std::uint32_t>(sent_on ? sent_on->time_since_epoch().count() : 0));
  out.u64(base_subject).u64(message_id).text(references);
  for (const auto& text : searched) out.text(text.value_or(std::string_view()));
  for (const auto key : keys) out.text(key);
  return out.take();
}

base::Result<HeadingView> HeadingView::decode(std::string_view record) {
  base::Reader in(record);
  HeadingView view;
  if (in.u8() != version_now) return base::fail("heading", base::errc::unsupported);
  const unsigned bits = in.u8();
  const auto sent = static_cast<std::int64_t>(in.u64());
  const auto day = static_cast<std::int32_t>(in.u32());
  if ((bits & has_sent) != 0) view.sent = std::chrono::sys_seconds(std::chrono::seconds(sent));
  if ((bits & has_day) != 0) view.sent_on = std::chrono::sys_days(std::chrono::days(day));
  view.is_reply_or_forward = (bits & is_reply) != 0;
  view.base_subject = in.u64();
  view.message_id = in.u64();
  view.references = in.text();
  for (std::size_t i = 0; i < view.searched.size(); ++i) {
    const auto text = in.text();
    if ((bits & first_known << i) != 0) view.searched[i] = text;
  }
  for (auto& key : view.keys) key = in.text();
  bool fits = view.references.size() % sizeof(ThreadId) == 0 && view.references.size() <= most_references * sizeof(ThreadId);
  for (const auto key : view.keys) fits = fits && key.size() <= most_key;
  if (!in.ok() || !fits) return base::fail("heading", base::errc::damaged);
  return view;
}

std::string heading_of(const SummaryView& summary) {
  Made made;
  auto& view = made.view;
  EnvelopeView envelope(summary.envelope().value_or(empty_envelope));
  if (summary.facts().sent) {
    view.sent = std::chrono::sys_seconds(std::chrono::seconds(*summary.facts().sent));
    if (const auto date = header::parse_written_date(envelope.text(EnvelopeField::date).str())) view.sent_on = date->day;
  }
  const auto subject = base_subject(mime::decode_encoded_words(envelope.text(EnvelopeField::subject).str()));
  view.is_reply_or_forward = subject.is_reply_or_forward;
  auto& key = made.keys[HeadingView::key_of(SortField::subject)];
  key = cut(mime::fold(subject.text));
  view.base_subject = thread_id(key);
  const auto id = header::parse_message_id(envelope.text(EnvelopeField::message_id).str());
  view.message_id = thread_id(id.value_or(std::string()));
  set_address_keys(envelope, made);
  const auto kept = summary.kept();
  set_references(kept, envelope, made);
  for (std::size_t i = 0; i < HeadingView::names.size(); ++i) {
    auto& searched = made.searched[i] = searched_of(kept, HeadingView::names[i]);
    if (searched) add_addresses(envelope, static_cast<HeadingView::Field>(i), *searched);
    if (searched && searched->size() > HeadingView::most_searched) searched.reset();
  }
  return made.record();
}

}  // namespace understudy::mail::imap
