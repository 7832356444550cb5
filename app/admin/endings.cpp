/// `journal end`, and the orders to end that go between the two machines (docs/custody.md, Endings).
#include <limits>

#include "app/admin/handlers.hpp"
#include "archive/endings/desk.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

namespace endings = archive::endings;

constexpr std::uint16_t partition = 0;
constexpr std::uint64_t max_number = std::numeric_limits<std::int64_t>::max();

boost::json::array positions_of(const std::vector<archive::Position>& positions) {
  boost::json::array array;
  for (const auto& position : positions) array.emplace_back(position.text());
  return array;
}

boost::json::value entry_of(const std::optional<std::uint64_t>& index) {
  if (!index) return nullptr;
  return boost::json::value(archive::Position{partition, *index}.text());
}

boost::json::object ended_json(const endings::Ended& ended) {
  boost::json::object json;
  json["entries"] = ended.entries;
  json["parts"] = ended.parts;
  json["told_by"] = positions_of(ended.told);
  json["orders"] = ended.orders.size();
  json["ended_before_by"] = entry_of(ended.told_before);
  return json;
}

boost::json::object row_of(const endings::Given& given) {
  boost::json::object row;
  row["direction"] = "given";
  row["order"] = given.index;
  row["state"] = endings::word(given.came);
  row["time"] = json_time(given.time);
  row["reason"] = given.order ? boost::json::value(json_text(given.order->reason)) : nullptr;
  row["messages"] = given.order ? boost::json::value(given.order->items.size()) : nullptr;
  row["told_by"] = entry_of(given.index);
  row["answered"] = given.answer ? boost::json::value(json_time(given.answer->answer.time)) : nullptr;
  row["why"] = given.answer ? json_text(given.answer->answer.why) : boost::json::string();
  row["ended_there_by"] = given.answer ? entry_of(given.answer->answer.ended_by) : boost::json::value(nullptr);
  return row;
}

boost::json::array parts_of(const endings::Taken& taken) {
  boost::json::array parts;
  for (const auto& wish : endings::wishes_of(taken.parts)) {
    boost::json::object part;
    part["position"] = wish.position.text();
    part["recipients"] = wish.recipients.size();
    parts.emplace_back(std::move(part));
  }
  return parts;
}

boost::json::object row_of(const endings::Taken& taken) {
  boost::json::object row;
  row["direction"] = "taken";
  row["order"] = taken.number;
  row["state"] = endings::word(taken.came);
  row["time"] = json_time(taken.time);
  row["reason"] = json_text(taken.reason);
  row["messages"] = endings::wishes_of(taken.parts).size();
  row["parts"] = parts_of(taken);
  row["theirs"] = taken.index;
  row["told_by"] = entry_of(taken.ended_by);
  row["answered"] = json_time(taken.answered);
  row["why"] = json_text(taken.why);
  return row;
}

/// One after the other: given and open, given and answered, taken and waiting, taken and answered. "given-open:17" goes on
/// there.
class OrderLists {
 public:
  OrderLists(const archive::store::Reader& reader, endings::Which last) : reader_(reader), last_(last) {}

  base::Result<std::string> fill(Page& page, std::size_t list, std::uint64_t from) {
    for (; list < 4; ++list, from = 0) {
      const auto which = list % 2 == 0 ? endings::Which::open : endings::Which::settled;
      if (which == endings::Which::settled && last_ == endings::Which::open) continue;
      while (!page.full()) {
        auto next = list < 2 ? add(endings::list_given(reader_, partition, which, from, at_once), page)
                             : add(endings::list_taken(reader_, partition, which, from, at_once), page);
        if (!next) return std::unexpected(next.error());
        if (*next == 0) break;
        from = *next;
      }
      if (page.full()) return std::to_string(list) + ":" + std::to_string(from);
    }
    return std::string();
  }

 private:
  static constexpr std::size_t at_once = 100;

  static std::uint64_t name_of(const endings::Given& given) { return given.index; }
  static std::uint64_t name_of(const endings::Taken& taken) { return taken.number; }

  /// Where to go on; 0: the end was reached.
  template <class Record>
  static base::Result<std::uint64_t> add(const base::Result<std::vector<Record>>& records, Page& page) {
    if (!records) return std::unexpected(records.error());
    std::uint64_t next = 0;
    for (const auto& record : *records) {
      if (page.full()) return next;
      page.add(row_of(record));
      next = name_of(record) + 1;
    }
    return records->size() < at_once ? 0 : next;
  }

  const archive::store::Reader& reader_;
  endings::Which last_;
};

}  // namespace

net::Task<AdminAnswer> journal_end(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto text = arguments.text("position");
  const auto numbers = arguments.texts("recipients");
  const auto reason = arguments.text("reason");
  const auto without_receipt = arguments.number_or("without_receipt", 1, 0);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto position = position_of(text);
  if (!position) co_return wrong_usage("position: must be as \"0.17\"");
  if (!endings::is_reason(reason))
    co_return wrong_usage("reason: must be a text of 1 to " + std::to_string(endings::max_reason) + " octets in one line");
  endings::Wish wish{*position, {}};
  for (const auto& number : numbers) {
    const auto recipient = base::to_number(number);
    if (!recipient || *recipient > std::numeric_limits<std::uint32_t>::max())
      co_return wrong_usage("recipients: numbers of recipients in the envelope, from 0");
    wish.recipients.push_back(static_cast<std::uint32_t>(*recipient));
  }
  endings::Ending ending;
  ending.wishes.push_back(std::move(wish));
  ending.reason = reason;
  if (without_receipt == 1) ending.receipts = endings::Receipts::waived;
  const auto ended = co_await parts.acts.end(permit, std::move(ending));
  if (!ended) co_return failed(ended.error());
  co_return done(ended_json(*ended));
}

net::Task<AdminAnswer> journal_orders(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto all = arguments.number_or("all", 1, 0);
  const auto after = arguments.text_or("after", "0:0");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto colon = after.find(':');
  const auto list = base::to_number(std::string_view(after).substr(0, colon));
  const auto from = colon == std::string::npos ? std::nullopt : base::to_number(std::string_view(after).substr(colon + 1));
  if (!list || !from) co_return wrong_usage("after: was not given by this server");
  Page page(AdminApi::page_rows);
  OrderLists lists(permit.archive().store(), all == 1 ? endings::Which::settled : endings::Which::open);
  auto next = lists.fill(page, *list, *from);
  if (!next) co_return failed(next.error());
  co_return page.take(std::move(*next));
}

net::Task<AdminAnswer> journal_obey(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto number = arguments.number("order", max_number);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto taken = co_await parts.acts.obey(permit, number);
  if (!taken) co_return failed(taken.error());
  co_return done(row_of(*taken));
}

net::Task<AdminAnswer> journal_decline(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto number = arguments.number("order", max_number);
  const auto reason = arguments.text("reason");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (!endings::is_reason(reason))
    co_return wrong_usage("reason: must be a text of 1 to " + std::to_string(endings::max_reason) + " octets in one line");
  const auto taken = co_await parts.acts.decline(permit, number, reason);
  if (!taken) co_return failed(taken.error());
  co_return done(row_of(*taken));
}

}  // namespace understudy::app
