#include "archive/journal/prove.hpp"

#include "archive/journal/proof/check.hpp"
#include "archive/journal/proof/make.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/stored_nodes.hpp"

namespace understudy::archive::journal {
namespace {

void hide(SealedPart& part) {
  part.nonce.clear();
  part.octets.clear();
}

base::Result<> closes(const Proof& made) {
  const auto failed = [&](const std::string& why) {
    return base::fail("proof of journal entry " + made.entry.position.text() + ": " + why + "; `journal verify` says more",
                      base::errc::damaged);
  };
  if (!made.entry.consistent()) return failed("its octets do not have the hash that it claims");
  if (!made.head.holds()) return failed("the signature of the head does not hold");
  const auto checked = proof::check_inclusion(made.entry.leaf(), made.entry.position.index, made.head.head.head, made.path);
  if (!checked) return failed("the tree does not lead to the signed head");
  return {};
}

}  // namespace

base::Result<Proof> prove(const store::Reader& reader, Position position, const SignedHead& head, const Shown& shown) {
  Proof made;
  made.head = head;
  auto sealed = read_sealed(reader, position);
  if (!sealed) return std::unexpected(sealed.error());
  made.entry = std::move(*sealed);
  const auto entry = open(made.entry);
  if (!entry) return std::unexpected(entry.error());
  auto path = proof::make_inclusion(stored_nodes(reader, position.partition), position.index, head.head.head.size);
  if (!path) return base::fail("proof of journal entry " + position.text(), path.error());
  made.path = std::move(*path);
  if (auto closed = closes(made); !closed) return std::unexpected(closed.error());
  for (std::uint32_t i = 0; i < made.entry.parts.size(); ++i)
    if (is_ended(made.entry.parts[i]) || !shown(i, entry->envelope.recipients[i])) hide(made.entry.parts[i]);
  return made;
}

}  // namespace understudy::archive::journal
