/// Undoes base64 and quoted-printable (RFC 2045 §6.7, §6.8) in a stream; pieces of any size, the result does not depend on
/// them. Memory: a few octets, of quoted-printable at most held_white_space. Never fails: takes what is wrong as well as it
/// can, and says that something was.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mail/mime/structure.hpp"

namespace understudy::mail::mime {

class TransferDecoder {  // one per text, one thread
 public:
  /// White space at the end of a line is dropped (RFC 2045 §6.7 (3)); a run longer than this stands.
  static constexpr std::size_t held_white_space = 64 * 1024;

  /// 7bit, 8bit, binary and unknown encodings are passed through.
  explicit TransferDecoder(Encoding encoding) : encoding_(encoding) {}

  /// Appends to `out`. Keeps no view of `in`.
  void feed(std::string_view in, std::string& out);
  /// What was held back; feed() is not allowed afterwards.
  void finish(std::string& out);

  /// So far something was wrong: in base64 a character that is neither of the alphabet nor white space, padding in a wrong
  /// place, or bits left over; in quoted-printable a "=" that begins nothing. BINARY answers NO [UNKNOWN-CTE] to such a part
  /// (RFC 3516 §4.3).
  bool broken() const { return broken_; }

 private:
  void feed_base64(std::string_view in, std::string& out);
  void end_quantum(std::string& out);
  void feed_quoted_printable(std::string_view in, std::string& out);
  void take_special(char c, std::string& out);
  void give_held(std::string& out);

  Encoding encoding_;
  bool broken_ = false;
  std::uint32_t bits_ = 0;   // base64: of the quantum that is not full
  unsigned characters_ = 0;  // of it
  unsigned padding_ = 0;     // "=" that may still follow
  bool padded_ = false;      // the data ended by padding
  std::string held_;         // quoted-printable: "", "=" or "=X", then white space, then perhaps a CR
};

/// All at once.
std::string decode_transfer(std::string_view text, Encoding encoding);

}  // namespace understudy::mail::mime
