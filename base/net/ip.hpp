/// Addresses, networks and endpoints as values. RFC 4291, RFC 4632 (CIDR), RFC 5952 (text). No sockets, no Asio.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace understudy::net {

enum class Family : std::uint8_t { ipv4, ipv6 };

/// An IPv4 or IPv6 address without zone. ::ffff:a.b.c.d is always held as the IPv4 address that it stands for, so that
/// a limit or a network rule can't be walked around by another spelling.
class IpAddress {
 public:
  IpAddress() = default;  ///< 0.0.0.0
  static IpAddress v4(std::array<std::uint8_t, 4> octets);
  static IpAddress v6(std::array<std::uint8_t, 16> octets);
  /// "192.0.2.1" or "2001:db8::1", nothing around it. errc::bad_name otherwise.
  static base::Result<IpAddress> parse(std::string_view text);

  Family family() const { return family_; }
  /// 4 or 16 octets, in network order.
  std::string_view octets() const { return {reinterpret_cast<const char*>(octets_.data()), width() / 8}; }
  unsigned width() const { return family_ == Family::ipv4 ? 32 : 128; }  ///< bits
  bool is_loopback() const;
  bool is_unspecified() const;
  bool is_link_local() const;
  bool is_multicast() const;  ///< and IPv4 broadcast
  /// The first `bits` bits, the rest zero.
  IpAddress masked(unsigned bits) const;
  std::string text() const;
  auto operator<=>(const IpAddress&) const = default;

 private:
  Family family_ = Family::ipv4;
  std::array<std::uint8_t, 16> octets_{};  // IPv4 in the first four
};

class Network {
 public:
  Network(IpAddress address, unsigned prefix);  ///< bits behind the prefix are dropped; the prefix is cut to the width
  /// "192.0.2.0/24", or an address alone for just that one. errc::bad_name, too, where bits behind the prefix are set:
  /// who writes 192.0.2.40/24 means something else than he gets.
  static base::Result<Network> parse(std::string_view text);

  bool contains(const IpAddress& address) const;
  const IpAddress& address() const { return address_; }
  unsigned prefix() const { return prefix_; }
  std::string text() const;
  auto operator<=>(const Network&) const = default;

 private:
  IpAddress address_;
  unsigned prefix_;
};

/// The index of the longest network that holds the address, the first of equal ones; `npos` where none does.
std::size_t longest_match(const std::vector<Network>& networks, const IpAddress& address);
inline constexpr std::size_t npos = static_cast<std::size_t>(-1);

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// "192.0.2.1:25" or "[2001:db8::1]:25"; the port is demanded, 0 allowed.
  static base::Result<Endpoint> parse(std::string_view text);
  std::string text() const;
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace understudy::net
