#include "archive/endings/judge.hpp"

#include <algorithm>
#include <iterator>

#include "archive/custody/received.hpp"
#include "archive/endings/traces.hpp"
#include "archive/journal/reader.hpp"
#include "base/log.hpp"

namespace understudy::archive::endings {
namespace {

class Judge {
 public:
  Judge(const commit::Stage& stage, std::uint16_t partition, const custody::Life& ourselves, const Order& order)
      : stage_(stage), partition_(partition), ourselves_(ourselves), order_(order) {}

  base::Result<Judged> run() {
    for (const auto& item : order_.items) {
      auto looked = item.number.instance == order_.by.instance    ? came(item)
                    : item.number.instance == ourselves_.instance ? went(item)
                                                                  : wrong(Fault::other_incarnation);
      if (!looked && !is_unreadable(looked.error())) return std::unexpected(looked.error());
      if (!looked) note_unreadable(item, looked.error());
      if (judged_.fault) break;
    }
    if (judged_.fault) judged_.parts.clear();
    std::ranges::sort(judged_.parts);
    const auto repeated = std::ranges::unique(judged_.parts);
    judged_.parts.erase(repeated.begin(), repeated.end());
    return std::move(judged_);
  }

 private:
  using Item = Order::Item;
  enum class Covers : std::uint8_t { all, some };
  /// What is asked of one entry.
  struct Asked {
    const Item& item;
    custody::Names book;  ///< who went or came with it under the number, and has not ended
    Covers covers;        ///< is it for all of the entry?
  };

  /// One entry that is damaged keeps nobody from the other orders, nor from the rest of this one.
  void note_unreadable(const Item& item, const base::Error& error) {
    base::log::error("endings.unreadable", {{"number", item.number.text()}, {"reason", error.text()}});
    judged_.unreadable += 1;
  }

  base::Result<> wrong(Fault fault) {
    judged_.fault = fault;
    return {};
  }

  /// Under a number of theirs.
  base::Result<> came(const Item& item) {
    auto records = custody::read_received(stage_, partition_, item.number);
    if (!records) return std::unexpected(records.error());
    std::optional<Position> last;  // an entry may have several records
    for (const auto& received : *records) {
      const bool kept = received.state == custody::Received::State::kept;
      if (kept && received.digest != item.digest) return wrong(Fault::digest);
      if (last == received.position) continue;
      last = received.position;
      const auto book = names_at(*records, received.position);
      // An entry comes under one number: who orders for all in the book orders for all of it.
      const auto covers = custody::without(book, item.recipients).empty() ? Covers::all : Covers::some;
      if (auto found =
              name_parts(received.position, {item, book, covers},
                         [](const journal::Entry& entry, std::uint32_t i) { return custody::Names{name_from(entry, i)}; });
          !found)
        return found;
    }
    return {};
  }

  static custody::Names names_at(const std::vector<custody::Received>& records, Position position) {
    custody::Names names;
    for (const auto& record : records)
      if (record.position == position) std::ranges::copy(record.recipients, std::back_inserter(names));
    return custody::sorted(std::move(names));
  }

  /// Under a number of ours.
  base::Result<> went(const Item& item) {
    if (item.number.partition != partition_) return wrong(Fault::unknown_number);
    auto owed = custody::find_owed(stage_, item.number);
    if (!owed) return std::unexpected(owed.error());
    const bool this_life = custody::life_of(item.number) == ourselves_;
    if (!*owed) return wrong(this_life ? Fault::unknown_number : Fault::other_incarnation);
    const bool kept = (*owed)->state == custody::Owed::State::kept;
    if (kept && (*owed)->digest != item.digest) return wrong(Fault::digest);
    return name_parts((*owed)->position, {item, (*owed)->recipients, Covers::some}, names_to);
  }

  template <class NamesOf>
  base::Result<> name_parts(Position position, const Asked& asked, NamesOf names_of) {
    auto sealed = journal::read_sealed(stage_, position);
    if (!sealed) return std::unexpected(sealed.error());
    for (const auto& part : sealed->parts)
      if (const auto by = journal::ended_by(part)) judged_.ended_by = by;
    if (const auto by = journal::ended_by(sealed->common)) judged_.ended_by = by;
    if (is_ended(sealed->common)) return {};
    std::vector<std::uint32_t> dark;  // parts that are there, and nobody can say whose they are
    custody::Names told;
    if (sealed->common.state == journal::SealedPart::State::key_destroyed) {
      for (std::uint32_t i = 0; i < sealed->parts.size(); ++i)
        if (!is_ended(sealed->parts[i])) dark.push_back(i);
      return name_dark(*sealed, asked, dark, told);
    }
    auto entry = journal::open(*sealed);
    if (!entry) return std::unexpected(entry.error());
    for (std::uint32_t i = 0; i < sealed->parts.size(); ++i) {
      if (is_ended(sealed->parts[i])) continue;
      if (!is_readable(*entry, i)) {
        dark.push_back(i);
        continue;
      }
      const custody::Names names = names_of(*entry, i);
      std::ranges::copy(names, std::back_inserter(told));
      if (!names.empty() && custody::without(names, asked.item.recipients).empty()) judged_.parts.push_back({position, i});
    }
    return name_dark(*sealed, asked, dark, custody::sorted(std::move(told)));
  }

  /// Those that the order names, that the book has and that no part which can be read is for.
  base::Result<> name_dark(const journal::Sealed& sealed, const Asked& asked, const std::vector<std::uint32_t>& dark,
                           const custody::Names& told) {
    const auto others = custody::without(asked.book, asked.item.recipients);
    const auto meant = custody::without(custody::without(asked.book, others), told);
    if (dark.empty() || meant.empty()) return {};
    if (asked.covers == Covers::all) {
      for (const auto i : dark) judged_.parts.push_back({sealed.position, i});
      return {};
    }
    const auto is_lost = [&](std::uint32_t i) {
      using State = journal::SealedPart::State;
      return sealed.common.state == State::key_destroyed || sealed.parts[i].state == State::key_destroyed;
    };
    if (!std::ranges::all_of(dark, is_lost)) return base::fail("a part of it", base::errc::damaged);  // it may be read again
    judged_.lost += meant.size();
    return {};
  }

  const commit::Stage& stage_;
  std::uint16_t partition_;
  const custody::Life& ourselves_;
  const Order& order_;
  Judged judged_;
};

}  // namespace

std::string_view word(Fault fault) {
  switch (fault) {
    case Fault::malformed:
      return "malformed";
    case Fault::forged:
      return "forged";
    case Fault::other_incarnation:
      return "other-incarnation";
    case Fault::unknown_number:
      return "unknown-number";
    case Fault::digest:
      return "digest";
    case Fault::replayed:
      return "replayed";
    case Fault::too_many:
      return "too-many";
    case Fault::unreadable:
      return "unreadable";
  }
  return "unknown";
}

bool is_unreadable(const base::Error& error) {
  using enum base::errc;
  return error.code == damaged || error.code == no_key || error.code == not_found || error.code == unsupported;
}

base::Result<Judged> judge(const commit::Stage& stage, std::uint16_t partition, const custody::Life& ourselves,
                           const Order& order) {
  return Judge(stage, partition, ourselves, order).run();
}

std::vector<Wish> wishes_of(std::vector<journal::PartName> parts) {
  std::ranges::sort(parts);
  std::vector<Wish> wishes;
  for (const auto& part : parts) {
    if (!part.recipient) continue;
    if (wishes.empty() || wishes.back().position != part.position) wishes.push_back({part.position, {}});
    wishes.back().recipients.push_back(*part.recipient);
  }
  return wishes;
}

}  // namespace understudy::archive::endings
