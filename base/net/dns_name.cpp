#include "base/net/dns_name.hpp"

#include "base/text.hpp"

namespace understudy::net {
namespace {
constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_label = 63;

bool label_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}
}  // namespace

std::optional<std::string> dns_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > longest_name) return std::nullopt;
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.' ? label == 0 : !label_octet(c)) return std::nullopt;
    label = c == '.' ? 0 : label + 1;
    if (label > longest_label) return std::nullopt;
  }
  if (label == 0) return std::nullopt;
  return base::to_lower(text);
}

std::string reverse_name(const IpAddress& address) {
  constexpr char hex[] = "0123456789abcdef";
  const std::string_view octets = address.octets();
  std::string name;
  for (std::size_t i = octets.size(); i-- > 0;) {
    const auto octet = static_cast<unsigned char>(octets[i]);
    if (address.family() == Family::ipv4) {
      name += std::to_string(octet) + ".";
      continue;
    }
    name += {hex[octet & 15], '.', hex[octet >> 4], '.'};
  }
  return name + (address.family() == Family::ipv4 ? "in-addr.arpa" : "ip6.arpa");
}

}  // namespace understudy::net
