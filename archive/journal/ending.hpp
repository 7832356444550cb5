/// The end of parts of journal entries: what retention does to an entry. Octets and nonce of a part go, its hash stays, so leaf
/// and tree are what they were. Each end is itself told by a later entry of the journal, which has the reason. Decides nothing:
/// what ends when, and what must not end, is the business of who calls. Never does I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "archive/position.hpp"
#include "base/bytes.hpp"

namespace understudy::archive::journal {

struct Sealed;
struct SealedPart;

/// A part of an entry: of one recipient, or the common one.
struct PartName {
  Position position;
  std::optional<std::uint32_t> recipient;  ///< his number in the envelope, from 0; nullopt: the common part
  auto operator<=>(const PartName&) const = default;

  void encode(base::Writer& out) const;
  static PartName decode(base::Reader& in);
};

/// What one entry ends of earlier ones.
struct Endings {
  static constexpr std::size_t max_parts = 1000;
  static constexpr std::size_t max_reason = 300;

  std::string reason;           ///< for people: "90 days after arrival"
  std::vector<PartName> parts;  ///< empty: the entry ends nothing

  bool empty() const { return parts.empty(); }
  void encode(base::Writer& out) const;
  static Endings decode(base::Reader& in);
  bool operator==(const Endings&) const = default;
};

/// nullptr: the entry has no such recipient.
SealedPart* find_part(Sealed& sealed, const PartName& name);
const SealedPart* find_part(const Sealed& sealed, const PartName& name);
/// Takes octets and nonce away. `by`: index of the entry that tells of it, in the same partition; it stays with the part.
void end_part(SealedPart& part, std::uint64_t by);
bool is_ended(const SealedPart& part);
/// nullopt: it was not ended, or nothing says by what.
std::optional<std::uint64_t> ended_by(const SealedPart& part);
/// Is the body still needed? Not once the common part was ended, or each recipient's.
bool needs_body(const Sealed& sealed);

}  // namespace understudy::archive::journal
