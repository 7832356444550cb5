/// A key ring's file on a disk: appended to, or replaced whole, and durable when a call returns. Never knows what the octets
/// mean. One process at a time has it, by a lock on a file beside it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace understudy::archive::keys {

/// One thread at a time. After a failure that leaves the file in doubt every later write gives errc::stopped.
class RingFile {
 public:
  /// errc::not_found: there is no such file; errc::busy: another process has it; errc::refused: others may enter it.
  static base::Result<std::unique_ptr<RingFile>> open(const std::string& path);
  /// A new one (0600), with its folder (0700) where that is missing. errc::exists.
  static base::Result<std::unique_ptr<RingFile>> make(const std::string& path, std::string_view octets);
  ~RingFile();
  RingFile(const RingFile&) = delete;
  RingFile& operator=(const RingFile&) = delete;

  const std::string& path() const { return path_; }
  bool stopped() const { return stopped_; }  ///< any thread
  base::Result<std::string> read() const;
  /// Cuts the file at `octets`; durable with the next append.
  base::Result<> cut(std::uint64_t octets);
  /// errc::busy: the medium is full, and nothing was appended; it may be later.
  base::Result<> append(std::string_view octets);
  /// Writes over what is at `offset`, inside of one sector; durable with the next append, at the latest.
  base::Result<> write_mark(std::uint64_t offset, std::string_view octets);
  /// Either the old octets or the new ones are there, whenever the power goes. The old file is then written over, where it lay.
  base::Result<> replace(std::string_view octets);

 private:
  RingFile(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  base::Result<> open_file();
  base::Result<> stop(base::Result<> failed);

  std::string path_;
  int lock_;
  int file_ = -1;
  std::atomic<bool> stopped_ = false;
};

}  // namespace understudy::archive::keys
