#include "mail/imap/sort.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "mail/imap/base_subject.hpp"
#include "mail/mime/encoded_word.hpp"
#include "mail/mime/fold.hpp"

namespace understudy::mail::imap {
namespace {

/// What a message is compared by under one criterion: numbers directly, texts by their first eight octets, then in whole.
struct Key {
  std::uint64_t number = 0;
  std::string_view text;
};

/// The order of the signed kept by the unsigned.
std::uint64_t ordered(std::chrono::sys_seconds time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count()) ^ (std::uint64_t{1} << 63);
}

std::uint64_t number_of(const SortInput& message, SortField key) {
  if (key == SortField::size) return message.size;
  return ordered(key == SortField::date ? message.sent.value_or(message.arrival) : message.arrival);
}

std::string_view text_of(const SortInput& message, SortField key) {
  switch (key) {
    case SortField::cc:
      return message.cc;
    case SortField::display_from:
      return message.display_from;
    case SortField::display_to:
      return message.display_to;
    case SortField::from:
      return message.from;
    case SortField::subject:
      return message.subject;
    case SortField::to:
      return message.to;
    default:
      return {};
  }
}

/// Eight octets from `begin` on, in the order of texts.
std::uint64_t octets_of(std::string_view text, std::size_t begin) {
  std::uint64_t value = 0;
  for (std::size_t i = begin; i < begin + 8; ++i)
    value = value << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
  return value;
}

/// The keys of all messages under one criterion.
class Column {
 public:
  Column(std::span<const SortInput> messages, SortCriterion criterion) : reverse_(criterion.reverse) {
    keys_.resize(messages.size());
    if (!is_text(criterion.key)) {
      for (std::size_t i = 0; i < messages.size(); ++i) keys_[i].number = number_of(messages[i], criterion.key);
      return;
    }
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      keys_[i].text = text_of(messages[i], criterion.key);
      keys_[i].number = octets_of(keys_[i].text, 0);
    }
  }

  /// What the order of most is decided by, so that comparing them looks at nothing else: smaller numbers come first, and equal
  /// ones say nothing.
  std::pair<std::uint64_t, std::uint64_t> beginning(std::size_t message) const {
    const auto& key = keys_[message];
    const auto more = octets_of(key.text, 8);
    return reverse_ ? std::pair(~key.number, ~more) : std::pair(key.number, more);
  }

  /// Negative, zero, positive.
  int compare(std::uint32_t a, std::uint32_t b) const {
    const Key& left = keys_[a];
    const Key& right = keys_[b];
    int order = left.number < right.number ? -1 : left.number > right.number ? 1 : 0;
    if (order == 0) order = left.text < right.text ? -1 : left.text == right.text ? 0 : 1;
    return reverse_ ? -order : order;
  }

 private:
  bool reverse_;
  std::vector<Key> keys_;
};

}  // namespace

std::optional<SortField> parse_sort_field(std::string_view name) {
  struct Known {
    std::string_view name;
    SortField key;
  };
  static constexpr std::array<Known, 9> known = {{{"ARRIVAL", SortField::arrival},
                                                  {"CC", SortField::cc},
                                                  {"DATE", SortField::date},
                                                  {"DISPLAYFROM", SortField::display_from},
                                                  {"DISPLAYTO", SortField::display_to},
                                                  {"FROM", SortField::from},
                                                  {"SIZE", SortField::size},
                                                  {"SUBJECT", SortField::subject},
                                                  {"TO", SortField::to}}};
  const auto* found = std::ranges::find_if(known, [&](const Known& k) { return base::iequals(k.name, name); });
  if (found == known.end()) return std::nullopt;
  return found->key;
}

std::string display_name(std::string_view name, std::string_view local, std::string_view domain) {
  auto decoded = mime::decode_encoded_words(name);
  if (!base::trim(decoded).empty()) return decoded;
  std::string address(local);
  if (!domain.empty()) address.append("@").append(domain);
  return address;
}

bool is_text(SortField key) {
  return key != SortField::arrival && key != SortField::date && key != SortField::size;
}

std::string sort_key(SortField field, std::string_view text) {
  return mime::fold(field == SortField::subject ? base_subject(text).text : text);
}

std::vector<std::uint32_t> sort(std::span<const SortInput> messages, std::span<const SortCriterion> criteria) {
  std::vector<Column> columns;
  columns.reserve(criteria.size());
  for (auto it = criteria.begin(); it != criteria.end(); ++it) {
    const bool decided =
        std::any_of(criteria.begin(), it, [&](const SortCriterion& earlier) { return earlier.key == it->key; });
    if (!decided) columns.emplace_back(messages, *it);
  }
  struct Place {
    std::pair<std::uint64_t, std::uint64_t> beginning;
    std::uint32_t message = 0;
  };
  std::vector<Place> places(messages.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i].message = static_cast<std::uint32_t>(i);
    if (!columns.empty()) places[i].beginning = columns.front().beginning(i);
  }
  std::ranges::sort(places, [&](const Place& a, const Place& b) {
    if (a.beginning != b.beginning) return a.beginning < b.beginning;
    for (const auto& column : columns)
      if (const int result = column.compare(a.message, b.message); result != 0) return result < 0;
    return a.message < b.message;
  });
  std::vector<std::uint32_t> order(messages.size());
  for (std::size_t i = 0; i < places.size(); ++i) order[i] = messages[places[i].message].number;
  return order;
}

}  // namespace understudy::mail::imap
