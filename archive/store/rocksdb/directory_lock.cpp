#include "archive/store/rocksdb/directory_lock.hpp"

#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/text.hpp"

namespace understudy::archive::store {
namespace {

std::string owner_of(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t got = ::pread(descriptor, text.data(), text.size(), 0);
  const std::string_view line(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  const auto id = base::to_number(line.substr(0, line.find('\n')));
  return id ? "process " + std::to_string(*id) : "another process";
}

std::unexpected<base::Error> failed(const std::string& file) {
  return base::fail(file, boost::system::error_code(errno, boost::system::system_category()));
}

base::Result<> lock_and_sign(int descriptor, const std::string& file) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return base::fail(file + ": the store is in use by " + owner_of(descriptor), base::errc::busy);
    return failed(file);
  }
  // Over the old one, cut to length afterwards: on a full disk a block that is given up may not come back.
  const std::string text = std::to_string(::getpid()) + "\n";
  const ssize_t written = ::pwrite(descriptor, text.data(), text.size(), 0);
  if (written < 0 || ::ftruncate(descriptor, static_cast<off_t>(text.size())) != 0) return failed(file);
  if (written != static_cast<ssize_t>(text.size())) return base::fail(file, base::errc::io);
  return {};
}

}  // namespace

base::Result<std::unique_ptr<DirectoryLock>> DirectoryLock::take(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed(file);
  std::unique_ptr<DirectoryLock> lock(new DirectoryLock(descriptor));
  auto locked = lock_and_sign(descriptor, file);
  if (!locked) return std::unexpected(locked.error());
  return lock;
}

DirectoryLock::~DirectoryLock() {
  ::close(descriptor_);
}

}  // namespace understudy::archive::store
