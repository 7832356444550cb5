#include "archive/custody/recipients.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"

namespace understudy::archive::custody {

Name name_from(std::string_view octets) {
  Name name{};
  std::copy_n(octets.begin(), std::min(octets.size(), name.size()), name.begin());
  return name;
}

Name name_of(const base::Digest& message, const mail::address::Address& forward_path) {
  base::Writer out;
  out.raw(base::view(message)).raw(base::to_lower(forward_path.local + "@" + forward_path.domain));
  const auto digest = base::sha256(out.str());
  return name_from(base::view(digest));
}

Names names_of(const base::Digest& message, const std::vector<mail::smtp::Recipient>& recipients) {
  Names names;
  for (const auto& recipient : recipients) names.push_back(name_of(message, recipient.forward_path));
  return sorted(std::move(names));
}

Names sorted(Names names) {
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

Names without(const Names& names, const Names& others) {
  Names left;
  std::ranges::set_difference(names, others, std::back_inserter(left));
  return left;
}

bool holds(const Names& names, const Name& name) {
  return std::ranges::binary_search(names, name);
}

void encode(base::Writer& out, const Names& names) {
  out.varint(names.size());
  for (const auto& name : names) out.raw(view(name));
}

Names decode_names(base::Reader& in, std::size_t limit) {
  const auto fail = [&in] {
    in.rest();
    in.u8();  // there is none
    return Names();
  };
  const auto count = in.varint();
  if (count > limit) return fail();
  Names names;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const auto name = name_from(in.raw(sizeof(Name)));
    if (!names.empty() && name <= names.back()) return fail();
    names.push_back(name);
  }
  return names;
}

}  // namespace understudy::archive::custody
