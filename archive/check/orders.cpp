#include "archive/check/orders.hpp"

#include <algorithm>
#include <optional>

#include "archive/check/entries.hpp"
#include "archive/check/signers.hpp"
#include "archive/check/walk.hpp"
#include "archive/endings/order_records.hpp"
#include "base/codec.hpp"

namespace understudy::archive::check {
namespace {

using endings::Came;
using endings::Given;
using endings::Taken;
using endings::TakenCount;
using store::Table;

constexpr std::size_t number_key_octets = 1 + 8, name_key_octets = 1 + 32 + 8;

class OrderCheck {
 public:
  OrderCheck(const store::Reader& reader, std::uint16_t partition, Findings& findings, const GoOn& go_on)
      : reader_(reader), partition_(partition), findings_(findings), walk_(reader, go_on), entries_(reader) {}

  base::Result<> check() {
    keys_ = other_machine(reader_).keys;
    walk_.each(custody::shard_of(partition_), Table::orders, [this](auto key, auto value) { given(key, value); });
    walk_.each(custody::shard_of(partition_), Table::orders_taken, [this](auto key, auto value) { taken(key, value); });
    if (walk_.stopped()) return base::fail("check of the store", base::errc::shutting_down);
    if (orders_ + count_.first_idle != count_.next)  // of those that changed nothing the oldest have gone
      fault("orders that were taken: " + std::to_string(count_.next - count_.first_idle) + " are kept, and " +
            std::to_string(orders_) + " are there");
    if (idle_ != count_.next_idle - count_.first_idle)
      fault("orders that were taken: those that changed nothing are not as many as are counted");
    if (names_ != orders_) fault("orders that were taken: there are not as many names as orders");
    return {};
  }

 private:
  void fault(std::string what) { findings_.add(std::move(what)); }

  /// Does the entry tell of an ending? Where it cannot be read that is told elsewhere.
  bool tells(std::uint64_t index) {
    const auto& told = entries_.at({partition_, index});
    if (told.state == Told::State::unreadable) return true;
    return told.state == Told::State::there && !told.entry->endings.empty();
  }

  // --- given ------------------------------------------------------------------------------------------------------------

  void given(std::string_view key, std::string_view value) {
    const auto read = Given::decode(key, value);
    if (key.size() != number_key_octets || !read || read->key() != key || !as_written(value, read->encode()))
      return fault("table orders: record " + base::to_hex(key) + ": is not understood");
    if (auto wrong = wrong_in(*read); !wrong.empty())
      fault("order to the other machine, entry " + Position{partition_, read->index}.text() + ": " + wrong);
  }

  std::string wrong_in(const Given& given) {
    if (!tells(given.index)) return "that entry tells of no ending";
    if (given.came > Came::refused || is_final(given.came) == given.order.has_value()) return "its record contradicts itself";
    const auto& told = entries_.at({partition_, given.index});
    if (told.entry && given.time != told.entry->time) return "is not of the time of that entry";
    if (auto wrong = given.order ? wrong_in(given, *given.order) : std::string(); !wrong.empty()) return wrong;
    if ((given.came == Came::nothing) == given.answer.has_value()) return "its record contradicts itself";
    return given.answer ? wrong_in(given, *given.answer) : std::string();
  }

  std::string wrong_in(const Given& given, const endings::Order& order) {
    if (order.index != given.index || order.time != given.time || order.hash() != given.hash) return "the order is another one";
    const auto& told = entries_.at({partition_, given.index});
    if (told.entry && !told.entry->endings.reason.ends_with(order.reason)) return "its reason is not that of the entry";
    return {};
  }

  std::string wrong_in(const Given& given, const endings::SignedAnswer& answer) const {
    const auto& said = answer.answer;
    if (said.index != given.index || said.order != given.hash || said.came != given.came)
      return "the answer is to another order";
    if (!signed_by_any(keys_, [&](const base::PublicKey& key) { return answer.signed_by(key); }))
      return "the answer is not signed by any key that the other machine is known to have had";
    return {};
  }

  // --- taken ------------------------------------------------------------------------------------------------------------

  void taken(std::string_view key, std::string_view value) {
    const std::string where = "table orders_taken: record " + base::to_hex(key) + ": ";
    const char letter = key.empty() ? '\0' : key.front();
    if (key == endings::taken_count_key) return count(value, where);
    if ((letter == 'w' || letter == 'f') && key.size() == number_key_octets) return order(key, value, where);
    if (letter == 'k' && key.size() == name_key_octets) return name(key, value, where);
    if (letter == 'i' && key.size() == number_key_octets) return idle(key, value, where);
    if (letter == 's' && key.size() == number_key_octets) return answer(key, value, where);
    fault(where + "nothing is called so");
  }

  void count(std::string_view value, const std::string& where) {
    const auto read = TakenCount::decode(std::string(value));
    if (!read || !as_written(value, read->encode())) return fault(where + "is not understood");
    count_ = *read;
  }

  void order(std::string_view key, std::string_view value, const std::string& where) {
    orders_ += 1;
    const auto read = Taken::decode(key, value);
    if (!read || read->record_key() != key || !as_written(value, read->encode())) return fault(where + "is not understood");
    if (auto wrong = wrong_in(*read); !wrong.empty())
      fault("order " + std::to_string(read->number) + " of the other machine: " + wrong);
  }

  std::string wrong_in(const Taken& taken) {
    if (taken.number == 0 || taken.number >= count_.next) return "no order was given this number";
    if (taken.came == Came::nothing || taken.came > Came::refused) return "its record contradicts itself";
    if (!endings::signed_order(taken.by, taken.index, taken.hash, taken.key, taken.signature))
      return "its signature does not hold";
    if (std::ranges::find(keys_, taken.key) == keys_.end())
      return "is not signed by any key that the other machine is known to have had";
    const auto named = endings::number_of_taken(reader_, partition_, taken.by, taken.index);
    if (named && *named != taken.number) return "its name leads elsewhere";
    if (taken.answer == 0 || taken.answer >= count_.next_answer) return "no answer was given its number";
    const auto answer =
        reader_.get(custody::shard_of(partition_), Table::orders_taken, endings::taken_answer_key(taken.answer));
    if (answer && (!*answer || **answer != base::Writer().u64(taken.number).take())) return "its answer leads elsewhere";
    if (is_final(taken.came) != taken.parts.empty() && !taken.waits_to_be_read()) return "its record contradicts itself";
    if (taken.ended_by && !tells(*taken.ended_by))
      return "entry " + Position{partition_, *taken.ended_by}.text() + " tells of no ending";
    for (const auto& part : taken.parts)
      if (entries_.at(part.position).state == Told::State::absent) return "the journal has no entry " + part.position.text();
    return {};
  }

  void name(std::string_view key, std::string_view value, const std::string& where) {
    names_ += 1;
    base::Reader in(key.substr(1));
    const auto by = custody::Life::decode(in);
    const auto taken = record_of(value);
    if (taken && (!*taken || (*taken)->by != by || (*taken)->index != in.u64())) fault(where + "is not the name of that order");
  }

  void idle(std::string_view key, std::string_view value, const std::string& where) {
    idle_ += 1;
    const auto number = base::Reader(key.substr(1)).u64();
    const auto taken = record_of(value);
    const bool counted = number >= count_.first_idle && number < count_.next_idle;
    if (!counted || (taken && (!*taken || !is_final((*taken)->came)))) fault(where + "leads to no such order");
  }

  void answer(std::string_view key, std::string_view value, const std::string& where) {
    const auto taken = record_of(value);
    if (taken && (!*taken || endings::taken_answer_key((*taken)->answer) != key))
      fault(where + "is not the answer to that order");
  }

  base::Result<std::optional<Taken>> record_of(std::string_view value) const {
    base::Reader in(value);
    const auto number = in.u64();
    if (!in.ok() || !in.at_end()) return std::optional<Taken>();
    return endings::find_taken(reader_, partition_, number);
  }

  const store::Reader& reader_;
  std::uint16_t partition_;
  Findings& findings_;
  Walk walk_;
  Entries entries_;
  std::vector<base::PublicKey> keys_;
  TakenCount count_;  ///< read before the orders: its key comes first
  std::uint64_t orders_ = 0, names_ = 0, idle_ = 0;
};

}  // namespace

base::Result<> orders(const store::Reader& reader, std::uint16_t partition, Findings& findings, const GoOn& go_on) {
  return OrderCheck(reader, partition, findings, go_on).check();
}

}  // namespace understudy::archive::check
