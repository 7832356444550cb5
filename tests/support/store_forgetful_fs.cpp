#include "tests/support/store_forgetful_fs.hpp"

#include <algorithm>
#include <new>

#include "tests/support/store_forgetful_handles.hpp"

namespace understudy::test {
namespace {

using namespace forgetful;
using FilePointer = ForgetfulFileSystem::FilePointer;

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

/// RocksDB writes a slash more here and there.
std::string plain(const std::string& path) {
  std::string out;
  for (const char c : path)
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  if (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

struct Lock final : rocksdb::FileLock {};

}  // namespace

Status ForgetfulFileSystem::before(Call call, std::uint64_t life) {
  auto status = alive(life);
  if (!status.ok()) return status;
  ++all_calls_;
  const std::uint64_t number = ++calls_[call];
  if (die_at_ != 0 && all_calls_ >= die_at_) freeze();
  const Failing& failing = failing_[call];
  if (number < failing.from || number >= failing.from + failing.count) return Status::OK();
  if (failing.fault == Fault::no_memory) throw std::bad_alloc();
  return failing.fault == Fault::no_space ? Status::NoSpace("injected") : Status::IOError("injected");
}

Status ForgetfulFileSystem::alive(std::uint64_t life) const {
  return life == life_ ? Status::OK() : Status::IOError("the power was cut");
}

void ForgetfulFileSystem::apply(Medium& medium, const Entry& entry) {
  if (entry.file)
    medium.durable[entry.path] = entry.file;
  else
    medium.durable.erase(entry.path);
}

/// A copy in which names that share a file still do.
void ForgetfulFileSystem::freeze() {
  if (dead_) return;
  std::map<FilePointer, FilePointer> copies;
  const auto copy = [&](FilePointer& file) {
    if (!file) return;
    auto& made = copies[file];
    if (!made) made = std::make_shared<ForgetfulFile>(*file);
    file = made;
  };
  dead_ = medium_;
  for (auto& [path, file] : dead_->current) copy(file);
  for (auto& [path, file] : dead_->durable) copy(file);
  for (Entry& entry : dead_->entries) copy(entry.file);
}

void ForgetfulFileSystem::start_again() {
  freeze();
  medium_ = std::move(*dead_);
  dead_.reset();
  die_at_ = 0;
  failing_.clear();
  room_.reset();
  ++life_;
}

void ForgetfulFileSystem::die() {
  const std::lock_guard lock(mutex_);
  freeze();
}

void ForgetfulFileSystem::die_at(std::uint64_t calls) {
  const std::lock_guard lock(mutex_);
  die_at_ = all_calls_ + calls;
}

bool ForgetfulFileSystem::dead() const {
  const std::lock_guard lock(mutex_);
  return dead_.has_value();
}

void ForgetfulFileSystem::come_back_after_power_cut(std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  start_again();
  std::mt19937_64 draw(seed);
  const std::size_t kept = seed == 0 ? 0 : draw() % (medium_.entries.size() + 1);
  for (std::size_t i = 0; i < kept; ++i) apply(medium_, medium_.entries[i]);
  medium_.entries.clear();
  for (auto& [path, file] : medium_.durable) {
    if (seed != 0) file->lose(draw);
    file->overwrites.clear();
    file->content = file->durable;
  }
  medium_.current = medium_.durable;
}

void ForgetfulFileSystem::come_back() {
  const std::lock_guard lock(mutex_);
  start_again();
  for (auto& [path, file] : medium_.current) file->sync();
  medium_.durable = medium_.current;
  medium_.entries.clear();
}

void ForgetfulFileSystem::fail_at(Call call, std::uint64_t number, Fault fault, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  failing_[call] = {calls_[call] + number, count, fault};
}

void ForgetfulFileSystem::fail_reads(const std::string& path, std::uint64_t octet, Fault fault) {
  const std::lock_guard lock(mutex_);
  find(path)->bad = {octet, fault};
}

void ForgetfulFileSystem::heal() {
  const std::lock_guard lock(mutex_);
  for (auto& [path, file] : medium_.current) file->bad.reset();
  failing_.clear();
  room_.reset();
}

void ForgetfulFileSystem::set_room(std::optional<std::uint64_t> octets) {
  const std::lock_guard lock(mutex_);
  room_ = octets;
}

std::size_t ForgetfulFileSystem::take_room(std::size_t octets) {
  if (!room_) return octets;
  const std::size_t taken = std::min<std::uint64_t>(*room_, octets);
  *room_ -= taken;
  return taken;
}

std::uint64_t ForgetfulFileSystem::calls(Call call) const {
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(call);
  return found == calls_.end() ? 0 : found->second;
}

std::vector<std::string> ForgetfulFileSystem::files() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, file] : medium_.current) paths.push_back(path);
  return paths;
}

std::string ForgetfulFileSystem::content(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto file = find(path);
  return file ? file->content : std::string();  // RocksDB may have removed it since it was listed
}

std::uint64_t ForgetfulFileSystem::octets_in(const std::string& directory) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t octets = 0;
  for (const auto& [path, file] : medium_.current)
    if (directory_of(path) == plain(directory)) octets += file->content.size();
  return octets;
}

void ForgetfulFileSystem::change(const std::string& path, const std::function<void(std::string&)>& how) {
  const std::lock_guard lock(mutex_);
  const auto file = find(path);
  how(file->content);
  file->durable = file->content;
  file->overwrites.clear();
}

void ForgetfulFileSystem::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  medium_.current.erase(path);
  medium_.durable.erase(path);
}

std::map<std::string, std::string> ForgetfulFileSystem::save() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::string> files;
  for (const auto& [path, file] : medium_.current) files.emplace(path, file->content);
  return files;
}

void ForgetfulFileSystem::load(const std::map<std::string, std::string>& files) {
  const std::lock_guard lock(mutex_);
  start_again();
  medium_ = {};
  for (const auto& [path, content] : files) medium_.current[path] = std::make_shared<ForgetfulFile>(content, content);
  medium_.durable = medium_.current;
}

void ForgetfulFileSystem::sync_directory(const std::string& path) {
  for (const Entry& entry : medium_.entries)
    if (entry.directory == path) apply(medium_, entry);
  std::erase_if(medium_.entries, [&](const Entry& entry) { return entry.directory == path; });
}

void ForgetfulFileSystem::enter(const std::string& path, FilePointer file) {
  medium_.entries.push_back({directory_of(plain(path)), plain(path), file});
  if (file)
    medium_.current[plain(path)] = std::move(file);
  else
    medium_.current.erase(plain(path));
}

FilePointer ForgetfulFileSystem::find(const std::string& path) const {
  const auto found = medium_.current.find(plain(path));
  return found == medium_.current.end() ? nullptr : found->second;
}

Status ForgetfulFileSystem::NewSequentialFile(const std::string& path, const rocksdb::FileOptions&,
                                              std::unique_ptr<rocksdb::FSSequentialFile>* result, Debug*) {
  const std::lock_guard lock(mutex_);
  const auto file = find(path);
  if (!file) return Status::PathNotFound(path);
  *result = std::make_unique<SequentialFile>(Handle{*this, file, life_});
  return Status::OK();
}

Status ForgetfulFileSystem::NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions&,
                                                std::unique_ptr<rocksdb::FSRandomAccessFile>* result, Debug*) {
  const std::lock_guard lock(mutex_);
  const auto file = find(path);
  if (!file) return Status::PathNotFound(path);
  *result = std::make_unique<RandomAccessFile>(Handle{*this, file, life_});
  return Status::OK();
}

Status ForgetfulFileSystem::NewWritableFile(const std::string& path, const rocksdb::FileOptions&,
                                            std::unique_ptr<rocksdb::FSWritableFile>* result, Debug*) {
  const std::lock_guard lock(mutex_);
  auto status = before(Call::write, life_);
  if (!status.ok()) return status;
  if (room_ == 0) return Status::NoSpace(path);
  auto file = std::make_shared<ForgetfulFile>();
  enter(path, file);
  *result = std::make_unique<WritableFile>(Handle{*this, file, life_});
  return status;
}

Status ForgetfulFileSystem::ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                               std::unique_ptr<rocksdb::FSWritableFile>* result, Debug* debug) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto file = find(path)) {
      *result = std::make_unique<WritableFile>(Handle{*this, file, life_});
      return Status::OK();
    }
  }
  return NewWritableFile(path, options, result, debug);
}

Status ForgetfulFileSystem::NewRandomRWFile(const std::string& path, const rocksdb::FileOptions&,
                                            std::unique_ptr<rocksdb::FSRandomRWFile>* result, Debug*) {
  const std::lock_guard lock(mutex_);
  const auto file = find(path);
  if (!file) return Status::PathNotFound(path);
  *result = std::make_unique<RandomRWFile>(Handle{*this, file, life_});
  return Status::OK();
}

Status ForgetfulFileSystem::NewDirectory(const std::string& path, const Options&, std::unique_ptr<rocksdb::FSDirectory>* result,
                                         Debug*) {
  const std::lock_guard lock(mutex_);
  *result = std::make_unique<Directory>(*this, plain(path), life_);
  return Status::OK();
}

Status ForgetfulFileSystem::FileExists(const std::string& path, const Options&, Debug*) {
  const std::lock_guard lock(mutex_);
  return find(path) || directories_.contains(plain(path)) ? Status::OK() : Status::NotFound(path);
}

Status ForgetfulFileSystem::GetChildren(const std::string& directory, const Options&, std::vector<std::string>* result,
                                        Debug*) {
  const std::lock_guard lock(mutex_);
  result->clear();
  for (const auto& [path, file] : medium_.current)
    if (directory_of(path) == plain(directory)) result->push_back(path.substr(path.rfind('/') + 1));
  return directories_.contains(plain(directory)) ? Status::OK() : Status::NotFound(directory);
}

Status ForgetfulFileSystem::DeleteFile(const std::string& path, const Options&, Debug*) {
  const std::lock_guard lock(mutex_);
  auto status = before(Call::write, life_);
  if (!status.ok()) return status;
  if (!find(path)) return Status::PathNotFound(path);
  enter(path, nullptr);
  return status;
}

Status ForgetfulFileSystem::Truncate(const std::string& path, std::size_t size, const Options&, Debug*) {
  const std::lock_guard lock(mutex_);
  auto status = before(Call::write, life_);
  const auto file = find(path);
  if (status.ok() && file) file->truncate(size);
  return file ? status : Status::PathNotFound(path);
}

/// Directories are durable at once: the tests are about what lies in them.
Status ForgetfulFileSystem::CreateDir(const std::string& path, const Options&, Debug*) {
  const std::lock_guard lock(mutex_);
  ++directories_[plain(path)];
  return Status::OK();
}

Status ForgetfulFileSystem::CreateDirIfMissing(const std::string& path, const Options& options, Debug* debug) {
  return CreateDir(path, options, debug);
}

Status ForgetfulFileSystem::DeleteDir(const std::string& path, const Options&, Debug*) {
  const std::lock_guard lock(mutex_);
  directories_.erase(plain(path));
  return Status::OK();
}

Status ForgetfulFileSystem::GetFileSize(const std::string& path, const Options&, std::uint64_t* size, Debug*) {
  const std::lock_guard lock(mutex_);
  const auto file = find(path);
  if (!file) return Status::PathNotFound(path);
  *size = file->content.size();
  return Status::OK();
}

Status ForgetfulFileSystem::GetFileModificationTime(const std::string&, const Options&, std::uint64_t* time, Debug*) {
  *time = 1;
  return Status::OK();
}

Status ForgetfulFileSystem::RenameFile(const std::string& from, const std::string& to, const Options&, Debug*) {
  const std::lock_guard lock(mutex_);
  auto status = before(Call::write, life_);
  if (!status.ok()) return status;
  const auto file = find(from);
  if (!file) return Status::PathNotFound(from);
  enter(to, file);  // the new name first: a cut in between leaves both, never neither
  enter(from, nullptr);
  return status;
}

Status ForgetfulFileSystem::LinkFile(const std::string&, const std::string&, const Options&, Debug*) {
  return Status::NotSupported("LinkFile");
}

Status ForgetfulFileSystem::LockFile(const std::string&, const Options&, rocksdb::FileLock** lock, Debug*) {
  *lock = new Lock;
  return Status::OK();
}

Status ForgetfulFileSystem::UnlockFile(rocksdb::FileLock* lock, const Options&, Debug*) {
  delete lock;
  return Status::OK();
}

Status ForgetfulFileSystem::GetTestDirectory(const Options&, std::string* path, Debug*) {
  *path = "/forgetful";
  return Status::OK();
}

Status ForgetfulFileSystem::NewLogger(const std::string&, const Options&, std::shared_ptr<rocksdb::Logger>* result, Debug*) {
  *result = std::make_shared<SilentLogger>();
  return Status::OK();
}

Status ForgetfulFileSystem::GetAbsolutePath(const std::string& path, const Options&, std::string* result, Debug*) {
  *result = path;
  return Status::OK();
}

Status ForgetfulFileSystem::GetFreeSpace(const std::string&, const Options&, std::uint64_t* octets, Debug*) {
  *octets = 1ull << 40;
  return Status::OK();
}

Status ForgetfulFileSystem::IsDirectory(const std::string& path, const Options&, bool* result, Debug*) {
  const std::lock_guard lock(mutex_);
  *result = directories_.contains(plain(path));
  return *result || find(path) ? Status::OK() : Status::NotFound(path);
}

}  // namespace understudy::test
