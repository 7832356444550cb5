#include "archive/mailbox/account_state.hpp"

#include "base/text.hpp"

namespace understudy::archive::mailbox {

bool same_name(std::string_view a, std::string_view b) {
  return a == b || (base::iequals(a, "INBOX") && base::iequals(b, "INBOX"));
}

std::optional<FolderNumber> AccountState::find(std::string_view name) const {
  for (const auto& [number, folder] : folders)
    if (same_name(folder.name, name)) return number;
  return std::nullopt;
}

std::optional<FolderNumber> AccountState::find_special(std::string_view use) const {
  for (const auto& [number, folder] : folders)
    if (base::iequals(folder.special_use, use)) return number;
  return std::nullopt;
}

std::string AccountState::encode_numbers() const {
  return base::Writer(1).u64(last_modseq).u32(next_folder).u32(last_uid_validity).take();
}

base::Result<> AccountState::decode_numbers(std::string_view value) {
  base::Reader in(value);
  in.u8();
  last_modseq = in.u64();
  next_folder = in.u32();
  last_uid_validity = in.u32();
  return in.check("numbers of an account");
}

namespace keys {
std::string applied(std::uint16_t partition) {
  return base::Writer().raw("a").u16(partition).take();
}
std::string folder(FolderNumber folder) {
  return base::Writer().u32(folder).take();
}
std::string message(FolderNumber folder, Uid uid) {
  return base::Writer().u32(folder).u32(uid).take();
}
std::string copies_of(const store::BodyRef& body) {
  return base::Writer().u64(body.id.start).u64(body.id.number).take();
}
std::string copy(const store::BodyRef& body, FolderNumber folder, Uid uid) {
  return base::Writer().raw(copies_of(body)).u32(folder).u32(uid).take();
}
}  // namespace keys

base::Result<AccountState> load_state(const store::Reader& reader, AccountNumber account) {
  const auto shard = shard_of(account);
  AccountState state;
  auto cursor = reader.scan(shard, store::Table::account_state);
  for (; cursor->valid(); cursor->next()) {
    base::Reader key(cursor->key());
    const auto what = key.raw(1);
    if (what == keys::rebuilding) return base::fail("account in the middle of a rebuild", base::errc::busy);
    if (what == keys::numbers) {
      if (auto read = state.decode_numbers(cursor->value()); !read) return std::unexpected(read.error());
    } else if (what == "a") {
      base::Reader value(cursor->value());
      value.u8();
      state.applied[key.u16()] = value.u64();
      if (auto fits = value.check("position applied to an account"); !fits) return std::unexpected(fits.error());
    }
  }
  // Numbers that could not be read must not pass for an account that has given out none.
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  cursor = reader.scan(shard, store::Table::folders);
  for (; cursor->valid(); cursor->next()) {
    base::Reader in(cursor->value());
    in.u8();
    Folder folder = Folder::decode(in);
    if (auto fits = in.check("folder of an account"); !fits) return std::unexpected(fits.error());
    state.folders.emplace(base::Reader(cursor->key()).u32(), std::move(folder));
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return state;
}

}  // namespace understudy::archive::mailbox
