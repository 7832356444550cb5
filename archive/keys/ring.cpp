#include "archive/keys/ring.hpp"

#include <algorithm>

namespace understudy::archive::keys {
namespace {

std::string text_of(store::Shard shard) {
  return std::to_string(static_cast<unsigned>(shard.kind)) + "." + std::to_string(shard.id);
}

std::unexpected<base::Error> in_ring(const std::string& path, const base::Error& error) {
  return base::fail("the key ring " + path, error);
}

/// No shard: of what the ring says of the whole store.
constexpr store::ShardKind no_shard{0};

std::string encode_ring(const Wrapping& wrapping, const std::vector<RingRecord>& records) {
  RingWriter writer(wrapping);
  std::string octets;
  for (const auto& record : records) octets += writer.record(record);
  return wrapping.header() + writer.mark() + octets;
}

RingRecord record_of(RingRecord::Kind kind, store::Shard shard, base::WallTime time) {
  return {kind, shard, time, std::string(wrap_octets, '\0')};
}

}  // namespace

Ring::Ring(std::unique_ptr<RingFile> file, Wrapping wrapping, base::Random& random, const base::Clock& clock)
    : file_(std::move(file)), wrapping_(std::move(wrapping)), random_(random), clock_(clock), writer_(wrapping_) {}

base::Result<std::unique_ptr<Ring>> Ring::open(const std::string& path, const base::SecretKey& master, base::Random& random,
                                               const base::Clock& clock) {
  auto file = RingFile::open(path);
  if (!file) return in_ring(path, file.error());
  const auto octets = (*file)->read();
  if (!octets) return in_ring(path, octets.error());
  auto wrapping = Wrapping::read(master, std::string_view(*octets).substr(0, header_octets));
  if (!wrapping) return in_ring(path, wrapping.error());
  auto content = decode_ring(*octets, *wrapping);
  if (!content) return in_ring(path, content.error());
  std::unique_ptr<Ring> ring(new Ring(std::move(*file), std::move(*wrapping), random, clock));
  const bool torn = content->octets < octets->size();
  const auto whole = content->octets;
  if (auto loaded = ring->load(std::move(*content)); !loaded) return in_ring(path, loaded.error());
  if (torn)
    if (auto cut = ring->file_->cut(whole); !cut) return in_ring(path, cut.error());
  return ring;
}

base::Result<std::unique_ptr<Ring>> Ring::create(const std::string& path, const base::SecretKey& master, base::Random& random,
                                                 const base::Clock& clock) {
  RingId id{};
  std::ranges::copy(random.octets(id.size()), id.begin());
  auto wrapping = Wrapping::make(master, id, random);
  auto file = RingFile::make(path, encode_ring(wrapping, {}));
  if (!file) return in_ring(path, file.error());
  return std::unique_ptr<Ring>(new Ring(std::move(*file), std::move(wrapping), random, clock));
}

base::Result<> Ring::load(RingContent content) {
  records_ = std::move(content.records);
  for (const auto& record : records_) {
    writer_.record(record);
    if (!record.is_of_a_key()) {
      note(record);
      continue;
    }
    if (record.kind == RingRecord::Kind::tombstone) {
      keys_.emplace(record.shard, std::nullopt);
      continue;
    }
    auto key = wrapping_.unwrap(record.shard, record.wrapped);
    if (!key) return base::fail("the key of shard " + text_of(record.shard), key.error());
    keys_.emplace(record.shard, std::move(*key));
  }
  return {};
}

base::Result<base::SecretKey> Ring::find(store::Shard shard) const {
  const auto of = store::key_of(shard);
  const std::shared_lock lock(reading_);
  const auto found = keys_.find(of);
  if (found == keys_.end()) return base::fail("there is no key of shard " + text_of(of), base::errc::no_key);
  if (!found->second) return base::fail("the key of shard " + text_of(of) + " was destroyed", base::errc::no_key);
  return *found->second;
}

bool Ring::destroyed(store::Shard shard) const {
  const std::shared_lock lock(reading_);
  const auto found = keys_.find(store::key_of(shard));
  return found != keys_.end() && !found->second;
}

std::vector<store::Shard> Ring::tombstones() const {
  const std::shared_lock lock(reading_);
  std::vector<store::Shard> all;
  for (const auto& [shard, key] : keys_)
    if (!key) all.push_back(shard);
  return all;
}

base::Result<base::SecretKey> Ring::make(store::Shard shard) {
  if (auto found = find(shard)) return found;
  const auto of = store::key_of(shard);
  const std::lock_guard writing(writing_);
  if (auto found = find(of)) return found;
  if (destroyed(of)) return base::fail("the key of shard " + text_of(of) + " was destroyed", base::errc::refused);
  auto key = draw();
  if (auto appended = append({RingRecord::Kind::key, of, clock_.now(), wrapping_.wrap(of, key, random_)}); !appended)
    return in_ring(path(), appended.error());
  const std::lock_guard reading(reading_);
  keys_.emplace(of, key);
  return key;
}

base::Result<> Ring::append(RingRecord record) {
  RingWriter writer = writer_;
  if (auto appended = file_->append(writer.record(record)); !appended) return appended;
  writer_ = std::move(writer);
  records_.push_back(std::move(record));
  return file_->write_mark(header_octets, writer_.mark());
}

void Ring::note(const RingRecord& record) {
  if (record.kind == RingRecord::Kind::bodies) pledge_.bodies_from = record.shard.id;
  if (record.kind == RingRecord::Kind::records) pledge_.records = Pledge::Records::all;
}

Ring::Pledge Ring::pledge() const {
  const std::shared_lock lock(reading_);
  return pledge_;
}

base::Result<> Ring::promise(const Pledge& pledge) {
  const std::lock_guard writing(writing_);
  const auto known = this->pledge();
  std::vector<RingRecord> added;
  if (pledge.bodies_from && !known.bodies_from)
    added.push_back(record_of(RingRecord::Kind::bodies, {no_shard, *pledge.bodies_from}, clock_.now()));
  if (pledge.records == Pledge::Records::all && known.records != Pledge::Records::all)
    added.push_back(record_of(RingRecord::Kind::records, {no_shard, 0}, clock_.now()));
  for (auto& record : added) {
    if (auto appended = append(record); !appended) return in_ring(path(), appended.error());
    const std::lock_guard reading(reading_);
    note(record);
  }
  return {};
}

base::Result<> Ring::destroy(store::Shard shard) {
  const auto of = store::key_of(shard);
  const std::lock_guard writing(writing_);
  if (destroyed(of)) return {};
  const auto tombstone = record_of(RingRecord::Kind::tombstone, of, clock_.now());
  auto records = records_;
  const auto found = std::ranges::find(records, of, &RingRecord::shard);
  if (found == records.end()) {
    records.push_back(tombstone);
  } else {
    *found = tombstone;
  }
  if (auto written = rewrite(wrapping_, std::move(records)); !written) return written;
  const std::lock_guard reading(reading_);
  keys_.insert_or_assign(of, std::nullopt);
  ++destructions_;
  return {};
}

base::Result<> Ring::change_master(const base::SecretKey& master) {
  const std::lock_guard writing(writing_);
  auto wrapping = Wrapping::make(master, wrapping_.id(), random_);
  auto records = records_;
  for (auto& record : records) {
    if (record.kind != RingRecord::Kind::key) continue;
    auto key = wrapping_.unwrap(record.shard, record.wrapped);
    if (!key) return in_ring(path(), key.error());
    record.wrapped = wrapping.wrap(record.shard, *key, random_);
  }
  return rewrite(std::move(wrapping), std::move(records));
}

base::Result<> Ring::rewrite(Wrapping wrapping, std::vector<RingRecord> records) {
  if (auto replaced = file_->replace(encode_ring(wrapping, records)); !replaced) return in_ring(path(), replaced.error());
  wrapping_ = std::move(wrapping);
  records_ = std::move(records);
  writer_ = RingWriter(wrapping_);
  for (const auto& record : records_) writer_.record(record);
  return {};
}

Ring::Counts Ring::counts() const {
  const std::shared_lock lock(reading_);
  Counts counts;
  for (const auto& [shard, key] : keys_) (key ? counts.keys : counts.destroyed) += 1;
  return counts;
}

}  // namespace understudy::archive::keys
