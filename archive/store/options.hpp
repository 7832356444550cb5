/// What the store is opened with. Filled by conf.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "archive/store/key_ring.hpp"

namespace understudy::archive::store {

/// Whether a body is made again out of what was written, and compared, before its message is answered.
enum class CheckWrites : std::uint8_t { off, on };

/// What is written from now on, where there are keys. What is there stays as it is, and is read either way.
enum class Encryption : std::uint8_t { off, on };

struct Options {
  std::string directory;                  ///< of the data; made (0700) where it is missing
  std::uint64_t memory = 128ull << 20;    ///< octets for memtables and caches together
  std::uint32_t chunk_size = 256 * 1024;  ///< octets of a body's own block before compression; at most 256 KiB
  int compression_level = 1;              ///< zstd's; 0: nothing is compressed
  std::uint32_t open_files = 512;         ///< tables and segments that stay open at a time
  CheckWrites check_writes = CheckWrites::off;
  std::shared_ptr<KeyRing> keys;           ///< nullptr: nothing is encrypted, and what is cannot be opened
  Encryption encryption = Encryption::on;  ///< of what will be written, where there are keys
};

}  // namespace understudy::archive::store
