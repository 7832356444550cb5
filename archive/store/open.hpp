/// Opens the store with the engine that its data directory needs: the one place that names the default one.
#pragma once

#include <memory>
#include <string>

#include "archive/store/options.hpp"
#include "archive/store/store.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace understudy::archive::store {

/// Makes the directory at the first start. `clock` and `random` are used during the call only. errc::busy: in use, the context
/// names the process; errc::unsupported: another engine or a newer format, the context names both; errc::damaged: part of it
/// fails its check or is missing.
base::Result<std::unique_ptr<Store>> open_store(const Options& options, base::Clock& clock, base::Random& random);

/// Gives the store of this directory, which was put back from an older copy, a new incarnation: so no number of custody and no
/// tree head is of the same name as one that was lost. All else stays. Nobody may have it open. Errors as open_store().
base::Result<Identity> renew_incarnation(const Options& options, base::Clock& clock, base::Random& random);

/// Who the store of this directory is, without opening or locking it. errc::not_found: there is none.
base::Result<Identity> read_identity(const std::string& directory);

/// Was anything in it ever encrypted, so that it can be opened with its keys alone? Errors as read_identity().
base::Result<bool> was_encrypted(const std::string& directory);

}  // namespace understudy::archive::store
