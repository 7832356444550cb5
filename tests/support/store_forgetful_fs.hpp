/// A file system in memory for RocksDB that forgets what was not synced: octets of files and entries of directories. So a test
/// cuts the power at any instant, fails the Nth call, or flips an octet of a file, and opens the store on what is left.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rocksdb/file_system.h>

namespace understudy::test {

enum class ForgetfulFault : std::uint8_t { io_error, no_space, no_memory };  ///< no_memory: std::bad_alloc is thrown

/// One file's octets: as programs see them, and as they are on the medium.
struct ForgetfulFile {
  std::string content;
  std::string durable;
  std::vector<std::pair<std::uint64_t, std::string>> overwrites;  ///< of durable octets, not synced
  std::optional<std::pair<std::uint64_t, ForgetfulFault>> bad;    ///< who reads this octet meets the fault

  void write(std::uint64_t offset, std::string_view octets);
  void truncate(std::uint64_t size);
  void sync();
  /// What the medium has after the power went: all that was synced, and of the rest a part that is drawn.
  void lose(std::mt19937_64& draw);
};

/// Any thread.
class ForgetfulFileSystem final : public rocksdb::FileSystem {
 public:
  using FilePointer = std::shared_ptr<ForgetfulFile>;
  enum class Call : std::uint8_t { write, sync };
  using Fault = ForgetfulFault;

  /// The power goes: the medium stays as it is now. Calls still work, on nothing: what a program is told after that is not told
  /// to anybody. The store on it is to be destroyed, then one of the two below called.
  void die();
  /// As die(), after this many writes and syncs.
  void die_at(std::uint64_t calls);
  bool dead() const;
  /// The power is back. What was not synced is lost: a part that is drawn; seed 0: all of it.
  void come_back_after_power_cut(std::uint64_t seed);
  /// As when only the process was killed: nothing is lost.
  void come_back();
  /// From the call of this number (from 1, counted from now) on, `count` calls of its kind fail.
  void fail_at(Call call, std::uint64_t number, Fault fault, std::uint64_t count = 1);
  /// Reads of this octet of the file fail.
  void fail_reads(const std::string& path, std::uint64_t octet, Fault fault);
  void heal();
  /// So many octets are left on the medium: what is appended beyond them fails, and its beginning is there. nullopt: no end.
  void set_room(std::optional<std::uint64_t> octets);
  std::uint64_t calls(Call call) const;

  std::vector<std::string> files() const;  ///< paths, in order
  std::string content(const std::string& path) const;
  std::uint64_t octets_in(const std::string& directory) const;  ///< of the files right in it
  /// Changes a file as damage does: now and durably.
  void change(const std::string& path, const std::function<void(std::string&)>& how);
  void remove(const std::string& path);
  /// A copy of all that is there, durable; for trying one damage after the other.
  std::map<std::string, std::string> save() const;
  void load(const std::map<std::string, std::string>& files);

  // rocksdb::FileSystem
  const char* Name() const override { return "ForgetfulFileSystem"; }
  using Options = rocksdb::IOOptions;
  using Debug = rocksdb::IODebugContext;
  using Status = rocksdb::IOStatus;
  Status NewSequentialFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSSequentialFile>*,
                           Debug*) override;
  Status NewRandomAccessFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSRandomAccessFile>*,
                             Debug*) override;
  Status NewWritableFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>*,
                         Debug*) override;
  Status ReopenWritableFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>*,
                            Debug*) override;
  Status NewRandomRWFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSRandomRWFile>*,
                         Debug*) override;
  Status NewDirectory(const std::string&, const Options&, std::unique_ptr<rocksdb::FSDirectory>*, Debug*) override;
  Status FileExists(const std::string&, const Options&, Debug*) override;
  Status GetChildren(const std::string&, const Options&, std::vector<std::string>*, Debug*) override;
  Status DeleteFile(const std::string&, const Options&, Debug*) override;
  Status Truncate(const std::string&, std::size_t, const Options&, Debug*) override;
  Status CreateDir(const std::string&, const Options&, Debug*) override;
  Status CreateDirIfMissing(const std::string&, const Options&, Debug*) override;
  Status DeleteDir(const std::string&, const Options&, Debug*) override;
  Status GetFileSize(const std::string&, const Options&, std::uint64_t*, Debug*) override;
  Status GetFileModificationTime(const std::string&, const Options&, std::uint64_t*, Debug*) override;
  Status RenameFile(const std::string&, const std::string&, const Options&, Debug*) override;
  Status LinkFile(const std::string&, const std::string&, const Options&, Debug*) override;
  Status LockFile(const std::string&, const Options&, rocksdb::FileLock**, Debug*) override;
  Status UnlockFile(rocksdb::FileLock*, const Options&, Debug*) override;
  Status GetTestDirectory(const Options&, std::string*, Debug*) override;
  Status NewLogger(const std::string&, const Options&, std::shared_ptr<rocksdb::Logger>*, Debug*) override;
  Status GetAbsolutePath(const std::string&, const Options&, std::string*, Debug*) override;
  Status GetFreeSpace(const std::string&, const Options&, std::uint64_t*, Debug*) override;
  Status IsDirectory(const std::string&, const Options&, bool*, Debug*) override;

  // For the files and directories that it hands out; `life` is the power cycle in which they were opened.
  Status before(Call call, std::uint64_t life);
  Status alive(std::uint64_t life) const;
  /// How many of these octets still fit, which are taken then.
  std::size_t take_room(std::size_t octets);
  std::mutex& mutex() { return mutex_; }
  void sync_directory(const std::string& path);

 private:
  struct Entry {  // a change of a directory that is not durable yet
    std::string directory, path;
    FilePointer file;  ///< nullptr: gone
  };
  struct Medium {
    std::map<std::string, FilePointer> current;
    std::map<std::string, FilePointer> durable;
    std::vector<Entry> entries;
  };
  struct Failing {
    std::uint64_t from = 0, count = 0;
    Fault fault = Fault::io_error;
  };
  void enter(const std::string& path, FilePointer file);
  FilePointer find(const std::string& path) const;
  static void apply(Medium& medium, const Entry& entry);
  void freeze();
  void start_again();

  mutable std::mutex mutex_;
  std::uint64_t life_ = 1;
  std::optional<Medium> dead_;  ///< the medium at the instant of death
  std::uint64_t die_at_ = 0;
  std::uint64_t all_calls_ = 0;
  std::map<Call, std::uint64_t> calls_;
  std::map<Call, Failing> failing_;
  std::optional<std::uint64_t> room_;
  Medium medium_;
  std::map<std::string, std::uint64_t> directories_;
};

}  // namespace understudy::test
