/// Keeps a second process out of a data directory. The lock is the kernel's (flock), so it ends with its process; the file's
/// text, the owner's process id, only serves the message.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

namespace understudy::archive::store {

class DirectoryLock {
 public:
  /// errc::busy: "... is in use by process N"; errc::io.
  static base::Result<std::unique_ptr<DirectoryLock>> take(const std::string& file);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace understudy::archive::store
