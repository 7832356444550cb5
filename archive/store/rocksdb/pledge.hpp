/// What the ring of keys says of the whole store (KeyRing::Pledge), taken when the store is opened and kept from then on: where
/// all is encrypted, octets in clear are damage, and not what somebody put there. Only the RocksDB engine includes it.
#pragma once

#include "archive/store/rocksdb/rocks_core.hpp"

namespace understudy::archive::store {

/// May this store be opened with this ring? errc::damaged: the ring says that it is encrypted, and nothing in it is;
/// errc::refused: what comes is not to be.
base::Result<> check_pledge(const RocksCore& core, bool has_begun);

/// After the opening was counted, and before anything else is written: encrypts the records that are in clear, once, and makes
/// the promise. What was cut is begun again by the next opening.
base::Result<> take_pledge(RocksCore& core);

}  // namespace understudy::archive::store
