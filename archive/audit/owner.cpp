#include "archive/audit/owner.hpp"

#include <unistd.h>

#include "archive/audit/state.hpp"
#include "archive/commit/commit_staged.hpp"

namespace understudy::archive::audit {

std::uint64_t Owner::add(commit::Stage& stage, const Record& record) {
  journal::Sealed sealed;
  sealed.position = next();
  sealed.common = journal::seal_part(record.encode(), random_);
  append_sealed(stage, sealed);
  return sealed.position.index;
}

/// With the first case that is opened.
base::Result<> Owner::draw_secret(const Cells& cells) {
  const auto there = cells.get(std::string(secret_key));
  if (!there) return std::unexpected(there.error());
  if (!*there) cells.put(std::string(secret_key), random_.octets(32));
  return {};
}

base::Result<std::uint64_t> Owner::append(commit::Stage& stage, Record record) {
  record.clip();
  const auto index = add(stage, record);
  const auto now_in = cells(stage);
  if (record.opens)
    if (auto drawn = draw_secret(now_in); !drawn) return std::unexpected(drawn.error());
  if (auto projected = project(now_in, index, record); !projected) return std::unexpected(projected.error());
  return index;
}

base::Result<> Owner::tell_key(commit::Stage& stage, const journal::KeyChange& change, base::WallTime now) {
  Record record;
  record.time = now;
  record.actor = machine_actor();
  record.role = Role::machine;
  record.kind = Kind::configure;
  record.action = "audit/key";
  record.outcome = change.consent ? "signs from here on, by consent of the key before" : "signs from here on";
  record.key_change = change;
  const auto index = add(stage, record);
  note_key(stage, index, change.key);
  return project(cells(stage), index, record);
}

Cells cells(commit::Stage& stage) {
  const auto shard = journal::shard_of(journal::audit_log);
  return {[&stage, shard](const std::string& key) { return stage.get(shard, store::Table::journal_state, key); },
          [&stage, shard](std::string key, std::string value) {
            stage.put(shard, store::Table::journal_state, std::move(key), std::move(value));
          }};
}

base::Result<> append_alone(store::Store& store, base::Random& random, Record record) {
  Owner owner(store, random);
  if (auto loaded = owner.load(); !loaded) return base::fail("audit journal", loaded.error());
  commit::Stage stage(store);
  auto index = owner.append(stage, std::move(record));
  if (!index) return base::fail("audit journal", index.error());
  owner.finish(stage);
  if (auto committed = commit::commit_staged(store, stage); !committed) return base::fail("audit journal", committed.error());
  return {};
}

Actor machine_actor() {
  return {"understudy", static_cast<std::uint32_t>(::geteuid()), "process " + std::to_string(::getpid())};
}

}  // namespace understudy::archive::audit
