#include "archive/store/rocksdb/open_vault.hpp"

#include "archive/store/rocksdb/format_file.hpp"
#include "archive/store/rocksdb/pledge.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::size_t salt_octets = 16;
constexpr Shard instance{ShardKind::instance, 0};

base::Result<> read_salts(const RocksCore& core, VaultRecords& records) {
  OwnKeys at(core, keys::salts_prefix());
  for (; at.valid(); at.next()) {
    auto start = keys::start_of_salt(at.key());
    if (!start) return std::unexpected(start.error());
    auto salt = values::fixed_from(at.value());
    if (!salt) return std::unexpected(salt.error());
    records.salts.emplace(*start, std::move(*salt));
  }
  return at.status();
}

base::Result<> read_names(const RocksCore& core, VaultRecords& records) {
  OwnKeys at(core, keys::key_names_prefix());
  for (; at.valid(); at.next()) {
    auto shard = keys::shard_of_key_name(at.key());
    if (!shard) return std::unexpected(shard.error());
    auto name = values::fixed_from(at.value());
    if (!name) return std::unexpected(name.error());
    records.names.emplace(*shard, std::move(*name));
  }
  return at.status();
}

base::Result<VaultRecords> read_records(const RocksCore& core) {
  VaultRecords records;
  auto stored = core.get_own(std::string(keys::marker));
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) return records;
  auto marker = values::fixed_from(**stored);
  if (!marker) return std::unexpected(marker.error());
  records.marker = std::move(*marker);
  auto read = read_salts(core, records);
  if (read) read = read_names(core, records);
  if (!read) return std::unexpected(read.error());
  return records;
}

/// Before anything is encrypted: a program that does not know of it must not take what it then finds for damage.
base::Result<> begin(RocksCore& core, base::Random& random, VaultRecords& records) {
  auto key = core.options.keys->make(instance);
  if (!key) return base::fail("key of the instance", key.error());
  core.identity.format = encrypted_format;
  auto raised = write_format(*core.files, core.options.directory, core.identity);
  if (!raised) return raised;
  records.marker = random.octets(Vault::marker_octets);
  records.names[instance] = Vault::name_of(*key);
  return {};
}

OwnRecords what_is_new(const VaultRecords& records, std::uint64_t start) {
  return {{std::string(keys::marker), values::fixed(records.marker)},
          {keys::key_name(instance), values::fixed(records.names.at(instance))},
          {keys::salt(start), values::fixed(records.salts.at(start))}};
}

}  // namespace

base::Result<OwnRecords> open_vault(RocksCore& core, base::Random& random) {
  auto records = read_records(core);
  if (!records) return std::unexpected(records.error());
  const bool has_begun = !records->marker.empty();
  if (auto kept = check_pledge(core, has_begun); !kept) return std::unexpected(kept.error());
  if (!core.options.keys) {
    if (has_begun) return base::fail("something in the store is encrypted, and no keys are given", base::errc::no_key);
    return OwnRecords();
  }
  if (!has_begun && core.options.encryption == Encryption::off) return OwnRecords();
  auto known = has_begun ? base::Result<>() : begin(core, random, *records);
  if (known) known = Vault::check_ring(*core.options.keys, *records);
  if (!known) return std::unexpected(known.error());
  records->salts[core.start] = random.octets(salt_octets);
  core.vault = std::make_unique<Vault>(core.options.keys, core.options.encryption, *records, core.start);
  return what_is_new(*records, core.start);
}

}  // namespace understudy::archive::store
