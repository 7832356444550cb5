#include "archive/access/imap/message_search.hpp"

#include <algorithm>

#include "archive/access/imap/selected.hpp"
#include "archive/mailbox/view.hpp"
#include "archive/object_id.hpp"
#include "base/text.hpp"
#include "mail/header/date.hpp"
#include "mail/header/scan.hpp"
#include "mail/imap/envelope_view.hpp"
#include "mail/imap/summary_record.hpp"

namespace understudy::archive::access::imap {
namespace {

using mail::imap::FoldedText;
using mail::imap::HeadingView;
using mail::imap::Needle;
using mail::imap::Ranges;
using mail::imap::SearchKey;
using mailbox::Flags;
using Kind = SearchKey::Kind;
using std::chrono::sys_days;

/// What a key costs to ask: cheap ones are asked first.
enum class Cost : std::uint8_t { image, record, summary, octets };

Cost cost_of(Kind kind) {
  switch (kind) {
    case Kind::body:
    case Kind::text:
      return Cost::octets;
    case Kind::bcc:
    case Kind::cc:
    case Kind::from:
    case Kind::subject:
    case Kind::to:
    case Kind::header:
    case Kind::sent_before:
    case Kind::sent_on:
    case Kind::sent_since:
      return Cost::summary;
    case Kind::email_id:
    case Kind::saved_before:
    case Kind::saved_on:
    case Kind::saved_since:
      return Cost::record;
    default:
      return Cost::image;
  }
}

sys_days day_of(base::WallTime time) {
  return std::chrono::floor<std::chrono::days>(time);
}

/// Days are those of UTC: a message has no other zone here.
bool is_on_day(Kind before, Kind on, Kind asked, sys_days is, sys_days wanted) {
  if (asked == before) return is < wanted;
  return asked == on ? is == wanted : is >= wanted;
}

std::string_view field_name(Kind kind) {
  switch (kind) {
    case Kind::bcc:
      return "Bcc";
    case Kind::cc:
      return "Cc";
    case Kind::from:
      return "From";
    case Kind::to:
      return "To";
    default:
      return "Subject";
  }
}

std::string field_of(const SearchKey& key) {
  return key.kind == Kind::header ? key.name : std::string(field_name(key.kind));
}

/// The field of headings that it asks for.
std::optional<HeadingView::Field> heading_field(const SearchKey& key, const FoldedText& text) {
  if (text.empty() || text.octets().find(HeadingView::mark) != std::string_view::npos) return std::nullopt;
  const auto name = field_of(key);
  for (std::size_t i = 0; i < HeadingView::names.size(); ++i) {
    const bool is_text = i == static_cast<std::size_t>(HeadingView::Field::subject);
    // Of the others a heading has the addresses of ENVELOPE, too, which HEADER does not mean.
    if (base::iequals(name, HeadingView::names[i]) && (is_text || key.kind != Kind::header))
      return static_cast<HeadingView::Field>(i);
  }
  return std::nullopt;
}

bool is_sent(Kind kind) {
  return kind == Kind::sent_before || kind == Kind::sent_on || kind == Kind::sent_since;
}

Needle needle_of(const SearchKey& key, const FoldedText& text) {
  Needle needle;
  needle.scope = key.kind == Kind::text   ? Needle::Scope::text
                 : key.kind == Kind::body ? Needle::Scope::body
                                          : Needle::Scope::header;
  if (needle.scope == Needle::Scope::header) needle.field = field_of(key);
  needle.text = text;
  return needle;
}

/// That go_on() takes no longer where many texts are looked for.
std::size_t octets_at_once(std::size_t needles) {
  constexpr std::size_t few = 8, least = 4 * 1024;
  return std::max(least, store::Bodies::max_chunk * few / std::max(few, needles));
}

/// Of an address field, by ENVELOPE (RFC 9051 §6.4.4): where the field writes an address otherwise.
bool has_address(const mail::imap::SummaryView& summary, Kind kind, const FoldedText& text) {
  using mail::imap::EnvelopeField;
  EnvelopeField field = EnvelopeField::from;
  if (kind == Kind::to) field = EnvelopeField::to;
  if (kind == Kind::cc) field = EnvelopeField::cc;
  if (kind == Kind::bcc) field = EnvelopeField::bcc;
  const auto envelope = summary.envelope();
  if (!envelope || (field == EnvelopeField::from && kind != Kind::from)) return false;
  mail::imap::EnvelopeView fields(*envelope);
  auto addresses = fields.addresses(field);
  while (const auto each = addresses.next())
    if (!each->is_group_start() && !each->is_group_end() && mail::imap::contains(each->address(), text)) return true;
  return false;
}

/// `value`: of a header field, as it stands.
bool holds(std::string_view value, const FoldedText& text) {
  const bool is_folded = value.find_first_of("\r\n") != std::string_view::npos;
  return is_folded ? mail::imap::contains(mail::header::unfold(value), text) : mail::imap::contains(value, text);
}

}  // namespace

struct MessageSearch::Node {
  const SearchKey* key = nullptr;
  Cost cost = Cost::image;
  FoldedText text;
  std::string field;  ///< the name of the header field that it asks for
  std::optional<HeadingView::Field> heading;
  std::size_t needle = 0;  ///< of those keys that a text can be looked for in the octets by
  Ranges numbers;          ///< of numbers and uids, as sequence numbers
  std::vector<std::unique_ptr<Node>> below;
};

/// What is known of the message that is looked at.
struct MessageSearch::Message {
  std::size_t index = 0;
  const mailbox::Item& item;
  std::optional<mailbox::Message> record;
  std::string summary;
  std::optional<mail::imap::SummaryView> view;
  bool wants_headings = false;
  bool unreadable = false;  ///< freed meanwhile, or damaged: then it meets nothing, the negation of a key neither

  std::vector<std::size_t> wanted;  ///< needles that are to be looked for; in their order found() tells of them
  std::vector<Answer> found;        ///< of each needle
  BodyToRead body;
  std::uint64_t at = 0;  ///< behind `piece`
  std::string piece;
  std::size_t fed = 0;  ///< of it
  std::optional<mail::imap::TextSearch> search;
};

MessageSearch::MessageSearch(const Where& where, const SearchKey& key) : where_(where), root_(plan(where, key)) {
  if (where.view.size() > 0) candidates_.add(1, static_cast<std::uint32_t>(where.view.size()));
  for (const auto& node : root_->below)
    if (node->key->kind == Kind::numbers || node->key->kind == Kind::uids) candidates_.intersect(node->numbers);
}

MessageSearch::~MessageSearch() = default;

std::unique_ptr<MessageSearch::Node> MessageSearch::plan(const Where& where, const SearchKey& key) {
  auto node = std::make_unique<Node>();
  node->key = &key;
  node->cost = cost_of(key.kind);
  if (cost_of(key.kind) >= Cost::summary) {
    node->text = FoldedText(key.text);
    node->field = field_of(key);
    if (node->cost == Cost::summary && !is_sent(key.kind)) node->heading = heading_field(key, node->text);
    node->needle = needles_.size();
    needles_.push_back(needle_of(key, node->text));
  }
  if (key.kind == Kind::numbers || key.kind == Kind::uids) {
    // A number that there is none of finds nothing: it is a mistake of FETCH, STORE and COPY (RFC 9051 §9, seq-number).
    const bool by_number = key.kind == Kind::numbers && !key.set.saved();
    node->numbers = by_number ? key.set.resolve(static_cast<std::uint32_t>(where.view.size()))
                              : sequence_numbers(where.view, key.set, Numbers::uid, where.saved).value_or(Ranges());
  }
  for (const auto& each : key.keys) {
    node->below.push_back(plan(where, each));
    node->cost = std::max(node->cost, node->below.back()->cost);
  }
  if (key.kind == Kind::both || key.kind == Kind::either) std::ranges::stable_sort(node->below, {}, &Node::cost);
  return node;
}

MessageSearch::Verdict MessageSearch::look_at(std::size_t index) {
  message_ =
      std::make_unique<Message>(Message{index, where_.view.at(index), {}, {}, {}, false, false, {}, {}, nullptr, 0, {}, 0, {}});
  return verdict();
}

/// By what is known; where that does not do, the reading of what must be known begins.
MessageSearch::Verdict MessageSearch::verdict() {
  message_->wanted.clear();
  const auto answer = judge(*root_);
  if (message_->unreadable) return Verdict::no;
  if (answer) return *answer ? Verdict::yes : Verdict::no;
  return message_->wants_headings ? Verdict::headings : begin_reading();
}

MessageSearch::Verdict MessageSearch::begin_reading() {
  auto& message = *message_;
  message.found.resize(needles_.size());
  message.body = where_.archive.open_body(message.item.body());
  message.at = 0;
  message.piece.clear();
  message.fed = 0;
  message.search.reset();
  return Verdict::more;
}

MessageSearch::Verdict MessageSearch::go_on() {
  auto& message = *message_;
  const bool at_end = message.at == message.item.size && message.fed == message.piece.size();
  if (!at_end) {
    if (message.fed == message.piece.size()) {
      auto piece = message.body->read(message.at, store::Bodies::max_chunk);
      if (!piece || piece->empty()) return Verdict::no;
      message.piece = std::move(*piece);
      message.fed = 0;
      message.at += message.piece.size();
    }
    if (!message.search) {
      std::vector<Needle> needles;
      for (const auto index : message.wanted) needles.push_back(needles_[index]);
      message.search.emplace(std::move(needles), mail::header::line_ends_of(message.piece));
    }
    const auto step = std::string_view(message.piece).substr(message.fed, octets_at_once(message.wanted.size()));
    message.search->feed(step);
    message.fed += step.size();
    if (!message.search->decided()) return Verdict::more;
  } else if (message.search) {
    message.search->finish();
  }
  for (std::size_t i = 0; i < message.wanted.size(); ++i)
    message.found[message.wanted[i]] = message.search && message.search->found(i);
  message.search.reset();
  return verdict();
}

MessageSearch::Answer MessageSearch::judge_each(const Node& node) {
  const bool decides = node.key->kind == Kind::either;  // one that is so is enough
  Answer result = !decides;
  for (const auto& each : node.below) {
    const auto answer = judge(*each);
    if (answer == decides) return answer;
    if (!answer) result = answer;
  }
  return result;
}

MessageSearch::Answer MessageSearch::judge(const Node& node) {
  auto& message = *message_;
  const auto& key = *node.key;
  const auto& item = message.item;
  const auto has = [&item](std::uint8_t flag) { return (item.system & flag) != 0; };
  const auto age = [&] { return std::chrono::floor<std::chrono::seconds>(where_.now - item.internal_date).count(); };
  switch (key.kind) {
    case Kind::all:
      return true;
    case Kind::answered:
      return has(Flags::answered);
    case Kind::deleted:
      return has(Flags::deleted);
    case Kind::draft:
      return has(Flags::draft);
    case Kind::flagged:
      return has(Flags::flagged);
    case Kind::seen:
      return has(Flags::seen);
    case Kind::unanswered:
      return !has(Flags::answered);
    case Kind::undeleted:
      return !has(Flags::deleted);
    case Kind::undraft:
      return !has(Flags::draft);
    case Kind::unflagged:
      return !has(Flags::flagged);
    case Kind::unseen:
      return !has(Flags::seen);
    case Kind::fresh:
    case Kind::recent:
      return false;  // nothing is \Recent here
    case Kind::old:
      return true;
    case Kind::save_date_supported:
      return true;
    case Kind::both:
    case Kind::either:
      return judge_each(node);
    case Kind::negated: {
      const auto answer = judge(*node.below.front());
      return answer ? Answer(!*answer) : answer;
    }
    case Kind::keyword:
    case Kind::unkeyword: {
      const auto& words = where_.account.keywords().at(item.keywords);
      const bool there = std::ranges::any_of(words, [&](const auto& word) { return base::iequals(word, key.text); });
      return there == (key.kind == Kind::keyword);
    }
    case Kind::before:
    case Kind::on:
    case Kind::since:
      return is_on_day(Kind::before, Kind::on, key.kind, day_of(item.internal_date), key.day);
    case Kind::larger:
      return item.size > key.number;
    case Kind::smaller:
      return item.size < key.number;
    case Kind::older:
      return age() >= 0 && static_cast<std::uint64_t>(age()) >= key.number;
    case Kind::younger:
      return age() < 0 || static_cast<std::uint64_t>(age()) <= key.number;
    case Kind::mod_sequence:
      return item.modseq >= where_.view.known(key.number);
    case Kind::numbers:
    case Kind::uids:
      return node.numbers.contains(static_cast<std::uint32_t>(message.index + 1));
    case Kind::thread_id:
      return false;
    case Kind::email_id:
    case Kind::saved_before:
    case Kind::saved_on:
    case Kind::saved_since:
      return judge_record(key);
    case Kind::bcc:
    case Kind::cc:
    case Kind::from:
    case Kind::subject:
    case Kind::to:
    case Kind::header:
    case Kind::sent_before:
    case Kind::sent_on:
    case Kind::sent_since:
      return judge_summary(node);
    case Kind::body:
    case Kind::text:
      return judge_octets(node);
  }
  return false;
}

MessageSearch::Answer MessageSearch::judge_record(const SearchKey& key) {
  auto& message = *message_;
  if (!message.record) {
    auto found = mailbox::message(where_.archive.store(), where_.account.number(), where_.folder, message.item.uid);
    if (!found) return !(message.unreadable = true);
    message.record = std::move(*found);
  }
  if (key.kind == Kind::email_id) return email_id(message.record->name) == key.text;
  return is_on_day(Kind::saved_before, Kind::saved_on, key.kind, day_of(message.record->saved), key.day);
}

void MessageSearch::use(HeadingCache::Kept headings) {
  headings_ = std::move(headings);
  found_in_.assign(needles_.size(), std::nullopt);
}

/// nullopt: they do not tell.
std::optional<bool> MessageSearch::judge_heading(const Node& node, std::size_t row) {
  const auto& key = *node.key;
  if (is_sent(key.kind)) {
    if (!headings_->is_known(row)) return std::nullopt;
    const auto day = headings_->sent_on(row);
    return day && is_on_day(Kind::sent_before, Kind::sent_on, key.kind, *day, key.day);
  }
  if (!headings_->is_known(row, *node.heading)) return std::nullopt;
  auto& found = found_in_[node.needle];
  if (!found) found = headings_->find(*node.heading, node.text);
  return (*found)[row];
}

MessageSearch::Answer MessageSearch::judge_summary(const Node& node) {
  auto& message = *message_;
  const auto& key = *node.key;
  constexpr std::size_t few = 64;  // each is looked for in all headings of a part in one go
  if ((node.heading && needles_.size() <= few) || is_sent(key.kind)) {
    const auto row = headings_ ? headings_->row(message.item.uid) : std::nullopt;
    message.wants_headings |= !row;
    if (!row) return std::nullopt;
    if (const auto answer = judge_heading(node, *row)) return answer;
  }
  if (!message.view) {
    auto record = where_.summaries.record(message.item.body());
    if (!record) return !(message.unreadable = true);
    message.summary = std::move(*record);
    auto view = mail::imap::SummaryView::open(message.summary);
    if (!view) return !(message.unreadable = true);
    message.view = *view;
  }
  if (is_sent(key.kind)) {
    const auto envelope = message.view->envelope();
    if (!message.view->facts().sent || !envelope) return false;
    const auto text = mail::imap::EnvelopeView(*envelope).text(mail::imap::EnvelopeField::date).str();
    const auto date = mail::header::parse_written_date(text);
    return date && is_on_day(Kind::sent_before, Kind::sent_on, key.kind, date->day, key.day);
  }
  const auto kept = message.view->kept();
  if (kept && kept->knows(node.field)) {
    const bool found = kept->any_value(node.field, [&](auto value) { return holds(value, node.text); });
    return found || has_address(*message.view, key.kind, node.text);
  }
  return judge_octets(node);
}

MessageSearch::Answer MessageSearch::judge_octets(const Node& node) {
  auto& message = *message_;
  if (!message.found.empty() && message.found[node.needle]) return message.found[node.needle];
  message.wanted.push_back(node.needle);
  return std::nullopt;
}

}  // namespace understudy::archive::access::imap
