/// Gives receipts for what came under a number: made of the journal in its order and of the book `received`, so that one that
/// was lost on its way is made again. Moves nothing between machines: that is relay/peer's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/archive.hpp"
#include "archive/custody/ended_there.hpp"
#include "archive/custody/number.hpp"
#include "archive/head_signer.hpp"
#include "archive/witness/witness.hpp"

namespace understudy::archive::custody {

/// One call of next() at a time; asked() from any thread. References outlive it.
class ReceiptGiver {
 public:
  /// What one call looks at: a call reads a little and returns.
  static constexpr std::uint64_t most_entries = 2048;

  /// `witness`: says whether the other machine knows the key that signs here.
  ReceiptGiver(Archive& archive, HeadSigner& signer, const witness::Witness& witness, const base::Clock& clock,
               base::Random& random);
  ~ReceiptGiver();

  struct Given {
    std::uint64_t position = 0;  ///< index of the last journal entry that it covers
    std::string octets;          ///< a SignedBatch
  };
  /// Receipts for what `to` handed over in entries from `from` on; nullopt: there are none yet, or the other machine has not
  /// countersigned a head by the key that signs now: it would not believe them. errc::damaged.
  base::Result<std::optional<Given>> next(std::uint64_t from, const InstanceId& to);
  /// Did the last next() stop before the journal's end, for it looks at no more than most_entries?
  bool unfinished() const { return unfinished_; }
  struct Answered {
    std::vector<Number> unknown;     ///< of which nothing ever came, or which are not `to`'s
    std::vector<SignedEnded> ended;  ///< of which all that came was ended by retention since: no receipt can be made
    std::string octets;              ///< a SignedBatch for the others, as many as it holds; empty: for none
  };
  base::Result<Answered> asked(const std::vector<Number>& numbers, const InstanceId& to) const;
  std::uint64_t behind(std::uint64_t from) const;  ///< entries from `from` on, whether there are receipts for them or not
  /// `wake`: called on the committing thread after each commit of entries; empty: no longer, and it does not run when this
  /// returns.
  void on_more(std::function<void()> wake);

 private:
  struct Following;
  Archive& archive_;
  HeadSigner& signer_;
  const witness::Witness& witness_;
  const base::Clock& clock_;
  base::Random& random_;
  InstanceId scanned_for_{};
  std::uint64_t scanned_from_ = 0, scanned_to_ = 0;  ///< entries between them have no receipts for scanned_for_
  bool unfinished_ = false;
  std::unique_ptr<Following> following_;
};

}  // namespace understudy::archive::custody
