#include "base/net/http_url.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/net/dns_name.hpp"
#include "base/net/errc.hpp"
#include "base/net/ip.hpp"
#include "base/text.hpp"

namespace understudy::net {
namespace {

constexpr std::size_t max_octets = 2000;

struct Kind {
  std::string_view prefix;
  HttpUrl::Scheme scheme;
  std::uint16_t port;
};
constexpr Kind schemes[] = {{"http://", HttpUrl::Scheme::http, 80}, {"https://", HttpUrl::Scheme::https, 443}};

bool is_url_octet(char c) {
  return c > ' ' && c < 0x7f && std::string_view("\"<>\\^`{|}#").find(c) == std::string_view::npos;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  const auto number = base::to_number(text);
  if (!number || *number == 0 || *number > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

/// "host", "host:port", "[address]", "[address]:port". false: it is none of these.
bool read_authority(std::string_view text, HttpUrl& out) {
  const bool bracketed = text.starts_with('[');
  const auto end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return false;
  const auto host = text.substr(bracketed ? 1 : 0, end - (bracketed ? 1 : 0));
  const auto rest = text.substr(bracketed ? end + 1 : end);
  if (!rest.empty()) {
    const auto port = rest.starts_with(':') ? port_of(rest.substr(1)) : std::nullopt;
    if (!port) return false;
    out.port = *port;
  }
  if (const auto address = IpAddress::parse(host); address || bracketed) {
    if (!address || bracketed != (host.find(':') != std::string_view::npos)) return false;
    out.host = address->text();
    return out.scheme == HttpUrl::Scheme::http;
  }
  const auto name = dns_name(host);
  if (name) out.host = *name;
  return name.has_value();
}

}  // namespace

base::Result<HttpUrl> HttpUrl::parse(std::string_view text) {
  const auto wrong = base::fail("URL " + base::escape(text.substr(0, max_octets)), errc::bad_name);
  const auto scheme = std::ranges::find_if(
      schemes, [&](const Kind& each) { return base::iequals(text.substr(0, each.prefix.size()), each.prefix); });
  if (scheme == std::end(schemes) || text.size() > max_octets || !std::ranges::all_of(text, is_url_octet)) return wrong;
  HttpUrl url;
  url.scheme = scheme->scheme;
  url.port = scheme->port;
  const auto rest = text.substr(scheme->prefix.size());
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  if (!read_authority(rest.substr(0, end), url)) return wrong;
  url.target = std::string(rest.substr(end));
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

std::string HttpUrl::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const std::uint16_t usual = scheme == Scheme::http ? 80 : 443;
  if (port != usual) text += ":" + std::to_string(port);
  return text;
}

}  // namespace understudy::net
