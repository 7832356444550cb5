#include "app/admin/visit.hpp"

#include <algorithm>
#include <limits>

#include <boost/json/array.hpp>

#include "app/admin/handlers.hpp"

namespace understudy::app {
namespace {

/// Where a request begins that may say "from" or "partition"; nullopt: "from" is no position.
std::optional<archive::Position> start_of(const boost::json::object& arguments) {
  const auto* from = arguments.if_contains("from");
  if (from && from->is_string() && !from->get_string().empty()) return position_of(std::string_view(from->get_string()));
  const auto* partition = arguments.if_contains("partition");
  if (!partition) return archive::Position{};
  boost::system::error_code unfit;
  const auto number = partition->to_number<std::uint16_t>(unfit);
  if (unfit) return std::nullopt;
  return archive::Position{number, 0};
}

/// Where a page of a list begins: `after` comes before "from", as the verb takes it.
std::optional<archive::Position> page_of(const boost::json::object& arguments) {
  const auto* after = arguments.if_contains("after");
  if (!after || (after->is_string() && after->get_string().empty())) return start_of(arguments);
  if (!after->is_string()) return std::nullopt;
  return position_of(std::string_view(after->get_string()));
}

std::optional<archive::Position> position_in(const boost::json::object& arguments) {
  const auto* text = arguments.if_contains("position");
  if (!text || !text->is_string()) return std::nullopt;
  return position_of(std::string_view(text->get_string()));
}

/// How many entries are asked for, from the first one on: each index has one.
std::uint64_t most_in(const boost::json::object& arguments) {
  const auto* limit = arguments.if_contains("limit");
  boost::system::error_code unfit;
  const auto number = limit ? limit->to_number<std::uint64_t>(unfit) : 0;
  return unfit || number == 0 ? std::numeric_limits<std::uint64_t>::max() : number;
}

bool wants_all(const boost::json::object& arguments) {
  const auto* all = arguments.if_contains("all");
  return all && *all == 1;
}

}  // namespace

AdminVisit::Permit AdminVisit::going_on(std::string_view verb, const Inquiry& asked) const {
  if (!permit_) return nullptr;
  if (verb_ == export_verb) return of_export(verb, asked) ? permit_ : nullptr;
  const bool next_page = !next_.empty() && verb == verb_ && asked.after == next_ && asked.digest == digest_;
  return next_page ? permit_ : nullptr;
}

/// What an export consists of: the list of its entries, their proofs and their octets, from where it began.
bool AdminVisit::of_export(std::string_view verb, const Inquiry& asked) const {
  const bool lists = verb == "journal/list";
  if (!lists && verb != "journal/prove" && verb != "journal/octets") return false;
  const auto at = lists ? page_of(asked.arguments) : position_in(asked.arguments);
  if (!at || at->partition != from_.partition || at->index < from_.index || at->index - from_.index >= most_) return false;
  return verb != "journal/prove" || shows_no_more(asked.arguments);
}

boost::json::object AdminVisit::bounded(std::string_view verb, boost::json::object arguments) const {
  if (verb_ != export_verb || verb != "journal/list") return arguments;
  const auto at = page_of(arguments);
  const auto left = at ? most_ - (at->index - from_.index) : 0;
  constexpr std::uint64_t most_of_a_list = std::numeric_limits<std::uint32_t>::max();
  if (most_in(arguments) > left) arguments["limit"] = std::min(left, most_of_a_list);
  return arguments;
}

void AdminVisit::gave(std::string_view verb, const Inquiry& asked) {
  if (verb != "journal/list") count(position_in(asked.arguments));
}

void AdminVisit::end() {
  permit_.reset();
  verb_.clear();
  next_.clear();
}

/// An entry's proof and its octets are one entry.
void AdminVisit::count(const std::optional<archive::Position>& position) {
  if (position == last_given_) return;
  last_given_ = position;
  given_ += 1;
}

/// Than the export said: each entry has some of the recipients alone.
bool AdminVisit::shows_no_more(const boost::json::object& arguments) const {
  if (wants_all(export_)) return true;
  if (wants_all(arguments)) return false;
  const auto* wanted = arguments.if_contains("recipients");
  if (!wanted || !wanted->is_array()) return true;
  const auto* named = export_.if_contains("recipients");
  return std::ranges::all_of(wanted->get_array(), [named](const auto& each) {
    return named && named->is_array() && std::ranges::find(named->get_array(), each) != named->get_array().end();
  });
}

void AdminVisit::begin(Permit permit, std::string_view verb, const Inquiry& asked, base::WallTime now) {
  permit_ = std::move(permit);
  verb_ = verb;
  digest_ = asked.digest;
  next_.clear();
  until_ = now + longest;
  if (verb != export_verb) return;
  from_ = start_of(asked.arguments).value_or(archive::Position{});
  export_ = asked.arguments;
  most_ = most_in(asked.arguments);
  last_given_.reset();
  given_ = 0;
}

AdminVisit::Permit AdminVisit::end_export() {
  if (verb_ != export_verb) return nullptr;
  verb_.clear();
  return std::exchange(permit_, nullptr);
}

}  // namespace understudy::app
