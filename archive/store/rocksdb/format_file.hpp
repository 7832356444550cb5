/// The file `format` of a data directory: which engine wrote it, in which format, and who the store is. Text, a name and a
/// value a line; lines that this version does not know are left alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rocksdb/file_system.h>

#include "archive/store/store.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace understudy::archive::store {

inline constexpr std::string_view engine_name = "rocksdb";
inline constexpr std::uint32_t plain_format = 2;
inline constexpr std::uint32_t encrypted_format = 3;  ///< of a store in which something is encrypted, or was
inline constexpr std::uint32_t newest_format = encrypted_format;

std::string to_text(const Identity& identity);
/// errc::damaged: a line is missing or wrong.
base::Result<Identity> identity_from(std::string_view text);
/// errc::unsupported: another engine or a newer format; the context names both.
base::Result<> check_supported(const Identity& identity);

Identity make_identity(const base::Clock& clock, base::Random& random);

/// nullopt: there is no such file.
base::Result<std::optional<Identity>> read_format(rocksdb::FileSystem& files, const std::string& directory);
/// Durable when it returns, and never half written.
base::Result<> write_format(rocksdb::FileSystem& files, const std::string& directory, const Identity& identity);

}  // namespace understudy::archive::store
