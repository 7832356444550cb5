#include "archive/mailbox/bin_origin.hpp"

#include "archive/mailbox/record_parts.hpp"

namespace understudy::archive::mailbox {

BinOrigin BinOrigin::of(const Binned& change, const Folder& from) {
  return {change.from, from.name, from.uid_validity, change.uids, change.saved, change.by, change.who};
}

Uid BinOrigin::uid_before(Uid first, Uid uid) const {
  std::uint64_t behind = uid - first;
  for (const auto& range : uids.ranges()) {
    const auto count = std::uint64_t{range.last} - range.first + 1;
    if (behind < count) return static_cast<Uid>(range.first + behind);
    behind -= count;
  }
  return 0;
}

std::string BinOrigin::encode() const {
  base::Writer out(1);
  out.u32(folder).text(name).u32(uid_validity).u64(to_millis(binned)).u8(static_cast<std::uint8_t>(by)).text(who);
  encode_uids(out, uids);
  return out.take();
}

base::Result<BinOrigin> BinOrigin::decode(std::string_view record) {
  base::Reader in(record);
  BinOrigin origin;
  const bool known = in.u8() == 1;
  origin.folder = in.u32();
  origin.name = in.text();
  origin.uid_validity = in.u32();
  origin.binned = from_millis(in.u64());
  const auto by = in.u8();
  origin.who = in.text();
  origin.uids = decode_uids(in);
  if (auto fits = in.check("origin of what is in the bin"); !fits) return std::unexpected(fits.error());
  if (!known || by == 0 || by > static_cast<std::uint8_t>(Binned::By::administrator) || origin.uids.empty())
    return base::fail("origin of what is in the bin", base::errc::damaged);
  origin.by = static_cast<Binned::By>(by);
  return origin;
}

std::string_view name_of(Binned::By by) {
  switch (by) {
    case Binned::By::rule:
      return "rule";
    case Binned::By::user:
      return "user";
    case Binned::By::administrator:
      break;
  }
  return "administrator";
}

}  // namespace understudy::archive::mailbox
