#include "archive/head_signer.hpp"

#include <optional>

#include "base/log.hpp"

namespace understudy::archive {

/// One request: first the key is told where it was not, then the head is signed.
struct HeadSigner::Turn {
  journal::Book book = journal::Book::mail;
  Done<journal::SignedHead> done;
  std::optional<journal::SignedHead> head;
};

HeadSigner::HeadSigner(Archive& archive, const base::Clock& clock, journal::LogName log, base::SigningKey key)
    : archive_(archive), clock_(clock), log_(log), key_(std::make_shared<const base::SigningKey>(std::move(key))) {}

base::Result<std::unique_ptr<HeadSigner>> HeadSigner::make(Archive& archive, const base::Clock& clock, base::SigningKey key) {
  const auto& identity = archive.store().identity();
  auto log = journal::LogName::make(identity.instance, identity.incarnation, 0);
  if (!log) return std::unexpected(log.error());
  return std::unique_ptr<HeadSigner>(new HeadSigner(archive, clock, *log, std::move(key)));
}

std::shared_ptr<const base::SigningKey> HeadSigner::current() const {
  const std::lock_guard lock(mutex_);
  return key_;
}

std::pair<HeadSigner::Key, HeadSigner::Key> HeadSigner::keys() const {
  const std::lock_guard lock(mutex_);
  return {key_, next_};
}

base::PublicKey HeadSigner::key() const {
  return current()->public_key();
}

namespace {
journal::LogOwner& owner_of(commit::Owners& owners, journal::Book book) {
  if (book == journal::Book::audit) return owners.audit;
  return owners.journal;
}
}  // namespace

void HeadSigner::sign(journal::Book book, Done<journal::SignedHead> done) {
  auto turn = std::make_shared<Turn>();
  turn->book = book;
  turn->done = std::move(done);
  attempt(std::move(turn));
}

void HeadSigner::attempt(std::shared_ptr<Turn> turn) {
  auto stage = [this, turn](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    turn->head.reset();
    auto& journal = owner_of(owners, turn->book);
    if (journal.durable().size() == 0) return base::fail("tree head: the journal is empty", base::errc::not_found);
    auto told = journal.told_key(stage);
    if (!told) return std::unexpected(told.error());
    const auto [key, next] = keys();
    if (*told == key->public_key()) {
      auto head = journal.sign(stage, log_, *key, clock_.now());
      if (!head) return std::unexpected(head.error());
      turn->head = *head;
      return {};
    }
    if (next && *told == next->public_key()) return {};  // it is told, and signs as soon as that is durable
    if (*told) base::log::warn("journal.key_lost", {{"former", (*told)->text()}, {"key", key->public_key().text()}});
    return journal.tell_key(stage, {key->public_key(), std::nullopt}, clock_.now());
  };
  auto done = [this, turn](base::Result<> changed) {
    if (!changed) return turn->done(std::unexpected(std::move(changed.error())));
    if (turn->head) return turn->done(*turn->head);
    attempt(turn);
  };
  archive_.change(std::move(stage), std::move(done));
}

witness::Countersigned HeadSigner::countersign(const journal::SignedHead& head) const {
  return witness::Countersigned::sign(head, *current(), clock_.now());
}

custody::SignedBatch HeadSigner::sign(custody::ReceiptBatch batch) const {
  return custody::SignedBatch::sign(std::move(batch), *current());
}

custody::SignedEnded HeadSigner::sign(const custody::EndedThere& ended) const {
  return custody::SignedEnded::sign(ended, *current());
}

endings::SignedOrder HeadSigner::sign(endings::Order order) const {
  return endings::SignedOrder::sign(std::move(order), *current());
}

endings::SignedAnswer HeadSigner::sign(endings::Answer answer) const {
  return endings::SignedAnswer::sign(std::move(answer), *current());
}

custody::SignedStatement HeadSigner::state(std::string octets) const {
  return custody::SignedStatement::sign(std::move(octets), *current());
}

void HeadSigner::replace_key(base::SigningKey next, Done<> done) {
  auto key = std::make_shared<const base::SigningKey>(std::move(next));
  {
    const std::lock_guard lock(mutex_);
    next_ = key;
  }
  auto stage = [this, key](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
    const auto former = current();
    for (const auto book : {journal::Book::mail, journal::Book::audit}) {
      auto& journal = owner_of(owners, book);
      auto told = journal.told_key(stage);
      if (!told) return std::unexpected(told.error());
      if (!*told || *told != former->public_key()) continue;
      const auto change = journal::KeyChange::agreed(key->public_key(), *former);
      if (auto telling = journal.tell_key(stage, change, clock_.now()); !telling) return telling;
    }
    return {};  // a former key that was never told has signed nothing
  };
  auto finished = [this, key, done = std::move(done)](base::Result<> changed) mutable {
    {
      const std::lock_guard lock(mutex_);
      if (changed) key_ = key;
      next_.reset();
    }
    done(std::move(changed));
  };
  archive_.change(std::move(stage), std::move(finished));
}

}  // namespace understudy::archive
