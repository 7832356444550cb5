/// Writes a file whole or not at all: whoever reads it sees the old octets or the new ones, also after a power cut.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace understudy::app {

enum class Existing : std::uint8_t { refuse, replace };

/// A link is followed. A replaced file keeps its mode and its owner; a new one gets 0600. errc::exists.
base::Result<> write_file(const std::string& path, std::string_view text, Existing existing);

/// So that what was made, renamed or removed in it stays so.
base::Result<> sync_directory(const std::filesystem::path& directory);

}  // namespace understudy::app
