/// The octets of a block as they are stored: as they came, compressed by zstd (RFC 8878), or by zstd with a dictionary of this
/// archive's own mail. Integrity is the matter of the frame around it. Never does I/O.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "archive/store/content/dictionaries.hpp"
#include "base/result.hpp"

namespace understudy::archive::store::content {

/// Grammar: coded = %x01 octets / %x02 zstd-frame / %x03 u32-dictionary zstd-frame
class BlockCodec {  // any thread; keeps as many contexts as were ever in use at once
 public:
  /// What a block is for: small texts of one message gain by a dictionary, parts do not. What is encrypted must say nothing of
  /// other messages, and have nothing said of it.
  enum class Use : std::uint8_t { literal, part, encrypted };

  /// `level`: zstd's; 0: nothing is compressed. With a dictionary its own level holds.
  BlockCodec(int level, std::shared_ptr<const Dictionaries> dictionaries);
  ~BlockCodec();
  /// Appends the coded block to `out`: never longer than the octets and one.
  void encode(Use use, std::string_view octets, std::string& out);
  /// `octets`: how many there must be; no more memory than that is taken, whatever `coded` says. errc::damaged, also where a
  /// dictionary is not here: the context names it; errc::unsupported: a codec of a later version.
  base::Result<std::string> decode(std::string_view coded, std::size_t octets) const;

 private:
  struct Contexts;
  std::shared_ptr<const Dictionary> dictionary_for(Use use, std::size_t octets) const;
  bool compress(const Dictionary* dictionary, std::string_view octets, std::string& out);
  base::Result<std::string> decompress(std::string_view frame, const Dictionary* dictionary, std::size_t octets) const;

  int level_;
  std::shared_ptr<const Dictionaries> dictionaries_;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace understudy::archive::store::content
