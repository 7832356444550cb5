#include "archive/store/rocksdb/group_writer.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "archive/store/rocksdb/keys.hpp"
#include "archive/store/rocksdb/status.hpp"

namespace understudy::archive::store {

base::Result<> GroupWriter::add(std::span<const Batch> batches) {
  for (const Batch& batch : batches) {
    auto keys = use_keys(batch);
    if (!keys) return std::unexpected(keys.error());
    release(batch.shard(), batch);
    auto held = hold(batch, *keys);  // in one batch a hold wins: better a body too many than one too few
    if (!held) return held;
    for (const auto& operation : batch.operations()) {
      if (operation.kind != Batch::Operation::Kind::erase_range) {
        apply(batch.shard(), keys->records.get(), operation);
        continue;
      }
      auto erased = erase_range(batch.shard(), operation);
      if (!erased) return erased;
    }
  }
  return {};
}

void GroupWriter::apply(Shard shard, const Vault::SealingKey* key, const Batch::Operation& operation) {
  if (operation.kind == Batch::Operation::Kind::put && core_.vault) {
    const std::string whole = keys::record(shard, operation.table, operation.key);
    out_.Put(core_.records, whole, core_.vault->closed_record(key, whole, operation.value));
    if (erases_ == Erases::ranges) put_keys_.insert(whole);
    return;
  }
  const std::string prefix = keys::prefix(shard, operation.table);  // short enough to need no memory of its own
  const std::array pieces{slice(prefix), slice(operation.key)};
  const rocksdb::SliceParts whole(pieces.data(), static_cast<int>(pieces.size()));
  if (operation.kind == Batch::Operation::Kind::erase) {
    out_.Delete(core_.records, whole);
    return;
  }
  const rocksdb::Slice value = slice(operation.value);
  out_.Put(core_.records, whole, rocksdb::SliceParts(&value, 1));
  if (erases_ == Erases::ranges) put_keys_.insert(prefix + operation.key);
}

/// Key by key. RocksDB's own range deletion would be one operation, but in 7.8 an iterator that meets a read error beside one
/// may go on with wrong data instead of an error.
base::Result<> GroupWriter::erase_range(Shard shard, const Batch::Operation& operation) {
  const std::string from = keys::record(shard, operation.table, operation.key);
  const std::string to = operation.value.empty() ? keys::after(keys::prefix(shard, operation.table))
                                                 : keys::record(shard, operation.table, operation.value);
  if (to <= from) return {};
  const rocksdb::Slice to_slice = slice(to);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &to_slice;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(core_.db->NewIterator(options, core_.records));
  for (at->Seek(from); at->Valid(); at->Next()) out_.Delete(core_.records, at->key());
  if (!at->status().ok()) return fail("store.erase_range", at->status());
  for (auto key = put_keys_.lower_bound(from); key != put_keys_.end() && *key < to; ++key) out_.Delete(core_.records, *key);
  return {};
}

/// Where the block is, or will be with this commit.
content::Location GroupWriter::place(const WrittenBlock& block, const segments::Owner& owner) {
  const auto at = block.at.segment != 0 ? block.at : core_.log->add(owner, block.coded);
  count(at, 1);
  return at;
}

void GroupWriter::needs(const content::Location& written) {
  brings_octets_ = true;
  if (std::pair(written.segment, written.offset) > std::pair(last_written_.segment, last_written_.offset))
    last_written_ = written;
}

base::Result<> GroupWriter::bring(const RocksPending& body) {
  needs(body.last_written);
  content::Recipe recipe;
  segments::Owner owner;
  owner.body = body.body();
  for (const auto& block : body.own) {
    recipe.own.push_back({place(block, owner), block.octets});
    ++owner.index;
  }
  for (const auto& [digest, block] : body.parts) {
    auto known = find_part(digest);
    if (!known) return std::unexpected(known.error());
    if (**known) continue;  // somebody else brought it meanwhile: what was written of ours is dead
    segments::Owner whose;
    whose.kind = segments::Owner::Kind::part;
    whose.digest = digest;
    **known = values::Part{place(block, whose), block.octets};
    out_.Put(core_.engine, keys::part(digest), values::part(***known));
  }
  recipe.shared = body.shared;
  for (const auto& piece : body.shared) {
    auto known = find_part(piece.digest);
    if (!known) return std::unexpected(known.error());
    if (!**known) return base::fail("store: a part that was there", base::errc::damaged);
    auto& user = users_[piece.digest][body.body()];
    if (!std::exchange(user, true)) out_.Put(core_.engine, keys::user(piece.digest, body.body()), values::mark);
  }
  out_.Put(core_.engine, keys::body(body.body()), recipe.encode());
  recipes_[body.body()] = std::move(recipe);
  if (body.key()) body_keys_.emplace(body.body(), *body.key());
  return {};
}

base::Result<content::Recipe*> GroupWriter::find_recipe(const BodyId& body, std::uint64_t octets) {
  const auto found = recipes_.find(body);
  if (found != recipes_.end()) return &found->second;
  auto recipe = core_.recipe({body, octets, 0});
  if (!recipe) {
    if (recipe.error().code == base::errc::not_found) return nullptr;
    return std::unexpected(recipe.error());
  }
  return &(recipes_[body] = std::move(*recipe));
}

base::Result<GroupWriter::PartRecord*> GroupWriter::find_part(const base::Digest& digest) {
  const auto found = parts_.find(digest);
  if (found != parts_.end()) return &found->second;
  auto value = core_.get_own(keys::part(digest));
  if (!value) return std::unexpected(value.error());
  PartRecord record;
  if (*value) {
    auto part = values::part_from(**value);
    if (!part) return std::unexpected(part.error());
    record = *part;
  }
  return &(parts_[digest] = record);
}

base::Result<bool> GroupWriter::part_used(const base::Digest& digest) const {
  const auto said = users_.find(digest);
  if (said != users_.end() && std::ranges::any_of(said->second, [](const auto& user) { return user.second; })) return true;
  OwnKeys at(core_, keys::users_prefix(digest));
  for (; at.valid(); at.next()) {
    auto body = keys::body_of_user(at.key());
    if (!body) return std::unexpected(body.error());
    if (said == users_.end() || !said->second.contains(*body)) return true;
  }
  auto whole = at.status();
  if (!whole) return std::unexpected(whole.error());
  return false;
}

/// Nobody has it any more. Who has pinned it may be about to name it: then it stays for the sweep to look at.
base::Result<> GroupWriter::free_part(const base::Digest& digest) {
  auto known = find_part(digest);
  if (!known) return std::unexpected(known.error());
  if (!**known) return {};
  if (!core_.pins->begin_to_free(digest)) {
    out_.Put(core_.engine, keys::orphan(digest), values::mark);
    return {};
  }
  freeing_.push_back(digest);
  count((**known)->at, -1);
  out_.Delete(core_.engine, keys::part(digest));
  (*known)->reset();
  return {};
}

base::Result<> GroupWriter::free(const BodyRef& body) {
  auto recipe = find_recipe(body.id, body.size);
  if (!recipe) return std::unexpected(recipe.error());
  if (!*recipe) return {};
  for (const auto& block : (*recipe)->own) count(block.at, -1);
  std::set<base::Digest> digests;
  for (const auto& piece : (*recipe)->shared) digests.insert(piece.digest);
  out_.Delete(core_.engine, keys::body(body.id));
  recipes_.erase(body.id);
  for (const auto& digest : digests) {
    users_[digest][body.id] = false;
    out_.Delete(core_.engine, keys::user(digest, body.id));
    auto used = part_used(digest);
    if (!used) return std::unexpected(used.error());
    if (*used) continue;
    auto freed = free_part(digest);
    if (!freed) return freed;
  }
  return {};
}

base::Result<std::uint64_t> GroupWriter::sweep() {
  std::uint64_t freed = 0;
  OwnKeys at(core_, keys::orphans_prefix());
  for (; at.valid(); at.next()) {
    auto digest = keys::part_of_orphan(at.key());
    if (!digest) return std::unexpected(digest.error());
    auto used = part_used(*digest);
    if (!used) return std::unexpected(used.error());
    out_.Delete(core_.engine, keys::orphan(*digest));
    if (*used) continue;
    const std::size_t before = freeing_.size();
    auto done = free_part(*digest);  // pinned still: marked again
    if (!done) return std::unexpected(done.error());
    freed += freeing_.size() - before;
  }
  auto whole = at.status();
  if (!whole) return std::unexpected(whole.error());
  return freed;
}

base::Result<> GroupWriter::move(std::span<const Move> moves) {
  for (const Move& each : moves) {
    if (each.owner.kind == segments::Owner::Kind::part) {
      auto known = find_part(each.owner.digest);
      if (!known) return std::unexpected(known.error());
      if (!**known || (**known)->at != each.from) continue;
      (**known)->at = each.to;
      out_.Put(core_.engine, keys::part(each.owner.digest), values::part(***known));
    } else {
      auto recipe = find_recipe(each.owner.body, any_length);
      if (!recipe) return std::unexpected(recipe.error());
      if (!*recipe || each.owner.index >= (*recipe)->own.size() || (*recipe)->own[each.owner.index].at != each.from) continue;
      (*recipe)->own[each.owner.index].at = each.to;
      out_.Put(core_.engine, keys::body(each.owner.body), (*recipe)->encode());
    }
    needs(each.to);
    count(each.from, -1);
    count(each.to, 1);
  }
  return {};
}

base::Result<> GroupWriter::finish(std::uint64_t commit) {
  auto claimed = write_claims();
  if (!claimed) return claimed;
  for (const auto& [body, ref] : released_) {
    auto held = still_held(body);
    if (!held) return std::unexpected(held.error());
    if (*held) continue;
    auto freed = free(ref);
    if (!freed) return freed;
  }
  for (const auto& [segment, change] : use_)
    if (change != 0) out_.Put(core_.engine, keys::segment(segment), values::number(core_.use.after(segment, change)));
  const DictionaryBook& book = core_.dictionary_book;
  const values::LastCommit last{commit, core_.log->place(), book.texts_seen, book.last_number};
  out_.Put(core_.engine, slice(keys::commits), values::last_commit(last));
  return {};
}

}  // namespace understudy::archive::store
