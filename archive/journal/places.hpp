/// "Exactly one copy": remembers which places a message has filled, so that a resend after a cut fills none twice.
/// RFC 1047 describes the gap between the last dot and the reply that makes senders send again.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/commit/stage.hpp"
#include "archive/journal/entry.hpp"
#include "archive/position.hpp"
#include "base/aead.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "mail/address/address.hpp"
#include "routing/plan.hpp"

namespace understudy::archive::journal {

/// (account, folder): the account that the mail is for, also where another one keeps it.
std::string mailbox_place(std::string_view account, std::string_view folder);
/// (outbox, recipient)
std::string outbox_place(const mail::address::Address& forward_path);
/// The report to the sender about a recipient.
std::string report_place(const mail::address::Address& forward_path);

/// What a plan fills. Whose mail another account keeps still has a place of his own: two of them must not be taken for one.
std::string place_of(const routing::File& file);
/// `forward_path`: of the envelope's recipient.
std::string place_of(const routing::Enqueue& enqueue, const mail::address::Address& forward_path);
bool has_report(const routing::RecipientPlan& plan);
/// All of one recipient.
std::vector<std::string> places_of(const routing::RecipientPlan& plan, const mail::address::Address& forward_path);

/// The committer's thread only.
class Places {
 public:
  /// `store` outlives it.
  Places(const store::Store& store, std::uint16_t partition) : store_(store), shard_{store::ShardKind::journal, partition} {}

  /// A digest of what it says. Where the store encrypts it is keyed under the journal's key: keys of records are not encrypted,
  /// and who has the medium alone must not be able to try whether somebody got a message. Errors as store::KeyRing::make().
  base::Result<base::Digest> key(const mail::address::ReversePath& reverse_path, const base::Digest& received,
                                 std::string_view place) const;
  /// Under what names are keyed, by the journal's key.
  static base::SecretKey secret_of(const base::SecretKey& journal) { return base::derive(journal, {}, "understudy places"); }
  static base::Digest plain_key(const mail::address::ReversePath& reverse_path, const base::Digest& received,
                                std::string_view place);
  /// The entry that filled the place, if that was less than `window` ago.
  base::Result<std::optional<Position>> find(const commit::Stage& stage, const base::Digest& key, base::WallTime now,
                                             std::chrono::seconds window) const;
  void note(commit::Stage& stage, const base::Digest& key, Position position, base::WallTime now) const;
  /// Empties the place, if it was this entry that filled it.
  base::Result<> free(commit::Stage& stage, const Entry& entry, std::string_view place) const;
  /// Stages the removal of what is older than `window`, looking at no more than `limit` records from `from` on. Returns where
  /// to go on; empty: the end was reached.
  base::Result<std::string> expire(commit::Stage& stage, const store::Reader& reader, std::string_view from, base::WallTime now,
                                   std::chrono::seconds window, std::size_t limit) const;

  /// Stages that records from before the store was encrypted have keyed names, at most `limit` of them from `from` on. Returns
  /// where to go on; empty: all have.
  base::Result<std::string> rename_plain(commit::Stage& stage, std::string_view from, std::size_t limit) const;

 private:
  base::Result<base::Digest> keyed(const base::Digest& plain) const;

  const store::Store& store_;
  store::Shard shard_;
  mutable std::optional<base::SecretKey> secret_;  ///< what names are keyed under, once it was asked for
};

}  // namespace understudy::archive::journal
