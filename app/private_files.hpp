/// Files in folders of their own that nobody but their owner may enter: keys that this machine made for itself.
#pragma once

#include <filesystem>
#include <string>

#include "base/ed25519.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace understudy::app {

/// Empty where there is no such file. One that is there and cannot be read is an error: what is in it may be good.
base::Result<std::string> content_of(const std::filesystem::path& path);
/// With its parents where they are not there; for its owner alone, and durable.
base::Result<> make_private_folder(const std::filesystem::path& folder);

/// Of a PEM file. errc::not_found; errc::malformed: something else is in it; errc::refused: others may read it.
base::Result<base::SigningKey> read_key(const std::filesystem::path& path);
/// read_key(); where there is no file a new key, in a file for its owner alone, durable when this returns. A file that is there
/// is never replaced: other machines know this one by what it holds.
base::Result<base::SigningKey> own_key(const std::filesystem::path& path, base::Random& random);

}  // namespace understudy::app
