/// A store under test with the medium below it, one for each engine: the contract tests run on all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>

#include "archive/store/memory/memory_store.hpp"
#include "archive/store/options.hpp"
#include "archive/store/rocksdb/engine_options.hpp"
#include "archive/store/store.hpp"
#include "tests/support/store_forgetful_fs.hpp"

namespace understudy::test {

/// A directory of its own, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Small and reproducible: the same octets for the same seed.
std::string noise(std::size_t octets, std::uint64_t seed);  ///< does not compress
std::string prose(std::size_t octets, std::uint64_t seed);  ///< compresses well

/// What a failure says; empty where it went well.
template <class Result>
std::string why(const Result& result) {
  return result ? std::string() : result.error().text();
}

class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  virtual archive::store::Store& store() = 0;
  /// Closes the store in good order and opens it again.
  virtual void reopen() = 0;
  /// The power goes and comes back: what was not synced is lost, all of it (seed 0) or a part that is drawn.
  virtual void cut_power(std::uint64_t seed) = 0;
  /// The process dies and starts again: what was committed is there.
  virtual void kill() = 0;
};

enum class Engine { memory, rocksdb, rocksdb_encrypted };
std::ostream& operator<<(std::ostream& out, Engine engine);
inline constexpr Engine engines[] = {Engine::memory, Engine::rocksdb, Engine::rocksdb_encrypted};

std::unique_ptr<StoreHarness> make_harness(Engine engine, std::uint32_t chunk_size = 4096);

class MemoryHarness final : public StoreHarness {
 public:
  explicit MemoryHarness(std::uint32_t chunk_size = 4096);
  archive::store::Store& store() override { return *store_; }
  void reopen() override;
  void cut_power(std::uint64_t seed) override;
  void kill() override { reopen(); }

 private:
  archive::store::MemoryDisk disk_;
  archive::store::Faults faults_;
  std::uint32_t chunk_size_;
  std::unique_ptr<archive::store::MemoryStore> store_;
};

/// How the harness has its store opened. Memtables and segments are small, so that flushes, compactions and collections take
/// part.
struct RocksSetup {
  explicit RocksSetup(std::uint32_t chunk_size = 4096);
  /// Nothing happens behind the test's back; parts of messages are small, so that messages of some KiB have them.
  static RocksSetup told();
  /// With a ring of keys in memory: everything that is written is encrypted.
  RocksSetup encrypted() const;

  archive::store::Options options;
  archive::store::EngineOptions engine;
};

/// RocksDB on the file system that forgets.
class RocksHarness final : public StoreHarness {
 public:
  explicit RocksHarness(std::uint32_t chunk_size = 4096) : RocksHarness(RocksSetup(chunk_size)) {}
  explicit RocksHarness(RocksSetup setup);
  archive::store::Store& store() override { return *store_; }
  void reopen() override;
  void cut_power(std::uint64_t seed) override;
  void kill() override;

  /// Destroys the store; the medium stays as it is.
  void close() { store_.reset(); }
  /// Opens what is there.
  base::Result<> open();
  /// A new incarnation for what is there, which is not open.
  base::Result<archive::store::Identity> renew();
  ForgetfulFileSystem& files() { return *files_; }
  /// For the next opening.
  archive::store::Options& options() { return setup_.options; }
  std::string directory() const { return directory_.path(); }
  std::uint64_t segment_octets() const { return files_->octets_in(directory() + "/segments"); }
  base::Result<> maintain();  ///< one round
  /// One round after the other, with commits between so that the log is flushed too.
  void maintain(int rounds);

 private:
  TemporaryDirectory directory_;
  std::shared_ptr<ForgetfulFileSystem> files_ = std::make_shared<ForgetfulFileSystem>();
  RocksSetup setup_;
  std::unique_ptr<archive::store::Store> store_;
};

}  // namespace understudy::test
