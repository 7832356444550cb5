#include "app/verbs/offline_store.hpp"

#include <ostream>

#include "app/admin/operators.hpp"
#include "app/key_ring.hpp"
#include "app/problems.hpp"
#include "app/verbs/ask.hpp"
#include "archive/audit/owner.hpp"
#include "archive/store/open.hpp"
#include "conf/convert.hpp"
#include "conf/load.hpp"

namespace understudy::app {

std::expected<OfflineStore, Exit> OfflineStore::open(Context& context, const OfflineWork& work) {
  const auto failed = [&](const std::string& why) { return std::unexpected(fail(context, why)); };
  const auto loaded = conf::load_file(context.config_file);
  if (!loaded) {
    say(context.err, loaded.error());
    return std::unexpected(Exit::wrong_usage);
  }
  OfflineStore offline;
  auto& options = offline.options_;
  options = conf::to_store_options(loaded->config);
  if (auto identity = archive::store::read_identity(options.directory); !identity)
    return failed(work.nothing_there + ": " + identity.error().text());
  auto ring = open_ring(loaded->config, *offline.random_, *offline.clock_);
  if (!ring && ring.error().code == base::errc::busy) return failed(work.no_server + ": " + ring.error().text());
  if (!ring) return failed(ring.error().text());
  options.keys = std::move(*ring);
  auto store = archive::store::open_store(options, *offline.clock_, *offline.random_);
  if (!store && store.error().code == base::errc::busy)
    return failed(work.no_server + ": " + store.error().context + ", another understudy; stop that one first");
  if (!store) return failed(explain_store(store.error(), loaded->config).text());
  offline.store_ = std::move(*store);
  context.err << "understudy: opened the store in " << options.directory << "; the server cannot start until this is done\n";
  return offline;
}

base::Result<> OfflineStore::note(const Context& context, std::string action, archive::audit::Fields object) {
  archive::audit::Record record;
  record.time = clock_->now();
  record.event = archive::audit::Event::noted;
  record.actor = archive::audit::machine_actor();
  const auto name = account_of(record.actor.uid);
  record.actor.name = name.empty() ? "user " + std::to_string(record.actor.uid) : name;
  record.kind = archive::audit::Kind::change;
  record.action = std::move(action);
  record.object = std::move(object);
  record.reason = context.reason;
  record.outcome = "begins, with the store of a server that does not run";
  return archive::audit::append_alone(*store_, *random_, std::move(record));
}

base::Result<> OfflineStore::renew() {
  store_.reset();
  if (auto renewed = archive::store::renew_incarnation(options_, *clock_, *random_); !renewed)
    return std::unexpected(renewed.error());
  auto store = archive::store::open_store(options_, *clock_, *random_);
  if (!store) return std::unexpected(store.error());
  store_ = std::move(*store);
  return {};
}

}  // namespace understudy::app
