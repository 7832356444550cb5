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

std::optional<FolderNumber> AccountState::bin() const {
  for (const auto& [number, folder] : folders)
    if (folder.kind == FolderKind::bin) return number;
  return std::nullopt;
}

std::string AccountState::encode_numbers() const {
  base::Writer out(1);
  out.u64(last_modseq).u32(next_folder).u32(last_uid_validity);
  if (freed_uid_validity) out.u32(*freed_uid_validity);
  return out.take();
}

base::Result<> AccountState::decode_numbers(std::string_view value) {
  base::Reader in(value);
  in.u8();
  last_modseq = in.u64();
  next_folder = in.u32();
  last_uid_validity = in.u32();
  freed_uid_validity.reset();
  if (!in.at_end()) freed_uid_validity = in.u32();
  return in.check("numbers of an account");
}

std::string Life::encode() const {
  return base::Writer(1).text(incarnation).u64(unknown_from).u64(unknown_to).take();
}

base::Result<Life> Life::decode(std::string_view value) {
  base::Reader in(value);
  Life life;
  in.u8();
  life.incarnation = in.text();
  life.unknown_from = in.u64();
  life.unknown_to = in.u64();
  if (auto fits = in.check("life of an account"); !fits) return std::unexpected(fits.error());
  return life;
}

void AccountState::go_on(ModSeq modseq, const Restored& change) {
  life = {change.incarnation, life.unknown_to == 0 ? modseq : life.unknown_from, change.next - 1};
  last_modseq = change.next - 1;
  next_folder += change.folders;
  for (auto& [number, folder] : folders) folder.go_on(change);
}

namespace keys {
std::string applied(std::uint16_t partition) {
  return base::Writer().raw("a").u16(partition).take();
}
std::string folder(FolderNumber folder) {
  return base::Writer().u32(folder).take();
}
std::string message_chunk(FolderNumber folder, std::uint32_t number) {
  return base::Writer().u32(folder).u32(number).take();
}
std::string copies_of(const store::BodyRef& body) {
  return base::Writer().u64(body.id.start).u64(body.id.number).take();
}
std::string summary(const store::BodyRef& body) {
  return copies_of(body);
}
std::string annotation(FolderNumber folder, std::string_view entry) {
  return base::Writer().u32(folder).raw(entry).take();
}
std::string right(FolderNumber folder, std::string_view identifier) {
  return base::Writer().u32(folder).raw(identifier).take();
}
std::string bin_origin(FolderNumber bin, Uid first) {
  return base::Writer().u32(bin).u32(first).take();
}
std::string copy(const store::BodyRef& body, FolderNumber folder, Uid uid) {
  return base::Writer().raw(copies_of(body)).u32(folder).u32(uid).take();
}
}  // namespace keys

namespace {
/// nullopt: the key is erased by what is staged.
using Value = std::optional<std::string_view>;

base::Result<> take_state(AccountState& state, std::string_view full_key, Value value) {
  if (!value) return {};  // of these keys only marks ever go
  base::Reader key(full_key);
  const auto what = key.raw(1);
  if (what == keys::rebuilding) return base::fail("account in the middle of a rebuild", base::errc::busy);
  if (what == keys::renewing) return base::fail("account in the middle of a renewal", base::errc::busy);
  if (what == keys::numbers) return state.decode_numbers(*value);
  if (what == keys::life) {
    auto life = Life::decode(*value);
    if (!life) return std::unexpected(life.error());
    state.life = std::move(*life);
    return {};
  }
  if (what != "a") return {};
  base::Reader in(*value);
  in.u8();
  state.applied[key.u16()] = in.u64();
  return in.check("position applied to an account");
}

base::Result<> take_folder(AccountState& state, std::string_view key, Value value) {
  const FolderNumber number = base::Reader(key).u32();
  if (!value) {
    state.folders.erase(number);
    return {};
  }
  auto folder = Folder::decode(*value);
  if (!folder) return std::unexpected(folder.error());
  state.folders.insert_or_assign(number, std::move(*folder));
  return {};
}

using Take = base::Result<>(AccountState& state, std::string_view key, Value value);

base::Result<> read_all(const store::Reader& reader, store::Shard shard, store::Table table, AccountState& state, Take take) {
  auto cursor = reader.scan(shard, table);
  for (; cursor->valid(); cursor->next())
    if (auto taken = take(state, cursor->key(), cursor->value()); !taken) return taken;
  return cursor->status();  // what could not be read must not pass for an account that has given out no numbers
}
}  // namespace

base::Result<AccountState> load_state(const store::Reader& reader, AccountNumber account) {
  const auto shard = shard_of(account);
  AccountState state;
  if (auto read = read_all(reader, shard, store::Table::account_state, state, take_state); !read)
    return std::unexpected(read.error());
  if (auto read = read_all(reader, shard, store::Table::folders, state, take_folder); !read)
    return std::unexpected(read.error());
  return state;
}

base::Result<AccountState> load_state(const store::Reader& reader, const commit::Stage& stage, AccountNumber account) {
  auto state = load_state(reader, account);
  if (!state) return state;
  const auto add = [&](store::Table table, Take take) {
    return stage.each_staged(shard_of(account), table, [&](std::string_view key, const std::optional<std::string>& value) {
      return take(*state, key, value ? Value(*value) : std::nullopt);
    });
  };
  if (auto read = add(store::Table::account_state, take_state); !read) return std::unexpected(read.error());
  if (auto read = add(store::Table::folders, take_folder); !read) return std::unexpected(read.error());
  return state;
}

}  // namespace understudy::archive::mailbox
