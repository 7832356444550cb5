/// The folder that `journal export` fills: each file is new and for its owner alone, since they hold other people's mail. All
/// of them reach the disk at once, at the end: a sync for each file would take longer than everything else together.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.hpp"

namespace understudy::app {

/// A file that was not there before. What fails first is told by close(), and nothing is written after it.
class NewFile {
 public:
  explicit NewFile(std::filesystem::path path);  ///< a name that is there, a link too, is a failure
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  bool write(std::string_view octets);  ///< false: it, or an earlier one, failed
  base::Result<> close();

 private:
  std::filesystem::path path_;
  int descriptor_;
  base::Result<> result_;
};

class JournalFolder {
 public:
  explicit JournalFolder(std::filesystem::path path) : path_(std::move(path)) {}
  const std::filesystem::path& path() const { return path_; }

  /// Makes it where it is not there. errc::exists: something is in it.
  base::Result<> prepare() const;
  base::Result<> put(std::string_view name, std::string_view octets) const;
  /// When it returns, all that was put into it is on the disk.
  base::Result<> sync() const;

 private:
  std::filesystem::path path_;
};

}  // namespace understudy::app
