#include "base/net/ip.hpp"

#include <algorithm>

#include <arpa/inet.h>

#include "base/net/errc.hpp"
#include "base/text.hpp"

namespace understudy::net {
namespace {
constexpr std::array<std::uint8_t, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t longest_text = INET6_ADDRSTRLEN;

std::unexpected<base::Error> bad(std::string_view kind, std::string_view text) {
  return base::fail(std::string(kind) + " '" + base::escape(text, 80) + "'", errc::bad_name);
}

std::uint8_t mask_of(unsigned bits, std::size_t octet) {
  const std::size_t before = octet * 8;
  if (bits >= before + 8) return 0xff;
  return bits <= before ? 0 : static_cast<std::uint8_t>(0xff << (8 - (bits - before)));
}
}  // namespace

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> octets) {
  IpAddress made;
  std::ranges::copy(octets, made.octets_.begin());
  return made;
}

IpAddress IpAddress::v6(std::array<std::uint8_t, 16> octets) {
  if (std::equal(mapped_prefix.begin(), mapped_prefix.end(), octets.begin()))
    return v4({octets[12], octets[13], octets[14], octets[15]});
  IpAddress made;
  made.family_ = Family::ipv6;
  made.octets_ = octets;
  return made;
}

base::Result<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= longest_text || text.find('\0') != text.npos) return bad("address", text);
  const std::string terminated(text);
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) return v4(four);
  std::array<std::uint8_t, 16> sixteen{};
  if (inet_pton(AF_INET6, terminated.c_str(), sixteen.data()) == 1) return v6(sixteen);
  return bad("address", text);
}

bool IpAddress::is_loopback() const {
  if (family_ == Family::ipv4) return octets_[0] == 127;
  std::array<std::uint8_t, 16> one{};
  one[15] = 1;
  return octets_ == one;
}

bool IpAddress::is_unspecified() const {
  return octets_ == std::array<std::uint8_t, 16>{};
}

bool IpAddress::is_link_local() const {
  if (family_ == Family::ipv4) return octets_[0] == 169 && octets_[1] == 254;
  return octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_multicast() const {
  if (family_ == Family::ipv6) return octets_[0] == 0xff;
  return octets_[0] >= 224 && (octets_[0] < 240 || masked(32).octets() == std::string_view("\xff\xff\xff\xff"));
}

IpAddress IpAddress::masked(unsigned bits) const {
  IpAddress cut = *this;
  for (std::size_t i = 0; i < cut.octets_.size(); ++i) cut.octets_[i] &= mask_of(std::min(bits, width()), i);
  return cut;
}

std::string IpAddress::text() const {
  char out[longest_text];
  inet_ntop(family_ == Family::ipv4 ? AF_INET : AF_INET6, octets_.data(), out, sizeof out);
  return out;
}

Network::Network(IpAddress address, unsigned prefix)
    : address_(address.masked(prefix)), prefix_(std::min(prefix, address.width())) {}

base::Result<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return bad("network", text);
  if (slash == text.npos) return Network(*address, address->width());
  const auto bits = base::to_number(text.substr(slash + 1));
  if (!bits || *bits > address->width()) return bad("network", text);
  const Network network(*address, static_cast<unsigned>(*bits));
  if (network.address() != *address) return bad("network", text);
  return network;
}

bool Network::contains(const IpAddress& address) const {
  return address.family() == address_.family() && address.masked(prefix_) == address_;
}

std::string Network::text() const {
  return address_.text() + "/" + std::to_string(prefix_);
}

std::size_t longest_match(const std::vector<Network>& networks, const IpAddress& address) {
  std::size_t best = npos;
  for (std::size_t i = 0; i < networks.size(); ++i)
    if (networks[i].contains(address) && (best == npos || networks[i].prefix() > networks[best].prefix())) best = i;
  return best;
}

base::Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return bad("endpoint", text);
  const auto port = base::to_number(text.substr(colon + 1));
  if (!port || *port > 65535) return bad("endpoint", text);
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  if (!address || bracketed != (host.find(':') != host.npos)) return bad("endpoint", text);
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

std::string Endpoint::text() const {
  const std::string host = address.family() == Family::ipv6 ? "[" + address.text() + "]" : address.text();
  return host + ":" + std::to_string(port);
}

}  // namespace understudy::net
