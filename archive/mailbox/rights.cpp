#include "archive/mailbox/rights.hpp"

#include "base/bytes.hpp"

namespace understudy::archive::mailbox {
namespace {
constexpr Rights create = Rights::of("kx"), remove = Rights::of("et");  // RFC 4314 §2.1.1, the first of the two ways
}

std::optional<Rights> Rights::parse(std::string_view text) {
  Rights rights;
  for (const char c : text) {
    const auto known = letters.find(c);
    if (known != letters.npos) {
      rights.bits_ |= static_cast<std::uint16_t>(1u << known);
    } else if (c == 'c' || c == 'd') {
      rights = rights | (c == 'c' ? create : remove);
    } else {
      return std::nullopt;
    }
  }
  return rights;
}

std::string Rights::text() const {
  std::string out;
  for (std::size_t i = 0; i < letters.size(); ++i)
    if (bits_ & (1u << i)) out += letters[i];
  return out;
}

std::string Rights::told() const {
  auto out = text();
  if (has_any(create)) out += 'c';
  if (has_any(remove)) out += 'd';
  return out;
}

std::string encode_grant(std::uint64_t account, std::string_view rights) {
  return base::Writer(1).u64(account).text(rights).take();
}

base::Result<Grant> decode_grant(std::string_view identifier, std::string_view record) {
  base::Reader in(record);
  in.u8();
  Grant grant;
  grant.identifier = identifier;
  grant.account = in.u64();
  const auto rights = Rights::parse(in.text());
  if (auto fits = in.check("rights of a mailbox"); !fits) return std::unexpected(fits.error());
  if (!rights || identifier.empty()) return base::fail("rights of a mailbox", base::errc::damaged);
  grant.rights = *rights;
  return grant;
}

Rights rights_of(std::uint64_t account, const std::vector<Grant>& grants) {
  Rights given, taken;
  for (const auto& grant : grants) {
    if (grant.account != 0 && grant.account != account) continue;
    auto& to = grant.takes_away() ? taken : given;
    to = to | grant.rights;
  }
  return given.without(taken);
}

}  // namespace understudy::archive::mailbox
