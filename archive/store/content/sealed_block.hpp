/// A block of a body that has a key of its own: coded as any other, then encrypted by AES-256-GCM. The nonce is the block's
/// number, which a body gives once. Never does I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "archive/store/body.hpp"
#include "base/aead.hpp"
#include "base/result.hpp"

namespace understudy::archive::store::content {

/// Which block it is: one that stands in another's place, or in another body, does not open.
struct BlockName {
  BodyId body;
  std::uint32_t index = 0;   ///< among the body's own, from 0
  std::uint32_t octets = 0;  ///< not compressed
};

/// Grammar: %x04 sealed ; of `coded` as BlockCodec gives it. Any thread.
std::string seal_block(const base::SecretKey& key, const BlockName& name, std::string_view coded);
bool is_sealed(std::string_view coded);
/// What was coded. errc::damaged: not of this key, or not this block. Any thread.
base::Result<std::string> open_block(const base::SecretKey& key, const BlockName& name, std::string_view sealed);

}  // namespace understudy::archive::store::content
