/// The master key, under which the key ring is kept: one line of text, wherever it comes from. Never reads a file.
#pragma once

#include <string>
#include <string_view>

#include "base/aead.hpp"
#include "base/result.hpp"

namespace understudy::archive::keys {

/// The line, with its end or without: archive/keys/options.hpp. errc::malformed; never says what stood there.
base::Result<base::SecretKey> parse_master_key(std::string_view line);
/// With its end.
std::string master_key_line(const base::SecretKey& key);

}  // namespace understudy::archive::keys
