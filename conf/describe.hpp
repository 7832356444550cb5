/// A configuration as a flat list of settings in readable words: what two of them are compared by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/config.hpp"

namespace understudy::conf {

struct Setting {
  std::string key;    ///< "passthrough.create_mailbox"; elements of lists by their name: "client scanner.example.org.may"
  std::string value;  ///< as the file would write it
  enum class Show : std::uint8_t { open, secret } show = Show::open;  ///< secret: a password; compared, never printed
};

/// "smtp", "submission", as the file writes it.
std::string_view name_of(relay::Protocol protocol);

/// Every setting of the Config, defaults too, in the order of the documentation.
std::vector<Setting> describe(const Config& config);

}  // namespace understudy::conf
