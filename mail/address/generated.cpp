/// Addresses made by programs for one message, told by their shape: VERP, SRS, BATV and what large senders do.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/address/address.hpp"

namespace understudy::mail::address {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::ptrdiff_t digits(std::string_view text) {
  return std::ranges::count_if(text, is_digit);
}

/// SRS0=hash=tt=domain=local, also with + or - as the first separator.
bool is_srs(std::string_view local) {
  return local.size() > 5 && (local.starts_with("srs0") || local.starts_with("srs1")) &&
         std::string_view("=+-").find(local[4]) != std::string_view::npos;
}

/// prvs=tag=local and its relatives (btv1==, msprvs1=).
bool is_batv(std::string_view local) {
  constexpr std::array<std::string_view, 3> tags = {"prvs=", "btv1==", "msprvs1="};
  return std::ranges::any_of(tags, [&](std::string_view tag) { return local.starts_with(tag); });
}

/// The recipient's own address inside: list-bounces+user=example.com, list-return-17-user=example.com.
bool holds_address(std::string_view local) {
  const auto sign = local.rfind('=');
  if (sign == std::string_view::npos || sign == 0) return false;
  const auto domain = local.substr(sign + 1);
  const auto dot = domain.find('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < domain.size();
}

/// A word for bounces with a number behind it: bounce-1234_HTML-56, news-return-4711.
bool is_numbered_bounce(std::string_view local) {
  constexpr std::array<std::string_view, 4> words = {"bounce", "bounces", "return", "returns"};
  for (const auto word : words) {
    for (auto at = local.find(word); at != std::string_view::npos; at = local.find(word, at + 1)) {
      const bool starts = at == 0 || std::string_view("-+._").find(local[at - 1]) != std::string_view::npos;
      const auto after = local.substr(at + word.size());
      if (starts && after.size() > 1 && std::string_view("-+._").find(after[0]) != std::string_view::npos && digits(after) >= 2)
        return true;
    }
  }
  return false;
}

/// Nothing but a long hexadecimal number, with or without hyphens.
bool is_hexadecimal(std::string_view local) {
  constexpr std::size_t least = 32;
  return local.size() >= least && digits(local) >= 8 &&
         std::ranges::all_of(local, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || c == '-'; });
}

}  // namespace

bool looks_generated(std::string_view local) {
  const std::string lower = base::to_lower(local.substr(0, 256));
  return is_srs(lower) || is_batv(lower) || holds_address(lower) || is_numbered_bounce(lower) || is_hexadecimal(lower);
}

}  // namespace understudy::mail::address
