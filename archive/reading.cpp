#include "archive/reading.hpp"

#include <utility>

#include "archive/journal/reader.hpp"

namespace understudy::archive {
namespace {

class CheckedBody final : public store::BodyReader {
 public:
  CheckedBody(std::unique_ptr<store::BodyReader> body, const base::Digest& digest) : body_(std::move(body)), wanted_(digest) {}

  const store::BodyRef& ref() const override { return body_->ref(); }

  base::Result<std::string> read(std::uint64_t offset, std::size_t limit) override {
    if (offset != hashed_) return base::fail("a message that is not read from its beginning on", base::errc::malformed);
    auto piece = body_->read(offset, limit);
    if (!piece) return piece;
    digest_.update(*piece);
    hashed_ += piece->size();
    const bool at_end = hashed_ == ref().size || piece->empty();
    if (at_end && !std::exchange(ended_, true)) holds_ = hashed_ == ref().size && digest_.finish() == wanted_;
    if (at_end && !holds_)
      return base::fail("the octets of the message are not those that were journaled", base::errc::damaged);
    return piece;
  }

 private:
  std::unique_ptr<store::BodyReader> body_;
  base::Digest wanted_;
  base::Sha256 digest_;
  std::uint64_t hashed_ = 0;
  bool ended_ = false, holds_ = false;
};

}  // namespace

base::Result<journal::Entry> read_entry(const store::Reader& reader, Position position) {
  const auto sealed = journal::read_sealed(reader, position);
  if (!sealed) return std::unexpected(sealed.error());
  const auto leaf = journal::read_leaf(reader, position);
  if (!leaf) return std::unexpected(leaf.error());
  if (!sealed->consistent() || sealed->leaf() != *leaf)
    return base::fail("journal entry " + position.text() + ", which is not what was journaled", base::errc::damaged);
  return journal::open(*sealed);
}

base::Result<std::optional<base::Digest>> digest_of(const store::Reader& reader, const InMailbox& at,
                                                    const mailbox::Message& message) {
  const auto another = [] { return base::fail("message, which is not the one that was filed", base::errc::damaged); };
  const auto copy =
      reader.get(mailbox::shard_of(at.account), store::Table::copies, mailbox::keys::copy(message.body, at.folder, at.uid));
  if (!copy) return std::unexpected(copy.error());
  if (!*copy) return another();
  if (message.source == mailbox::Source::append) return std::optional(message.name);
  auto entry = read_entry(reader, message.position);
  const bool is_entry = entry && entry->body == message.body;
  if (is_entry && message.name != entry->facts.received && message.name != entry->facts.handed) return another();
  if (is_entry) return std::optional(entry->facts.handed);
  if (message.source == mailbox::Source::copy) return std::optional<base::Digest>();  // of one that was appended, perhaps
  if (entry) return another();
  const auto& code = entry.error().code;
  if (code == base::errc::not_found || code == base::errc::no_key) return std::optional<base::Digest>();
  return std::unexpected(entry.error());
}

std::unique_ptr<store::BodyReader> checked(std::unique_ptr<store::BodyReader> body, const std::optional<base::Digest>& digest) {
  if (!digest) return body;
  return std::make_unique<CheckedBody>(std::move(body), *digest);
}

}  // namespace understudy::archive
