/// What encryption at rest is told by the configuration. Filled by conf.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace understudy::archive::keys {

/// What a master key's line begins with; Base64 of 32 octets follows.
inline constexpr std::string_view master_prefix = "understudy-master:";

/// Off where neither source of the master key is named.
struct Options {
  std::string master_key;                   ///< absolute path of the file that has it
  std::vector<std::string> master_command;  ///< or the program that prints it, by its absolute path, and its arguments
  std::string ring;                         ///< absolute path; never empty where encryption is on

  bool on() const { return !master_key.empty() || !master_command.empty(); }
  bool operator==(const Options&) const = default;
};

}  // namespace understudy::archive::keys
