#include "mail/smtp/custody.hpp"

#include <algorithm>

#include "base/codec.hpp"
#include "base/text.hpp"

namespace understudy::mail::smtp {
namespace {

/// At most `digits` of them, no zero in front.
std::optional<std::uint64_t> parse_decimal(std::string_view text, std::size_t digits) {
  if (text.size() > digits || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  return base::to_number(text);
}

}  // namespace

InstanceId instance_id_from(std::string_view octets) {
  InstanceId id{};
  std::copy_n(octets.begin(), std::min(octets.size(), id.size()), id.begin());
  return id;
}

std::optional<InstanceId> parse_instance_id(std::string_view text) {
  const auto octets = text.size() == 2 * InstanceId().size() ? base::from_hex(text) : std::nullopt;
  if (!octets) return std::nullopt;
  return instance_id_from(*octets);
}

std::string CustodyNumber::text() const {
  return base::to_hex(view(instance)) + "." + base::to_hex(view(incarnation)) + "." + std::to_string(partition) + "." +
         std::to_string(number);
}

std::optional<CustodyNumber> CustodyNumber::parse(std::string_view text) {
  const auto fields = base::split(text.substr(0, Custody::max_text), '.');
  if (text.size() > Custody::max_text || fields.size() != 4) return std::nullopt;
  const auto instance = parse_instance_id(fields[0]);
  const auto incarnation = parse_instance_id(fields[1]);
  const auto partition = parse_decimal(fields[2], 5);
  const auto number = parse_decimal(fields[3], 19);
  if (!instance || !incarnation || !partition || *partition > 0xffff || !number || *number == 0) return std::nullopt;
  return CustodyNumber{*instance, *incarnation, static_cast<std::uint16_t>(*partition), *number};
}

std::string Custody::text() const {
  return number.text() + ":" + base::to_hex(base::view(digest));
}

std::optional<Custody> Custody::parse(std::string_view text) {
  const auto colon = text.find(':');
  if (text.size() > max_text || colon == text.npos) return std::nullopt;
  const auto number = CustodyNumber::parse(text.substr(0, colon));
  const auto hex = text.substr(colon + 1);
  const auto octets = hex.size() == 2 * base::Digest().size() ? base::from_hex(hex) : std::nullopt;
  if (!number || !octets) return std::nullopt;
  return Custody{*number, base::digest_from(*octets)};
}

}  // namespace understudy::mail::smtp
