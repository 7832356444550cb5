/// Takes the receipts that the other machine gives, and remembers how far they have come, so that a link that was cut goes on
/// there.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "archive/archive.hpp"
#include "archive/custody/ended_there.hpp"
#include "archive/custody/owed.hpp"
#include "archive/witness/witness.hpp"

namespace understudy::archive::custody {

/// Any thread. References outlive it, and what it was asked for.
class ReceiptTaker {
 public:
  /// `witness` knows the key by which the other machine signs.
  ReceiptTaker(Archive& archive, const witness::Witness& witness) : archive_(archive), witness_(witness) {}

  /// The first of `giver`'s positions that is not here.
  base::Result<std::uint64_t> wanted(const Life& giver) const;
  /// Done when what is believed of the batch is durable, with the position. errc::refused: not signed by the key that the other
  /// machine signs its heads with, no head of it has come yet, or there is a dispute with it: to be given again later.
  /// errc::malformed, errc::unsupported: no batch. A receipt that does not hold against the book is logged and counted, and
  /// changes nothing.
  void take_next(std::uint64_t position, const std::string& octets, Done<> done);

  /// The same for a batch that was asked for, outside of the positions.
  void take_asked(const std::string& octets, Done<> done);

  /// What the other machine says that it had, and that its retention has ended since: nobody waits for a receipt any more. What
  /// it says is kept. One that its key did not sign is logged and counted, and changes nothing. errc::refused: there was such a
  /// one, the others are taken; or as take_next().
  void take_ended(std::vector<SignedEnded> all, Done<> done);

  /// Since the process began: "taken", "closed" (numbers that are final by it), "ended", and the words of Fault.
  std::map<std::string, std::uint64_t> counts() const;

 private:
  base::Result<base::PublicKey> key_of_peer() const;
  void take(std::optional<std::uint64_t> position, const std::string& octets, Done<> done);
  void note(const TakenReceipts& taken);
  void count(const std::string& what, std::uint64_t by);

  Archive& archive_;
  const witness::Witness& witness_;
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> counts_;  ///< guarded by mutex_
};

}  // namespace understudy::archive::custody
