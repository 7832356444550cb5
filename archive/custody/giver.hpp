/// Gives receipts for what came under a number: made of the journal in its order and of the book `received`, so that one that
/// was lost on its way is made again. Moves nothing between machines: that is relay/peer's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "archive/archive.hpp"
#include "archive/custody/number.hpp"
#include "archive/head_signer.hpp"
#include "archive/witness/witness.hpp"

namespace understudy::archive::custody {

/// One thread, but on_more(). References outlive it.
class ReceiptGiver {
 public:
  /// What one call looks at: a call reads a little and returns.
  static constexpr std::uint64_t most_entries = 2048;

  /// `witness`: says whether the other machine knows the key that signs here.
  ReceiptGiver(Archive& archive, HeadSigner& signer, const witness::Witness& witness);
  ~ReceiptGiver();

  struct Given {
    std::uint64_t position = 0;  ///< index of the last journal entry that it covers
    std::string octets;          ///< a SignedBatch
  };
  /// Receipts for what `to` handed over in entries from `from` on; nullopt: there are none yet, or the other machine has not
  /// countersigned a head by the key that signs now: it would not believe them. errc::damaged.
  base::Result<std::optional<Given>> next(std::uint64_t from, const InstanceId& to);
  std::uint64_t behind(std::uint64_t from) const;  ///< entries from `from` on, whether there are receipts for them or not
  /// `wake`: called on the committing thread after each commit of entries; empty: no longer, and it does not run when this
  /// returns.
  void on_more(std::function<void()> wake);

 private:
  struct Following;
  Archive& archive_;
  HeadSigner& signer_;
  const witness::Witness& witness_;
  InstanceId scanned_for_{};
  std::uint64_t scanned_from_ = 0, scanned_to_ = 0;  ///< entries between them have no receipts for scanned_for_
  std::unique_ptr<Following> following_;
};

}  // namespace understudy::archive::custody
