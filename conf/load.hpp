/// Reads a configuration: TOML in, a checked Config out, or everything that is wrong with it at once.
/// Never opens a file that the configuration names: see conf/check_files.hpp.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "conf/config.hpp"
#include "conf/problem.hpp"

namespace understudy::conf {

struct Loaded {
  Config config;
  Problems warnings;
};

/// `file` is only said in problems. The failure holds errors, at least one, in the order of the file.
std::expected<Loaded, Problems> load(std::string_view text, const std::string& file);

/// The same from a file; one that can't be read is a Problem without a position.
std::expected<Loaded, Problems> load_file(const std::filesystem::path& path);

/// The octets of a configuration file, at most max_file of them.
std::expected<std::string, Problem> read_text(const std::filesystem::path& path);

}  // namespace understudy::conf
