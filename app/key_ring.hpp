/// From the configuration to the keys of the store: the master key, by file or by program, and the ring that it opens.
#pragma once

#include <memory>
#include <string>

#include "archive/keys/options.hpp"
#include "archive/keys/ring.hpp"
#include "base/aead.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "conf/config.hpp"

namespace understudy::app {

/// Of a file that nobody but its owner may enter. errc::not_found, errc::refused, errc::malformed; never says what is in it.
base::Result<base::SecretKey> master_key_of(const std::string& file);
/// Of the file or the program that the configuration names.
base::Result<base::SecretKey> master_key_of(const archive::keys::Options& options);

/// The ring of the store in `config.server.data`, made where nothing was ever encrypted; nullptr: encryption is off. What the
/// store needs and is not there is an error whose text says what to do. `random` and `clock` outlive it.
base::Result<std::shared_ptr<archive::keys::Ring>> open_ring(const conf::Config& config, base::Random& random,
                                                             const base::Clock& clock);

/// What open_store() failed with, in words for who administers it: keys that do not fit have a cure.
base::Error explain_store(const base::Error& error, const conf::Config& config);

}  // namespace understudy::app
