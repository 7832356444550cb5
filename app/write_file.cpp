#include "app/write_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace understudy::app {
namespace {

std::unexpected<base::Error> system_failure(const std::string& what) {
  const boost::system::error_code code(errno, boost::system::system_category());
  return base::fail(what, code);
}

/// A file beside its later place, gone again unless it was put there.
class Draft {
 public:
  explicit Draft(const std::string& target) : path_(target + ".XXXXXX") { descriptor_ = ::mkostemp(path_.data(), O_CLOEXEC); }
  ~Draft() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (!placed_) ::unlink(path_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  base::Result<> write(std::string_view text) {
    if (descriptor_ < 0) return system_failure(path_);
    while (!text.empty()) {
      const auto written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return system_failure(path_);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }
  base::Result<> take_rights_of(const struct stat& old) {
    if (::fchmod(descriptor_, old.st_mode & 07777) != 0) return system_failure(path_);
    const bool other_owner = old.st_uid != ::geteuid() || old.st_gid != ::getegid();
    if (other_owner && ::fchown(descriptor_, old.st_uid, old.st_gid) != 0 && ::geteuid() == 0) return system_failure(path_);
    return {};
  }
  base::Result<> place(const std::string& target, Existing existing) {
    if (::fsync(descriptor_) != 0) return system_failure(path_);
    // link() refuses a name that is there, rename() replaces it; both at once or not at all.
    if (existing == Existing::refuse) {
      if (::link(path_.c_str(), target.c_str()) != 0) return system_failure(target);
      return {};
    }
    if (::rename(path_.c_str(), target.c_str()) != 0) return system_failure(target);
    placed_ = true;
    return {};
  }

 private:
  std::string path_;
  int descriptor_ = -1;
  bool placed_ = false;
};

}  // namespace

base::Result<> sync_directory(const std::filesystem::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_failure(directory.string());
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!synced) return system_failure(directory.string());
  return {};
}

base::Result<> write_file(const std::string& path, std::string_view text, Existing existing) {
  std::error_code unresolved;
  std::filesystem::path target = std::filesystem::absolute(path);
  if (const auto real = std::filesystem::canonical(target, unresolved); !unresolved) target = real;
  struct stat found {};
  const bool there = ::stat(target.c_str(), &found) == 0;
  if (there && existing == Existing::refuse) return base::fail(path, base::errc::exists);
  Draft draft(target.string());
  if (auto written = draft.write(text); !written) return written;
  if (there)
    if (auto taken = draft.take_rights_of(found); !taken) return taken;
  if (auto placed = draft.place(target.string(), existing); !placed) return placed;
  return sync_directory(target.parent_path());
}

}  // namespace understudy::app
