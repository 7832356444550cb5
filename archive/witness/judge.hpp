/// Whether a head that the other machine shows continues what it showed before: the rules of docs/proofs.md, "The witness".
/// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "archive/journal/head.hpp"
#include "archive/journal/proof/proof.hpp"
#include "archive/witness/statement.hpp"

namespace understudy::archive::witness {

enum class Finding : std::uint8_t {
  good = 1,        ///< to be countersigned
  known,           ///< the head that was countersigned last
  wants_path,      ///< good where a consistency path from the last head closes
  bad_signature,   ///< it does not hold
  other_instance,  ///< the journal of another installation
  other_key,       ///< signed by a key to which no consent leads
  shorter,         ///< fewer entries than it had: its end was lost, or an old state came back
  fork,            ///< as many entries, and other ones: two signed heads that cannot both be true
  not_continued,   ///< the path does not close: what it had before is not in it unchanged
};
/// For logs and metrics: "fork", "shorter".
std::string_view name_of(Finding finding);
/// What proves that the other machine is not what it was. A signature that does not hold proves nothing.
constexpr bool is_dispute(Finding finding) {
  return finding > Finding::bad_signature;
}

/// `last`: the head that was countersigned last; nullopt: none yet, and the first one is believed, since the link is.
Finding judge(const std::optional<journal::SignedHead>& last, const Statement& statement);
/// The same where a path was asked for: from `last` to the statement's head.
Finding judge(const journal::SignedHead& last, const Statement& statement, const journal::proof::Path& path);

}  // namespace understudy::archive::witness
