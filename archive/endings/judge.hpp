/// What an order of the other machine is worth here: which parts of which journal entries it names, and what is wrong with it.
/// Decides nothing about whether it is obeyed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/endings/end.hpp"
#include "archive/endings/order.hpp"
#include "archive/journal/ending.hpp"

namespace understudy::archive::endings {

/// Why an order is not taken.
enum class Fault : std::uint8_t {
  malformed,          ///< it cannot be read
  forged,             ///< not signed by the key that signs the other machine's heads
  other_incarnation,  ///< of another machine or life than its newest head, or it names a number that neither machine gave
  unknown_number,     ///< a number of ours that was not given out
  digest,             ///< other octets than those that went under the number
  replayed,           ///< another order came under this name before
  too_many,           ///< as many wait here as may
  unreadable,         ///< what is kept here of it, or of an order before under its name, cannot be read
};
/// "other-incarnation": for logs, metrics, and the other machine.
std::string_view word(Fault fault);

struct Judged {
  std::optional<Fault> fault;
  std::vector<journal::PartName> parts;   ///< recipients' parts that it names and that are there still
  std::optional<std::uint64_t> ended_by;  ///< where what it names has ended: an entry that tells of that
  std::size_t unreadable = 0;  ///< items of which nobody can say now whether they are here: damaged, or without a key
  std::size_t lost = 0;        ///< recipients that came and that nobody can tell any more: their key was destroyed
};
/// Of an order whose signature and sender hold. `ourselves`: as numbers are given out now. A part of a recipient who leads to
/// several others is named only where the order names all of them. One whose part cannot be read is named by an order for all
/// who came with the entry, by the book of its number.
base::Result<Judged> judge(const commit::Stage& stage, std::uint16_t partition, const custody::Life& ourselves,
                           const Order& order);

/// Is it a record that cannot be read, and not a store that cannot?
bool is_unreadable(const base::Error& error);

/// One wish for each entry.
std::vector<Wish> wishes_of(std::vector<journal::PartName> parts);

}  // namespace understudy::archive::endings
