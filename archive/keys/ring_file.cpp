#include "archive/keys/ring_file.hpp"

#include <array>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace understudy::archive::keys {
namespace fs = std::filesystem;
namespace {

std::unexpected<base::Error> system_failure(const std::string& what) {
  const boost::system::error_code code(errno, boost::system::system_category());
  return base::fail(what, code);
}

bool is_full(const base::Error& error) {
  return error.code == boost::system::errc::no_space_on_device || error.code.value() == EDQUOT;
}

base::Result<> write_all(int file, std::string_view octets, const std::string& path) {
  while (!octets.empty()) {
    const auto written = ::write(file, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return system_failure(path);
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

base::Result<> sync_folder_of(const std::string& path) {
  const auto folder = fs::absolute(path).parent_path().string();
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_failure(folder);
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!synced) return system_failure(folder);
  return {};
}

base::Result<> make_folder_of(const std::string& path) {
  const auto folder = fs::absolute(path).parent_path();
  std::error_code error;
  if (fs::exists(folder, error)) return {};
  if (!fs::create_directories(folder, error) && error) return base::fail(folder.string(), error);
  fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return base::fail(folder.string(), error);
  return sync_folder_of(folder.string());
}

/// The file beside the ring: the ring itself is replaced, and a lock on it would go with the old one.
base::Result<int> lock_beside(const std::string& path) {
  const std::string beside = path + ".lock";
  const int lock = ::open(beside.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return system_failure(beside);
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  const bool taken = errno == EWOULDBLOCK;
  const auto failed = taken ? base::fail(path + " is in use by another process", base::errc::busy) : system_failure(beside);
  ::close(lock);
  return failed;
}

/// What no name leads to any more, zeroed where it lay. A medium that writes elsewhere keeps the old octets: nothing to be done
/// about that here, so a failure changes nothing either.
void write_over(int file) {
  struct stat state {};
  if (::fstat(file, &state) != 0 || ::lseek(file, 0, SEEK_SET) != 0) return;
  const std::string zeros(static_cast<std::size_t>(state.st_size), '\0');
  if (write_all(file, zeros, "old ring")) ::fdatasync(file);
}

}  // namespace

base::Result<std::unique_ptr<RingFile>> RingFile::open(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error) && !error) return base::fail(path, base::errc::not_found);
  auto lock = lock_beside(path);
  if (!lock) return std::unexpected(lock.error());
  std::unique_ptr<RingFile> ring(new RingFile(path, *lock));
  ::unlink((path + ".next").c_str());  // of a replacement that was cut
  if (auto opened = ring->open_file(); !opened) return std::unexpected(opened.error());
  return ring;
}

base::Result<std::unique_ptr<RingFile>> RingFile::make(const std::string& path, std::string_view octets) {
  if (auto made = make_folder_of(path); !made) return std::unexpected(made.error());
  auto lock = lock_beside(path);
  if (!lock) return std::unexpected(lock.error());
  std::unique_ptr<RingFile> ring(new RingFile(path, *lock));
  std::error_code error;
  if (fs::exists(path, error)) return base::fail(path, base::errc::exists);
  if (auto written = ring->replace(octets); !written) return std::unexpected(written.error());
  return ring;
}

RingFile::~RingFile() {
  if (file_ >= 0) ::close(file_);
  ::close(lock_);
}

base::Result<> RingFile::open_file() {
  file_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  if (file_ < 0) return system_failure(path_);
  struct stat state {};
  if (::fstat(file_, &state) != 0) return system_failure(path_);
  if ((state.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return base::fail(path_ + " is open to others; chmod 600 it", base::errc::refused);
  return {};
}

base::Result<std::string> RingFile::read() const {
  std::string octets;
  std::array<char, 64 * 1024> room{};
  if (::lseek(file_, 0, SEEK_SET) != 0) return system_failure(path_);
  for (;;) {
    const auto got = ::read(file_, room.data(), room.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(path_);
    if (got == 0) return octets;
    octets.append(room.data(), static_cast<std::size_t>(got));
  }
}

base::Result<> RingFile::stop(base::Result<> failed) {
  if (!failed) stopped_ = true;
  return failed;
}

base::Result<> RingFile::cut(std::uint64_t octets) {
  if (::ftruncate(file_, static_cast<off_t>(octets)) != 0) return stop(system_failure(path_));
  return {};
}

base::Result<> RingFile::append(std::string_view octets) {
  if (stopped_) return base::fail(path_, base::errc::stopped);
  struct stat state {};
  if (::fstat(file_, &state) != 0) return stop(system_failure(path_));
  if (state.st_nlink == 0) return stop(base::fail(path_ + " was removed", base::errc::stopped));
  const auto end = ::lseek(file_, 0, SEEK_END);
  if (end < 0) return stop(system_failure(path_));
  if (auto written = write_all(file_, octets, path_); !written) {
    if (is_full(written.error()) && ::ftruncate(file_, end) == 0)
      return base::fail(path_ + ": the medium is full", base::errc::busy);
    return stop(std::move(written));
  }
  if (::fdatasync(file_) != 0) return stop(system_failure(path_));
  return {};
}

base::Result<> RingFile::write_mark(std::uint64_t offset, std::string_view octets) {
  if (stopped_) return base::fail(path_, base::errc::stopped);
  const auto written = ::pwrite(file_, octets.data(), octets.size(), static_cast<off_t>(offset));
  if (written != static_cast<ssize_t>(octets.size())) return stop(system_failure(path_));
  return {};
}

base::Result<> RingFile::replace(std::string_view octets) {
  if (stopped_) return base::fail(path_, base::errc::stopped);
  const std::string beside = path_ + ".next";
  const int file = ::open(beside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return system_failure(beside);
  auto done = write_all(file, octets, beside);
  if (done && ::fsync(file) != 0) done = system_failure(beside);
  if (done && ::rename(beside.c_str(), path_.c_str()) != 0) done = system_failure(path_);
  if (!done) {
    ::close(file);
    ::unlink(beside.c_str());
    return done;  // the ring is what it was
  }
  const int old = std::exchange(file_, file);
  auto synced = sync_folder_of(path_);
  if (old >= 0) {
    if (synced) write_over(old);  // not before: until then a power cut may bring it back
    ::close(old);
  }
  return stop(std::move(synced));
}

}  // namespace understudy::archive::keys
