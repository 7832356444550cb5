/// "Exactly one copy": remembers which places a message has filled, so that a resend after a cut fills none twice.
/// RFC 1047 describes the gap between the last dot and the reply that makes senders send again.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "archive/commit/stage.hpp"
#include "archive/position.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "mail/address/address.hpp"

namespace understudy::archive::journal {

/// (account, folder): the account that the mail is for, also where another one keeps it.
std::string mailbox_place(std::string_view account, std::string_view folder);
/// (outbox, recipient)
std::string outbox_place(const mail::address::Address& forward_path);
/// The report to the sender about a recipient.
std::string report_place(const mail::address::Address& forward_path);

/// The committer's thread only.
class Places {
 public:
  explicit Places(std::uint16_t partition) : shard_{store::ShardKind::journal, partition} {}

  static base::Digest key(const mail::address::ReversePath& reverse_path, const base::Digest& received, std::string_view place);
  /// The entry that filled the place, if that was less than `window` ago.
  base::Result<std::optional<Position>> find(const commit::Stage& stage, const base::Digest& key, base::WallTime now,
                                             std::chrono::seconds window) const;
  void note(commit::Stage& stage, const base::Digest& key, Position position, base::WallTime now) const;
  /// Empties the place, if it was the entry at `position` that filled it.
  base::Result<> free(commit::Stage& stage, const base::Digest& key, Position position) const;
  /// Stages the removal of what is older than `window`, looking at no more than `limit` records from `from` on. Returns where
  /// to go on; empty: the end was reached.
  base::Result<std::string> expire(commit::Stage& stage, const store::Reader& reader, std::string_view from, base::WallTime now,
                                   std::chrono::seconds window, std::size_t limit) const;

 private:
  store::Shard shard_;
};

}  // namespace understudy::archive::journal
