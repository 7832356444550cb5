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
  part.locked.clear();
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

base::Result<Proof> prove_whole(const store::Reader& reader, Log log, std::uint64_t index, const SignedHead& head) {
  Proof made;
  made.head = head;
  auto sealed = read_sealed(reader, log, index);
  if (!sealed) return std::unexpected(sealed.error());
  made.entry = std::move(*sealed);
  auto path = proof::make_inclusion(stored_nodes(reader, log), index, head.head.head.size);
  if (!path) return base::fail("proof of journal entry " + made.entry.position.text(), path.error());
  made.path = std::move(*path);
  if (auto closed = closes(made); !closed) return std::unexpected(closed.error());
  return made;
}

base::Result<Proof> prove(const store::Reader& reader, Position position, const SignedHead& head, const Shown& shown) {
  auto made = prove_whole(reader, position.partition, position.index, head);
  if (!made) return made;
  if (is_ended(made->entry.common)) {  // hashes are all that there is
    hide(made->entry.common);
    for (auto& part : made->entry.parts) hide(part);
    return made;
  }
  const auto entry = open(made->entry);
  if (!entry) return std::unexpected(entry.error());
  for (std::uint32_t i = 0; i < made->entry.parts.size(); ++i)
    if (made->entry.parts[i].nonce.empty() || !shown(i, entry->envelope.recipients[i])) hide(made->entry.parts[i]);
  return made;
}

}  // namespace understudy::archive::journal
