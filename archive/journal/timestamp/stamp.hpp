/// Time stamps of signed tree heads: an authority that is neither of the two machines says under its signature that a head was
/// there at a time. RFC 3161 (query, answer), RFC 5816 (which certificate signed), by OpenSSL. Never does I/O, and believes the
/// authority's clock alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "archive/journal/head.hpp"
#include "archive/journal/timestamp/errc.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace understudy::archive::journal::timestamp {

inline constexpr std::size_t max_response = 64 * 1024;  ///< octets

/// What is stamped: SHA-256 over the head's octets and its signature.
base::Digest imprint_of(const SignedHead& head);

struct Query {
  base::Digest imprint{};
  std::uint64_t nonce = 0;

  static Query make(const SignedHead& head, base::Random& random);
  std::string encode() const;  ///< TimeStampReq in DER; asks for the authority's certificate, so that the answer stands alone
};

/// An answer that grants a time stamp.
struct Stamp {
  std::string response;   ///< TimeStampResp in DER, as it came: what `openssl ts -verify -in` reads
  base::WallTime time{};  ///< the authority's, to the second
  base::Digest imprint{};

  /// errc::too_large, malformed, not_granted, other_imprint (not one of SHA-256). Looks at no signature.
  static base::Result<Stamp> parse(std::string response);
  std::string encode() const;  ///< as it is stored
  /// base::errc::damaged; base::errc::unsupported for a later version.
  static base::Result<Stamp> decode(std::string_view value);
};

/// The certificates that authorities must lead to. Immutable; any thread.
class Roots {
 public:
  /// One certificate or more. base::errc::malformed.
  static base::Result<Roots> from_pem(std::string_view pem);
  Roots(Roots&&) noexcept;
  Roots& operator=(Roots&&) noexcept;
  ~Roots();

  /// Is `response` the answer to `query`, signed by an authority that these roots trust now, whose certificate is one for time
  /// stamps? Every errc of this folder.
  base::Result<Stamp> check(const Query& query, std::string response) const;

 private:
  struct Impl;
  explicit Roots(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace understudy::archive::journal::timestamp
