#include "archive/access/imap/results.hpp"

#include <algorithm>

namespace understudy::archive::access::imap {
namespace {

using Numbers = std::vector<std::uint32_t>;

/// RFC 9394 §3.1: of the whole, in its order.
Numbers window_on(const Numbers& order, const mail::imap::PartialRange& range) {
  const auto count = order.size();
  const auto first = std::min<std::size_t>(range.first - 1, count), end = std::min<std::size_t>(range.last, count);
  if (first >= end) return {};
  const auto begin = range.from_end ? count - end : first, past = range.from_end ? count - first : end;
  return {order.begin() + static_cast<std::ptrdiff_t>(begin), order.begin() + static_cast<std::ptrdiff_t>(past)};
}

std::string name_of(const mail::imap::PartialRange& range) {
  const std::string sign = range.from_end ? "-" : "";
  return sign + std::to_string(range.first) + ":" + sign + std::to_string(range.last);
}

}  // namespace

std::string text_in_order(const Numbers& numbers) {
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

bool Results::only_saved() const {
  return options_.given && options_.save && !options_.min && !options_.max && !options_.all && !options_.count &&
         !options_.partial;
}

Numbers Results::named() const {
  const bool some = options_.min || options_.max || options_.partial;
  if (!some || options_.all || options_.count) return order_;
  Numbers found;
  if (options_.partial) found = window_on(order_, *options_.partial);
  if (options_.min && !order_.empty()) found.push_back(order_.front());
  if (options_.max && !order_.empty()) found.push_back(order_.back());
  return found;
}

mailbox::Uids Results::saved() const {
  auto chosen = named();
  std::ranges::sort(chosen);
  mailbox::Uids uids;
  for (const auto sequence_number : chosen) uids.add(view_.at(sequence_number - 1).uid);
  return uids;
}

mailbox::ModSeq Results::highest() const {
  mailbox::ModSeq highest = 0;
  for (const auto sequence_number : named()) highest = std::max(highest, view_.at(sequence_number - 1).modseq);
  return highest;
}

std::uint32_t Results::number(std::uint32_t sequence_number) const {
  return as_ == As::uids ? view_.at(sequence_number - 1).uid : sequence_number;
}

Numbers Results::numbers() const {
  if (as_ == As::sequence_numbers) return order_;
  Numbers numbers;
  numbers.reserve(order_.size());
  for (const auto sequence_number : order_) numbers.push_back(number(sequence_number));
  return numbers;
}

void Results::put_list(std::string& out, std::string_view name, mailbox::ModSeq highest) const {
  out.append("* ").append(name);
  for (const auto sequence_number : order_) out.append(" ").append(std::to_string(number(sequence_number)));
  if (highest > 0) out.append(" (MODSEQ ").append(std::to_string(highest)).append(")");
  out += "\r\n";
}

void Results::put_esearch(std::string& out, std::string_view tag, bool all, mailbox::ModSeq highest) const {
  out.append("* ESEARCH (TAG \"").append(tag).append("\")").append(as_ == As::uids ? " UID" : "");
  if (options_.min && !order_.empty()) out.append(" MIN ").append(std::to_string(number(order_.front())));
  if (options_.max && !order_.empty()) out.append(" MAX ").append(std::to_string(number(order_.back())));
  if (options_.count) out.append(" COUNT ").append(std::to_string(order_.size()));
  if ((options_.all || all) && !order_.empty()) out.append(" ALL ").append(text_in_order(numbers()));
  if (options_.partial) {
    const auto window = text_in_order(window_on(numbers(), *options_.partial));
    out.append(" PARTIAL (").append(name_of(*options_.partial)).append(" ").append(window.empty() ? "NIL" : window);
    out += ')';
  }
  if (highest > 0) out.append(" MODSEQ ").append(std::to_string(highest));
  out += "\r\n";
}

}  // namespace understudy::archive::access::imap
