/// Signs the heads of the mail journal's tree and of the audit journal's, and has each tell of the keys that do it: the first
/// one before its first head, a new one with the consent of the one before. Keeps no file: where the key comes from is its
/// caller's business.
#pragma once

#include <memory>
#include <mutex>

#include "archive/archive.hpp"
#include "archive/custody/ended_there.hpp"
#include "archive/custody/receipt_batch.hpp"
#include "archive/custody/signed_statement.hpp"
#include "archive/endings/order.hpp"
#include "archive/journal/head.hpp"
#include "archive/witness/countersignature.hpp"
#include "base/ed25519.hpp"

namespace understudy::archive {

/// Any thread. References outlive it, and what it was asked for.
class HeadSigner {
 public:
  /// errc::malformed: the store's identity is no 32 hexadecimal digits.
  static base::Result<std::unique_ptr<HeadSigner>> make(Archive& archive, const base::Clock& clock, base::SigningKey key);

  /// The signed head of all that is durable when it is asked for, durable itself; where nothing was added since the last one,
  /// that one. errc::not_found: the journal is empty.
  void sign(Done<journal::SignedHead> done) { sign(journal::Book::mail, std::move(done)); }
  void sign(journal::Book book, Done<journal::SignedHead> done);
  /// Another machine's head, as it is now: whether it may be is for the witness to judge.
  witness::Countersigned countersign(const journal::SignedHead& head) const;
  custody::SignedBatch sign(custody::ReceiptBatch batch) const;
  custody::SignedEnded sign(const custody::EndedThere& ended) const;
  /// What this machine says of its book in a report on custody.
  custody::SignedStatement state(std::string octets) const;
  endings::SignedOrder sign(endings::Order order) const;
  endings::SignedAnswer sign(endings::Answer answer) const;
  /// `next` signs from here on. Done when both journals have told of it.
  void replace_key(base::SigningKey next, Done<> done);
  base::PublicKey key() const;

 private:
  struct Turn;
  HeadSigner(Archive& archive, const base::Clock& clock, journal::LogName log, base::SigningKey key);
  using Key = std::shared_ptr<const base::SigningKey>;
  Key current() const;
  /// The one that signs, and the one that will once the journal has told of it.
  std::pair<Key, Key> keys() const;
  void attempt(std::shared_ptr<Turn> turn);

  Archive& archive_;
  const base::Clock& clock_;
  journal::LogName log_;
  mutable std::mutex mutex_;
  Key key_, next_;  ///< guarded by mutex_
};

}  // namespace understudy::archive
