/// Reading and replacing the engine's own small files through RocksDB's file system. Only the RocksDB engine includes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rocksdb/file_system.h>

#include "base/result.hpp"

namespace understudy::archive::store {

/// At most `limit` octets; nullopt: there is no such file. errc::too_long, errc::io.
base::Result<std::optional<std::string>> read_small_file(rocksdb::FileSystem& files, const std::string& path,
                                                         std::size_t limit);
/// Writes a new file, syncs it, renames it to `directory`/`name` and syncs the directory.
base::Result<> replace_file(rocksdb::FileSystem& files, const std::string& directory, const std::string& name,
                            std::string_view text);
base::Result<> sync_directory(rocksdb::FileSystem& files, const std::string& directory);

}  // namespace understudy::archive::store
