/// The open files and directories of ForgetfulFileSystem. Only its implementation includes this.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "tests/support/store_forgetful_fs.hpp"

namespace understudy::test {

namespace forgetful {

using Status = rocksdb::IOStatus;
using Options = rocksdb::IOOptions;
using Debug = rocksdb::IODebugContext;

inline Status copy_out(const ForgetfulFile& file, std::uint64_t offset, std::size_t octets, rocksdb::Slice* result,
                       char* scratch) {
  const std::size_t begin = std::min<std::size_t>(offset, file.content.size());
  const std::size_t some = std::min(octets, file.content.size() - begin);
  if (file.bad && begin <= file.bad->first && file.bad->first < begin + some) {
    if (file.bad->second == ForgetfulFault::no_memory) throw std::bad_alloc();
    return Status::IOError("injected");
  }
  std::copy_n(file.content.data() + begin, some, scratch);
  *result = rocksdb::Slice(scratch, some);
  return Status::OK();
}

/// What every open file has: its octets, and the power cycle it belongs to.
struct Handle {
  ForgetfulFileSystem& system;
  ForgetfulFileSystem::FilePointer file;
  std::uint64_t life;

  Status read(std::uint64_t offset, std::size_t octets, rocksdb::Slice* result, char* scratch) const {
    const std::lock_guard lock(system.mutex());
    const auto alive = system.alive(life);
    return alive.ok() ? copy_out(*file, offset, octets, result, scratch) : alive;
  }
  template <class Change>
  Status change(ForgetfulFileSystem::Call call, Change&& how) const {
    const std::lock_guard lock(system.mutex());
    auto status = system.before(call, life);
    if (status.ok()) how(*file);
    return status;
  }
  Status sync() const {
    return change(ForgetfulFileSystem::Call::sync, [](ForgetfulFile& f) { f.sync(); });
  }
};

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  explicit SequentialFile(Handle handle) : handle_(std::move(handle)) {}
  Status Read(std::size_t octets, const Options&, rocksdb::Slice* result, char* scratch, Debug*) override {
    const auto status = handle_.read(at_, octets, result, scratch);
    if (status.ok()) at_ += result->size();
    return status;
  }
  Status Skip(std::uint64_t octets) override { return at_ += octets, Status::OK(); }

 private:
  Handle handle_;
  std::uint64_t at_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  explicit RandomAccessFile(Handle handle) : handle_(std::move(handle)) {}
  Status Read(std::uint64_t offset, std::size_t octets, const Options&, rocksdb::Slice* result, char* scratch,
              Debug*) const override {
    return handle_.read(offset, octets, result, scratch);
  }

 private:
  Handle handle_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  explicit WritableFile(Handle handle) : handle_(std::move(handle)) {}
  using rocksdb::FSWritableFile::Append;
  /// Where there is no room for all of it, its beginning is written.
  Status Append(const rocksdb::Slice& data, const Options&, Debug*) override {
    const std::lock_guard lock(handle_.system.mutex());
    const auto status = handle_.system.before(ForgetfulFileSystem::Call::write, handle_.life);
    if (!status.ok() && !status.IsNoSpace()) return status;
    const std::size_t fits = status.ok() ? handle_.system.take_room(data.size()) : data.size() / 2;
    handle_.file->content.append(data.data(), fits);
    return fits == data.size() ? status : Status::NoSpace("full");
  }
  Status Truncate(std::uint64_t size, const Options&, Debug*) override {
    return handle_.change(ForgetfulFileSystem::Call::write, [&](ForgetfulFile& file) { file.truncate(size); });
  }
  Status Close(const Options&, Debug*) override { return Status::OK(); }
  Status Flush(const Options&, Debug*) override { return Status::OK(); }
  Status Sync(const Options&, Debug*) override { return handle_.sync(); }
  Status RangeSync(std::uint64_t, std::uint64_t, const Options&, Debug*) override { return Status::OK(); }  // promises nothing
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize(const Options&, Debug*) override {
    const std::lock_guard lock(handle_.system.mutex());
    return handle_.file->content.size();
  }

 private:
  Handle handle_;
};

class RandomRWFile final : public rocksdb::FSRandomRWFile {
 public:
  explicit RandomRWFile(Handle handle) : handle_(std::move(handle)) {}
  Status Write(std::uint64_t offset, const rocksdb::Slice& data, const Options&, Debug*) override {
    return handle_.change(ForgetfulFileSystem::Call::write, [&](ForgetfulFile& file) {
      file.write(offset, {data.data(), data.size()});
    });
  }
  Status Read(std::uint64_t offset, std::size_t octets, const Options&, rocksdb::Slice* result, char* scratch,
              Debug*) const override {
    return handle_.read(offset, octets, result, scratch);
  }
  Status Flush(const Options&, Debug*) override { return Status::OK(); }
  Status Sync(const Options&, Debug*) override { return handle_.sync(); }
  Status Close(const Options&, Debug*) override { return Status::OK(); }

 private:
  Handle handle_;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  Directory(ForgetfulFileSystem& system, std::string path, std::uint64_t life)
      : system_(system), path_(std::move(path)), life_(life) {}
  Status Fsync(const Options&, Debug*) override {
    const std::lock_guard lock(system_.mutex());
    auto status = system_.before(ForgetfulFileSystem::Call::sync, life_);
    if (status.ok()) system_.sync_directory(path_);
    return status;
  }
  Status Close(const Options&, Debug*) override { return Status::OK(); }

 private:
  ForgetfulFileSystem& system_;
  std::string path_;
  std::uint64_t life_;
};

class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
  std::size_t GetLogFileSize() const override { return 0; }
};

}  // namespace forgetful

}  // namespace understudy::test
