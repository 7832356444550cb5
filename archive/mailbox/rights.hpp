/// Rights of others to a mailbox (RFC 4314): sets of letters, and what somebody may do by what was given. Pure; knows neither
/// accounts nor folders, and nothing of the owner, who may do everything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace understudy::archive::mailbox {

/// A set of rights. As one value.
class Rights {
 public:
  static constexpr std::string_view letters = "lrswipkxtea";  ///< in the order in which they are written

  constexpr Rights() = default;
  static constexpr Rights all() { return Rights((1u << letters.size()) - 1); }
  /// Of letters that are rights: a literal in the code.
  static constexpr Rights of(std::string_view known) {
    Rights rights;
    for (const char c : known) rights.bits_ |= static_cast<std::uint16_t>(1u << letters.find(c));
    return rights;
  }
  /// As a client writes them, each once or more; "c" is "kx" and "d" is "et" (RFC 4314 §2.1.1). nullopt: one is no right.
  static std::optional<Rights> parse(std::string_view text);

  constexpr bool has(Rights wanted) const { return (bits_ & wanted.bits_) == wanted.bits_; }
  constexpr bool has_any(Rights of) const { return (bits_ & of.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr Rights operator|(Rights other) const { return Rights(bits_ | other.bits_); }
  constexpr Rights operator&(Rights other) const { return Rights(bits_ & other.bits_); }
  constexpr Rights without(Rights other) const { return Rights(bits_ & ~unsigned{other.bits_}); }
  constexpr bool operator==(const Rights&) const = default;

  std::string text() const;
  /// With "c" and "d" where they belong: what older clients know (RFC 4314 §2.1.1).
  std::string told() const;

 private:
  constexpr explicit Rights(unsigned bits) : bits_(static_cast<std::uint16_t>(bits)) {}
  std::uint16_t bits_ = 0;
};

/// One of which the name is there, if nothing else (RFC 4314 §4: what may be told to whom).
inline constexpr Rights visible = Rights::of("lr");

inline constexpr std::string_view anyone = "anyone";  ///< each account of this machine

/// What stands beside one identifier of a folder.
struct Grant {
  std::string identifier;     ///< `anyone`, or the name of an account; "-" in front: these rights are taken away
  std::uint64_t account = 0;  ///< whose it is, by his number; 0: anyone
  Rights rights;
  bool takes_away() const { return identifier.starts_with('-'); }
  bool operator==(const Grant&) const = default;
};

/// The record of table `rights`; `rights` as Rights::text().
std::string encode_grant(std::uint64_t account, std::string_view rights);
/// errc::damaged.
base::Result<Grant> decode_grant(std::string_view identifier, std::string_view record);

/// What an account may do: all that is given to it and to anyone, without what is taken away from either.
Rights rights_of(std::uint64_t account, const std::vector<Grant>& grants);

}  // namespace understudy::archive::mailbox
