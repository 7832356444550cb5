/// The recipients of a message that is handed over, each by a name of 16 octets: a receipt says which of them it covers, and
/// the sender finds them among those that it owes, whichever of them went in one transaction. Never does I/O.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "mail/smtp/envelope.hpp"

namespace understudy::archive::custody {

/// The first half of a SHA-256.
using Name = std::array<std::uint8_t, 16>;
/// In ascending order, each once.
using Names = std::vector<Name>;

inline std::string_view view(const Name& name) {
  return {reinterpret_cast<const char*>(name.data()), name.size()};
}
/// The first 16 octets of `octets`.
Name name_from(std::string_view octets);

/// Of SHA-256(digest of the message, forward-path in lower case): the name of a recipient of this message alone, so that two
/// messages do not show that they went to the same one.
Name name_of(const base::Digest& message, const mail::address::Address& forward_path);
Names names_of(const base::Digest& message, const std::vector<mail::smtp::Recipient>& recipients);

/// Puts them in order.
Names sorted(Names names);
/// Those of `names` that are not in `others`.
Names without(const Names& names, const Names& others);
bool holds(const Names& names, const Name& name);

void encode(base::Writer& out, const Names& names);
/// At most `limit`; more of them, and such as are not in order, make `in` fail.
Names decode_names(base::Reader& in, std::size_t limit);

}  // namespace understudy::archive::custody
