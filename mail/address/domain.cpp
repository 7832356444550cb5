#include "mail/address/domain.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include <arpa/inet.h>
#include <idn2.h>

#include "base/text.hpp"
#include "mail/address/address.hpp"

namespace understudy::mail::address {
namespace {

constexpr std::size_t max_name = 253;
constexpr std::size_t max_label = 63;
constexpr std::size_t max_utf8_name = 1024;  // a U-label may be longer than its A-label; more than this never fits

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > max_label || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_ip(int family, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;  // inet_pton would stop there
  in6_addr address{};                                           // room for either family
  return inet_pton(family, std::string(text).c_str(), &address) == 1;
}

/// A-labels by UTS #46, non-transitional, as browsers and resolvers do.
base::Result<std::string> to_a_labels(std::string_view domain) {
  if (domain.size() > max_utf8_name) return base::fail("domain", base::errc::too_long);
  if (domain.find('\0') != std::string_view::npos || !base::is_utf8(domain)) return base::fail("domain", base::errc::malformed);
  std::uint8_t* raw = nullptr;
  const std::string text(domain);
  const int rc =
      idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(text.c_str()), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<std::uint8_t, decltype(&idn2_free)> owner(raw, &idn2_free);
  if (rc != IDN2_OK || !raw) return base::fail("domain", base::errc::malformed);
  return std::string(reinterpret_cast<const char*>(raw));
}

}  // namespace

bool is_ascii_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > max_name) return false;
  return std::ranges::all_of(base::split(domain, '.'), is_label);
}

bool is_address_literal(std::string_view domain) {
  if (domain.size() < 3 || domain.front() != '[' || domain.back() != ']') return false;
  const auto inner = domain.substr(1, domain.size() - 2);
  constexpr std::string_view tag = "IPv6:";
  if (base::istarts_with(inner, tag)) return is_ip(AF_INET6, inner.substr(tag.size()));
  return is_ip(AF_INET, inner);
}

base::Result<std::string> canonical_domain(std::string_view domain) {
  if (is_address_literal(domain)) return base::to_lower(domain);
  std::string name(domain);
  if (base::has_8bit(domain)) {
    auto ascii = to_a_labels(domain);
    if (!ascii) return base::fail("canonical_domain", ascii.error());
    name = std::move(*ascii);
  }
  if (name.ends_with('.')) name.pop_back();
  if (!is_ascii_domain(name)) return base::fail("canonical_domain", base::errc::malformed);
  return base::to_lower(name);
}

}  // namespace understudy::mail::address
