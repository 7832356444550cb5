#include "mail/header/message_id.hpp"

#include "base/codec.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

namespace understudy::mail::header {
namespace {

constexpr std::size_t mac_octets = 16;

std::string mac(std::string_view unique, std::string_view hostname, std::string_view key) {
  const auto digest = base::hmac_sha256(key, std::string(unique) + '@' + base::to_lower(hostname));
  return base::to_hex(base::view(digest).substr(0, mac_octets));
}

}  // namespace

std::string make_message_id(std::string_view unique, std::string_view hostname) {
  return '<' + std::string(unique) + '@' + base::to_lower(hostname) + '>';
}

std::string make_message_id(std::string_view unique, std::string_view hostname, std::string_view key) {
  return make_message_id(std::string(unique) + '.' + mac(unique, hostname, key), hostname);
}

std::optional<std::string> recognise_message_id(std::string_view id, std::string_view hostname, std::string_view key) {
  if (id.starts_with('<') && id.ends_with('>')) id = id.substr(1, id.size() - 2);
  const auto at = id.rfind('@');
  if (at == std::string_view::npos || !base::iequals(id.substr(at + 1), hostname)) return std::nullopt;
  const auto local = id.substr(0, at);
  const auto dot = local.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  const auto unique = local.substr(0, dot);
  if (!base::equal_constant_time(local.substr(dot + 1), mac(unique, hostname, key))) return std::nullopt;
  return std::string(unique);
}

}  // namespace understudy::mail::header
