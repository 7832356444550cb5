#include "app/verbs/journal_folder.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace understudy::app {
namespace {
namespace fs = std::filesystem;

base::Result<> system_failure(const fs::path& path) {
  const boost::system::error_code code(errno, boost::system::system_category());
  return base::fail(path.string(), code);
}
}  // namespace

NewFile::NewFile(fs::path path)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
  if (descriptor_ < 0) result_ = system_failure(path_);
}

NewFile::~NewFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool NewFile::write(std::string_view octets) {
  while (result_ && !octets.empty()) {
    const auto written = ::write(descriptor_, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      result_ = system_failure(path_);
    } else {
      octets.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  return result_.has_value();
}

base::Result<> NewFile::close() {
  if (descriptor_ >= 0 && ::close(std::exchange(descriptor_, -1)) != 0 && result_) result_ = system_failure(path_);
  return result_;
}

base::Result<> JournalFolder::prepare() const {
  std::error_code error;
  fs::create_directories(path_.parent_path(), error);  // one that cannot be made is told by what follows
  if (::mkdir(path_.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return system_failure(path_);
  const bool empty = fs::is_empty(path_, error);
  if (error) return base::fail(path_.string(), error);
  if (!empty) return base::fail(path_.string() + ": there is something in it", base::errc::exists);
  return {};
}

base::Result<> JournalFolder::put(std::string_view name, std::string_view octets) const {
  NewFile file(path_ / name);
  file.write(octets);
  return file.close();
}

base::Result<> JournalFolder::sync() const {
  const int descriptor = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_failure(path_);
  const bool synced = ::syncfs(descriptor) == 0;
  const int why = errno;
  ::close(descriptor);
  errno = why;
  if (!synced) return system_failure(path_);
  return {};
}

}  // namespace understudy::app
