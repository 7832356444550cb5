/// The key ring of a store: one file, outside of the store, with the keys of its shards, each wrapped under the master key
/// (docs/encryption.md). What is destroyed here opens nothing any more, in whichever copy of the store it lies.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "archive/keys/ring_file.hpp"
#include "archive/keys/ring_format.hpp"
#include "archive/store/key_ring.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"

namespace understudy::archive::keys {

/// Any thread. As KeyRing; where a failed write left the file in doubt make() and destroy() give errc::stopped until it is
/// opened anew, and errc::busy where there was no room.
class Ring final : public store::KeyRing {
 public:
  /// `random` and `clock` outlive it. errc::not_found: no such file; errc::busy: another process has it; errc::refused: made
  /// under another master key, or open to others; errc::damaged: the context says where.
  static base::Result<std::unique_ptr<Ring>> open(const std::string& path, const base::SecretKey& master, base::Random& random,
                                                  const base::Clock& clock);
  /// A new and empty one. errc::exists.
  static base::Result<std::unique_ptr<Ring>> create(const std::string& path, const base::SecretKey& master,
                                                    base::Random& random, const base::Clock& clock);

  base::Result<base::SecretKey> find(store::Shard shard) const override;
  base::Result<base::SecretKey> make(store::Shard shard) override;
  base::Result<> destroy(store::Shard shard) override;
  bool destroyed(store::Shard shard) const override;
  std::vector<store::Shard> tombstones() const override;
  std::uint64_t destructions() const override { return destructions_; }
  base::SecretKey draw() override { return base::SecretKey::make(random_); }
  bool stopped() const override { return file_->stopped(); }
  Pledge pledge() const override;
  base::Result<> promise(const Pledge& pledge) override;

  /// Wraps every key under another master key; what was destroyed stays so.
  base::Result<> change_master(const base::SecretKey& master);

  const std::string& path() const { return file_->path(); }
  std::string id() const { return text_of(wrapping_.id()); }
  Counts counts() const override;

 private:
  Ring(std::unique_ptr<RingFile> file, Wrapping wrapping, base::Random& random, const base::Clock& clock);
  base::Result<> load(RingContent content);
  base::Result<> append(RingRecord record);
  base::Result<> rewrite(Wrapping wrapping, std::vector<RingRecord> records);
  void note(const RingRecord& pledge);

  /// nullopt: it was destroyed.
  using Keys = std::map<store::Shard, std::optional<base::SecretKey>>;

  std::unique_ptr<RingFile> file_;
  Wrapping wrapping_;
  base::Random& random_;
  const base::Clock& clock_;
  std::mutex writing_;                 ///< of file_ and records_; nobody who looks for a key waits for it
  std::vector<RingRecord> records_;    ///< as they stand in the file
  RingWriter writer_;                  ///< behind them
  mutable std::shared_mutex reading_;  ///< of keys_ and pledge_
  Keys keys_;
  Pledge pledge_;
  std::atomic<std::uint64_t> destructions_ = 0;
};

}  // namespace understudy::archive::keys
