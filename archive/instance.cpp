#include "archive/instance.hpp"

namespace understudy::archive {
namespace {
constexpr store::Shard shard{store::ShardKind::instance, 0};
constexpr std::string_view role_key = "role";
constexpr std::string_view made_key_key = "made-key";
constexpr std::string_view numbers_life_key = "numbers-life";
constexpr std::string_view peer_made_key_key = "peer-made-key";
constexpr std::size_t made_key_octets = 32;
}  // namespace

base::Result<Instance> load_instance(store::Store& store, routing::Role first_role, base::Random& random) {
  auto role = store.get(shard, store::Table::instance_state, role_key);
  if (!role) return std::unexpected(role.error());
  auto key = store.get(shard, store::Table::instance_state, made_key_key);
  if (!key) return std::unexpected(key.error());
  auto peer_key = store.get(shard, store::Table::instance_state, peer_made_key_key);
  if (!peer_key) return std::unexpected(peer_key.error());
  Instance instance;
  instance.peer_made_key = std::move(*peer_key).value_or(std::string());
  store::Batch batch(shard);
  if (*role) {
    base::Reader in(**role);
    in.u8();
    const auto value = in.u8();
    if (!in.ok() || value < 1 || value > 3) return base::fail("role of this instance", base::errc::damaged);
    instance.role = static_cast<routing::Role>(value);
  } else {
    instance.role = first_role;
    batch.put(store::Table::instance_state, std::string(role_key),
              base::Writer(1).u8(static_cast<std::uint8_t>(first_role)).take());
  }
  if (*key) {
    instance.made_key = std::move(**key);
  } else {
    instance.made_key = random.octets(made_key_octets);
    batch.put(store::Table::instance_state, std::string(made_key_key), instance.made_key);
  }
  if (batch.empty()) return instance;
  if (auto written = store.commit(std::span(&batch, 1), store::Sync::now); !written) return std::unexpected(written.error());
  return instance;
}

base::Result<std::string> numbers_life(const store::Reader& reader) {
  auto life = reader.get(shard, store::Table::instance_state, numbers_life_key);
  if (!life) return std::unexpected(life.error());
  if (!*life) return std::string();
  base::Reader in(**life);
  in.u8();
  std::string incarnation(in.text());
  if (auto fits = in.check("life of the numbers of this instance"); !fits) return std::unexpected(fits.error());
  return incarnation;
}

void note_numbers_life(commit::Stage& stage, const std::string& incarnation) {
  stage.put(shard, store::Table::instance_state, std::string(numbers_life_key), base::Writer(1).text(incarnation).take());
}

base::Result<> keep_peer_made_key(store::Store& store, std::string key) {
  if (key.size() != made_key_octets) return base::fail("key of the peer's Message-IDs", base::errc::malformed);
  store::Batch batch(shard);
  batch.put(store::Table::instance_state, std::string(peer_made_key_key), std::move(key));
  return store.commit(std::span(&batch, 1), store::Sync::now);
}

}  // namespace understudy::archive
