/// `journal custody`: what is owed to the other machine, and what came of it.
#include "app/admin/handlers.hpp"
#include "archive/custody/owed.hpp"
#include "base/codec.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

namespace custody = archive::custody;

constexpr std::uint16_t partition = 0;
constexpr std::size_t most_looked_at = 100'000;  ///< numbers that one answer looks through

boost::json::array settled_of(std::uint8_t bits) {
  boost::json::array how;
  const auto add = [&](custody::Settled one, std::string_view word) {
    if (bits & static_cast<std::uint8_t>(one)) how.emplace_back(word);
  };
  add(custody::Settled::receipt, "receipt");
  add(custody::Settled::no_receipt, "no receipt given");
  add(custody::Settled::given_up, "given up");
  return how;
}

boost::json::object row_of(std::uint64_t number, const custody::Owed& owed) {
  boost::json::object row;
  row["number"] = number;
  row["state"] = owed.final() ? "final" : "open";
  row["position"] = owed.position.text();
  row["digest"] = json_digest(owed.digest);
  row["recipients"] = owed.recipients.size();
  row["open"] = owed.open.size();
  row["settled"] = settled_of(owed.settled);
  row["batch"] = owed.batch > 0 ? boost::json::value(owed.batch) : nullptr;
  return row;
}

}  // namespace

net::Task<AdminAnswer> journal_custody(const AdminParts& parts, Arguments arguments) {
  const auto after = arguments.text_or("after", "");
  const auto all = arguments.number_or("all", 1, 0);
  const auto start = after.empty() ? std::optional<std::uint64_t>(0) : base::to_number(after);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (!start) co_return wrong_usage("after: was not given by this server");
  const auto& store = parts.archive.store();
  auto life = custody::Life::parse(store.identity().instance, store.identity().incarnation);
  if (!life) co_return failed(life.error());
  auto marks = custody::find_marks(store, partition, *life);
  if (!marks) co_return failed(marks.error());
  // Below the low mark nothing is open.
  auto number = std::max<std::uint64_t>(*start, all == 1 ? 1 : marks->low);
  Page page(AdminApi::page_rows);
  for (std::size_t looked = 0; number < marks->next && !page.full() && looked < most_looked_at; ++number, ++looked) {
    auto owed = custody::find_owed(store, custody::number_of(*life, partition, number));
    if (!owed) co_return failed(owed.error());
    if (*owed && (all == 1 || !(*owed)->final())) page.add(row_of(number, **owed));
  }
  co_return page.take(number < marks->next ? std::to_string(number) : std::string());
}

}  // namespace understudy::app
