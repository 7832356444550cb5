/// Receipts as they travel: up to 256 of them under one signature (RFC 8032), since a signature for each message would cost
/// more than accepting it. Signed are the hashes of the receipts, so that one of them can be shown with the hashes of its
/// neighbours in their place. Never does I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/custody/receipt.hpp"
#include "base/ed25519.hpp"

namespace understudy::archive::custody {

struct ReceiptBatch {
  static constexpr std::size_t max_receipts = 256;
  static constexpr std::size_t max_octets = 60 * 1024;  ///< encoded: it is kept as one record

  std::uint64_t number = 0;  ///< given by who signs, from 1
  Life by;                   ///< who gives them
  std::vector<Receipt> receipts;
  bool operator==(const ReceiptBatch&) const = default;

  /// Is there room for one more?
  bool takes(const Receipt& receipt) const;
  std::string encode() const;
  /// errc::malformed: also where it has none, too many, or one that another machine gives; errc::unsupported: a later version.
  static base::Result<ReceiptBatch> decode(std::string_view octets);
  /// What is signed, behind the context: the batch with each receipt replaced by its SHA-256.
  std::string signed_octets() const;
};

struct SignedBatch {
  ReceiptBatch batch;
  base::Signature signature{};
  bool operator==(const SignedBatch&) const = default;

  static SignedBatch sign(ReceiptBatch batch, const base::SigningKey& key);
  bool signed_by(const base::PublicKey& key) const;

  std::string encode() const;
  static base::Result<SignedBatch> decode(std::string_view octets);  ///< as ReceiptBatch; looks at no signature
};

/// One whose signature was looked at: by whose key it is, the constructor's caller has pinned.
class SignedByPinned {
 public:
  /// nullopt: another key signed it, or nobody.
  static std::optional<SignedByPinned> check(SignedBatch batch, const base::PublicKey& pinned) {
    if (!batch.signed_by(pinned)) return std::nullopt;
    return SignedByPinned(std::move(batch));
  }
  const SignedBatch& operator*() const { return batch_; }
  const SignedBatch* operator->() const { return &batch_; }

 private:
  explicit SignedByPinned(SignedBatch batch) : batch_(std::move(batch)) {}
  SignedBatch batch_;
};

/// A batch as who got it keeps it. A receipt of which nothing may be remembered any more stands there by its hash alone, which
/// is all that the signature over the others needs.
struct KeptBatch {
  struct Kept {
    base::Digest hash{};
    std::optional<Receipt> receipt;  ///< nullopt: hidden
    bool operator==(const Kept&) const = default;
  };
  std::uint64_t number = 0;
  Life by;
  std::vector<Kept> receipts;
  base::Signature signature{};
  bool operator==(const KeptBatch&) const = default;

  static KeptBatch of(const SignedBatch& signed_batch);
  bool signed_by(const base::PublicKey& key) const;
  /// Hides what is said of the number. false: nothing was.
  bool hide(const Number& number);

  std::string encode() const;
  /// errc::damaged; errc::unsupported.
  static base::Result<KeptBatch> decode(std::string_view value);
};

}  // namespace understudy::archive::custody
