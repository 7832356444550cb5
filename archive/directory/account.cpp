#include "archive/directory/account.hpp"

namespace understudy::archive::directory {

std::string AccountRecord::encode() const {
  base::Writer out(1);
  out.u64(number).text(name).varint(aliases.size());
  for (const auto& alias : aliases) out.text(alias);
  out.text(verifier).u8(login ? 1 : 0).text(template_name).u64(quota);
  out.u8(static_cast<std::uint8_t>(made_by)).u64(static_cast<std::uint64_t>(made.time_since_epoch().count()));
  since.encode(out);
  out.u64(quota_messages);
  return out.take();
}

base::Result<AccountRecord> AccountRecord::decode(std::string_view value) {
  base::Reader in(value);
  AccountRecord record;
  in.u8();
  record.number = in.u64();
  record.name = in.text();
  for (auto count = in.varint(); count > 0 && in.ok(); --count) record.aliases.emplace_back(in.text());
  record.verifier = in.text();
  record.login = in.u8() != 0;
  record.template_name = in.text();
  record.quota = in.u64();
  record.made_by = static_cast<MadeBy>(in.u8());
  record.made = base::WallTime(std::chrono::milliseconds(in.u64()));
  if (!in.at_end()) record.since = Position::decode(in);  // records of old end here
  if (!in.at_end()) record.quota_messages = in.u64();
  if (auto fits = in.check("account " + record.name); !fits) return std::unexpected(fits.error());
  return record;
}

}  // namespace understudy::archive::directory
