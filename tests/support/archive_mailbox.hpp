/// Changes of one account's mailboxes in single lines, for tests: each is a commit of its own.
#pragma once

#include "tests/support/archive_world.hpp"

namespace understudy::test {

class TestMailbox {
 public:
  /// Makes the account where it is not there.
  TestMailbox(ArchiveWorld& world, const std::string& account) : world_(world), name_(account) {
    static_cast<void>(world_.change([&](archive::commit::Stage& stage, archive::commit::Owners& owners) -> base::Result<> {
      auto made = archive::commit::find_or_make(stage, owners, world_.archive().directory(), name_,
                                                archive::directory::MadeBy::command);
      if (!made) return std::unexpected(made.error());
      return {};
    }));
    number = world_.number_of(name_);
  }

  /// As IMAP APPEND does: who brings a body holds it in the stage in which it is filed.
  base::Result<archive::mailbox::Uid> append(const std::string& folder, const std::string& octets) {
    auto writer = archive::summarised(world_.store().bodies().create());
    if (auto written = writer->append(octets); !written) return std::unexpected(written.error());
    auto sealed = writer->seal();
    if (!sealed) return std::unexpected(sealed.error());
    return give([&](auto& stage, auto& owners) {
      archive::mailbox::Message message;
      message.body = sealed->ref();
      message.name = base::sha256(octets);
      message.source = archive::mailbox::Source::append;
      stage.hold(archive::mailbox::shard_of(number), *sealed);
      return owners.mailbox.file(stage, number, folder, std::move(message), sealed->shown());
    });
  }
  base::Result<> subscribe(const std::string& name,
                           archive::mailbox::Subscribed::To to = archive::mailbox::Subscribed::To::yes) {
    return world_.change([&](auto& stage, auto& owners) { return owners.mailbox.subscribe(stage, number, name, to); });
  }
  /// `value`: nothing takes it away.
  base::Result<> annotate(const std::string& folder, const std::string& entry, std::optional<std::string> value) {
    return world_.change([&](auto& stage, auto& owners) -> base::Result<> {
      auto at = archive::mailbox::Annotated::of_account;
      if (!folder.empty()) {
        const auto found = archive::mailbox::find_folder(world_.store(), number, folder);
        if (!found) return std::unexpected(found.error());
        at = found->number;
      }
      return owners.mailbox.annotate(stage, number, at, {{entry, value}}, {});
    });
  }
  /// `rights`: "" takes them away.
  base::Result<> share(const std::string& folder, const std::string& identifier, archive::mailbox::AccountNumber whose,
                       std::string_view rights) {
    return world_.change([&](auto& stage, auto& owners) -> base::Result<> {
      const auto found = archive::mailbox::find_folder(world_.store(), number, folder);
      if (!found) return std::unexpected(found.error());
      using archive::mailbox::Owner;
      return owners.mailbox.share(stage, number, found->number,
                                  {identifier, whose, archive::mailbox::Rights::parse(rights).value()}, Owner::Give::all);
    });
  }
  /// A message of another account, say.
  base::Result<archive::mailbox::Uid> file(const std::string& folder, archive::mailbox::Message message) {
    return give([&](auto& stage, auto& owners) { return owners.mailbox.file(stage, number, folder, message); });
  }
  base::Result<archive::mailbox::Uid> copy(const std::string& from, archive::mailbox::Uid uid, const std::string& to) {
    return give([&](auto& stage, auto& owners) { return owners.mailbox.copy(stage, number, from, uid, to); });
  }
  base::Result<archive::mailbox::Uid> move(const std::string& from, archive::mailbox::Uid uid, const std::string& to) {
    return give([&](auto& stage, auto& owners) { return owners.mailbox.move(stage, number, from, uid, to); });
  }
  base::Result<> flags(const std::string& folder, archive::mailbox::Uid uid, archive::mailbox::Flags flags) {
    return world_.change(
        [&](auto& stage, auto& owners) { return owners.mailbox.set_flags(stage, number, folder, uid, flags); });
  }
  base::Result<> expunge(const std::string& folder, archive::mailbox::Uid uid) {
    return world_.change([&](auto& stage, auto& owners) { return owners.mailbox.expunge(stage, number, folder, uid); });
  }
  base::Result<> bin(const std::string& folder, const archive::mailbox::Uids& uids,
                     archive::mailbox::Owner::Deleted how = {archive::mailbox::Binned::By::user, "alice@example.org"}) {
    return world_.change([&](auto& stage, auto& owners) -> base::Result<> {
      auto binned = owners.mailbox.bin_all(stage, number, folder, uids, how);
      if (!binned) return std::unexpected(binned.error());
      return {};
    });
  }
  /// By the number of the folder, how many.
  base::Result<std::map<archive::mailbox::FolderNumber, std::uint64_t>> put_back(const archive::mailbox::Uids& uids) {
    std::map<archive::mailbox::FolderNumber, std::uint64_t> result;
    auto changed = world_.change([&](auto& stage, auto& owners) -> base::Result<> {
      auto put = owners.mailbox.put_back(stage, number, uids);
      if (!put) return std::unexpected(put.error());
      result = std::move(*put);
      return {};
    });
    if (!changed) return std::unexpected(changed.error());
    return result;
  }
  base::Result<> make(const std::string& folder, const std::string& special_use = {}) {
    return world_.change(
        [&](auto& stage, auto& owners) { return owners.mailbox.make_folder(stage, number, folder, special_use); });
  }
  base::Result<> rename(const std::string& from, const std::string& to) {
    return world_.change([&](auto& stage, auto& owners) { return owners.mailbox.rename_folder(stage, number, from, to); });
  }
  base::Result<> remove(const std::string& folder) {
    return world_.change([&](auto& stage, auto& owners) { return owners.mailbox.remove_folder(stage, number, folder); });
  }

  archive::mailbox::Folder folder(const std::string& name) {
    auto found = archive::mailbox::find_folder(world_.store(), number, name);
    return found ? found->folder : archive::mailbox::Folder{};
  }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    if (auto folders = archive::mailbox::folders(world_.store(), number))
      for (const auto& listed : *folders) names.push_back(listed.folder.name);
    return names;
  }
  std::vector<archive::mailbox::ListedMessage> messages(const std::string& folder) { return world_.messages(name_, folder); }

  archive::mailbox::AccountNumber number = 0;

 private:
  template <class Function>
  base::Result<archive::mailbox::Uid> give(Function function) {
    archive::mailbox::Uid given = 0;
    auto changed = world_.change([&](archive::commit::Stage& stage, archive::commit::Owners& owners) -> base::Result<> {
      auto uid = function(stage, owners);
      if (!uid) return std::unexpected(uid.error());
      given = *uid;
      return {};
    });
    if (!changed) return std::unexpected(changed.error());
    return given;
  }

  ArchiveWorld& world_;
  std::string name_;
};

}  // namespace understudy::test
