/// The two halves of witnessing, as they are kept: this machine countersigns the other one's heads, and keeps what the other
/// one countersigned of its own. Where the other machine shows what cannot be, both heads are kept and nothing more is
/// countersigned until an administrator has looked. Moves nothing between machines: that is relay/peer's.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "archive/archive.hpp"
#include "archive/head_signer.hpp"
#include "archive/witness/countersignature.hpp"
#include "archive/witness/judge.hpp"
#include "archive/witness/statement.hpp"

namespace understudy::archive::witness {

/// What the other machine showed and was not believed.
struct Dispute {
  base::WallTime time{};
  Finding finding = Finding::fork;
  journal::SignedHead before;  ///< countersigned last
  Statement shown;

  std::string encode() const;
  static base::Result<Dispute> decode(std::string_view octets);
};

/// Any thread. References outlive it, and what it was asked for.
class Witness {
 public:
  /// `log`: the mail journal, or the audit journal; each machine witnesses both of the other one.
  Witness(Archive& archive, HeadSigner& signer, const base::Clock& clock, journal::Log log = {})
      : archive_(archive), signer_(signer), clock_(clock), log_(log) {}

  // Of the other machine's journal.
  /// Newest that was countersigned; nullopt: none yet.
  base::Result<std::optional<Countersigned>> witnessed() const;
  /// Judges the statement and does what follows: a good one is countersigned and kept, a disputed one is kept as evidence, each
  /// durably before `done` is told. `shown`: the path to it, where one was asked for. Finding::wants_path: nothing was done,
  /// since there is no path, or one from a head that is not the newest any more. errc::refused: a dispute is open, or it is
  /// signed by our own key.
  struct Shown {
    journal::SignedHead from;
    journal::proof::Path path;
  };
  void consider(Statement statement, std::optional<Shown> shown, Done<Finding> done);
  /// The one for which nothing is countersigned now; nullopt: there is none.
  base::Result<std::optional<Dispute>> open_dispute() const;
  base::Result<std::vector<Dispute>> disputes() const;  ///< all that there ever were, at most 1,000
  /// Ends the open dispute: what the other machine shows next is believed as if it were the first. errc::not_found: none is
  /// open.
  void settle_dispute(Done<> done);
  /// `tell`: a dispute was settled; on the committing thread. Empty: nobody is told any more, and it does not run when this
  /// returns. Any thread, but not from `tell`.
  void on_settled(std::function<void()> tell);

  // Of our own journal.
  /// For the other machine; nullopt: no head was signed yet.
  base::Result<std::optional<Statement>> statement() const;
  /// From our head over `from` entries to that over `to`. errc::malformed.
  base::Result<journal::proof::Path> consistency(std::uint64_t from, std::uint64_t to) const;
  /// Newest that the other machine countersigned.
  base::Result<std::optional<Countersigned>> cosigned() const;
  /// The countersignature of this head of ours; nullopt: none came.
  base::Result<std::optional<Countersigned>> cosigned(const journal::SignedHead& head) const;
  /// Keeps a countersignature of ours. errc::refused: a signature that does not hold, a key that is not the one by which the
  /// other machine signs its own heads, or a head that we never signed.
  void keep(Countersigned countersigned, Done<> done);

 private:
  Archive& archive_;
  HeadSigner& signer_;
  const base::Clock& clock_;
  const journal::Log log_;
  std::mutex mutex_;
  std::function<void()> on_settled_;  ///< guarded by mutex_, also while it runs
};

}  // namespace understudy::archive::witness
