#include "archive/witness/statement.hpp"

#include "base/bytes.hpp"

namespace understudy::archive::witness {
namespace {
constexpr std::uint8_t version = 1;
}

std::string Statement::encode() const {
  base::Writer out(version);
  out.text(head.encode()).varint(keys.size());
  for (const auto& key : keys) {
    base::Writer octets;
    key.encode(octets);
    out.text(octets.str());
  }
  return out.take();
}

base::Result<Statement> Statement::decode(std::string_view octets) {
  if (octets.size() > max_octets) return base::fail("statement to the witness", base::errc::too_long);
  base::Reader in(octets);
  const auto found = in.u8();
  if (in.ok() && found > version) return base::fail("statement to the witness", base::errc::unsupported);
  auto head = journal::SignedHead::decode(in.text());
  if (!head) return std::unexpected(head.error());
  Statement statement;
  statement.head = *head;
  const auto count = in.varint();
  if (count > max_keys) return base::fail("statement to the witness", base::errc::too_long);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    base::Reader key(in.text());
    statement.keys.push_back(journal::KeyChange::decode(key));
    if (!key.ok()) return base::fail("statement to the witness", base::errc::damaged);
  }
  if (!in.ok() || found == 0) return base::fail("statement to the witness", base::errc::damaged);
  return statement;
}

}  // namespace understudy::archive::witness
