#include "archive/check/log_replay.hpp"

#include <algorithm>
#include <limits>

#include "archive/mailbox/bin_origin.hpp"

namespace understudy::archive::check {

void LogReplay::take(mailbox::ModSeq modseq, const mailbox::Change& change) {
  numbers_.last_modseq = modseq;
  std::visit([&](const auto& each) { on(modseq, each); }, change);
}

void LogReplay::touch(mailbox::ModSeq modseq, mailbox::FolderNumber folder, mailbox::Uid uid) {
  const auto found = folders_.find(folder);
  if (found == folders_.end()) return;
  found->second.highest_modseq = modseq;
  if (uid > 0) found->second.uid_next = std::max(found->second.uid_next, uid + 1);
}

void LogReplay::on(mailbox::ModSeq modseq, const mailbox::FolderMade& change) {
  mailbox::Folder folder;
  folder.name = change.name;
  folder.special_use = change.special_use;
  folder.uid_validity = change.uid_validity;
  folder.kind = change.kind;
  folder.highest_modseq = modseq;
  numbers_.next_folder = std::max(numbers_.next_folder, change.folder + 1);
  numbers_.last_uid_validity = std::max(numbers_.last_uid_validity, change.uid_validity);
  folders_.insert_or_assign(change.folder, std::move(folder));
}

void LogReplay::on(mailbox::ModSeq modseq, const mailbox::FolderRenamed& change) {
  numbers_.last_uid_validity = std::max(numbers_.last_uid_validity, change.uid_validity);
  const auto found = folders_.find(change.folder);
  if (found == folders_.end()) return;
  numbers_.free_name(found->second.uid_validity);
  found->second.name = change.name;
  found->second.uid_validity = change.uid_validity;
  touch(modseq, change.folder);
}

void LogReplay::on(mailbox::ModSeq, const mailbox::FolderRemoved& change) {
  if (const auto found = folders_.find(change.folder); found != folders_.end()) numbers_.free_name(found->second.uid_validity);
  folders_.erase(change.folder);
  for (auto* beside : {&annotations_, &rights_, &bin_origins_})
    std::erase_if(*beside, [&](const auto& each) { return each.first.first == change.folder; });
  messages_.erase(messages_.lower_bound({change.folder, 0}),
                  messages_.upper_bound({change.folder, std::numeric_limits<mailbox::Uid>::max()}));
}

void LogReplay::on(mailbox::ModSeq modseq, const mailbox::Filed& change) {
  const auto& [partition, index] = change.message.position;
  if (change.message.source == mailbox::Source::arrival)
    numbers_.applied[partition] = std::max(numbers_.applied[partition], index + 1);
  touch(modseq, change.folder, change.uid);
  const auto number = filed_++;
  if (number < first_ || number >= end_) return;
  auto message = change.message;
  message.modseq = modseq;
  message.version = mailbox::Message::version_now;  // what only the log of an earlier version has, no mailbox keeps
  message.from.clear();
  message.subject.clear();
  messages_.insert_or_assign(InFolder{change.folder, change.uid}, std::move(message));
}

void LogReplay::on(mailbox::ModSeq modseq, const mailbox::FlagsSet& change) {
  touch(modseq, change.folder);
  const auto found = messages_.find({change.folder, change.uid});
  if (found == messages_.end()) return;
  found->second.flags = change.flags;
  found->second.modseq = modseq;
}

void LogReplay::on(mailbox::ModSeq modseq, const mailbox::Moved& change) {
  touch(modseq, change.to, change.to_uid);
  touch(modseq, change.from);
  auto moved = messages_.extract(InFolder{change.from, change.from_uid});
  if (moved.empty()) return;
  moved.key() = {change.to, change.to_uid};
  moved.mapped().modseq = modseq;
  messages_.insert(std::move(moved));
}

void LogReplay::on(mailbox::ModSeq modseq, const mailbox::Expunged& change) {
  touch(modseq, change.folder);
  messages_.erase({change.folder, change.uid});
}

template <class Each>
void LogReplay::each_of(mailbox::FolderNumber folder, const mailbox::Uids& uids, Each call) {
  std::uint64_t before = 0;
  for (const auto& range : uids.ranges()) {
    std::vector<mailbox::Uid> here;
    for (auto at = messages_.lower_bound({folder, range.first});
         at != messages_.end() && at->first.folder == folder && at->first.uid <= range.last; ++at)
      here.push_back(at->first.uid);
    for (const auto uid : here) call(uid, before + (uid - range.first), messages_.find(InFolder{folder, uid}));
    before += std::uint64_t{range.last} - range.first + 1;
  }
}

void LogReplay::on(mailbox::ModSeq modseq, const mailbox::FlagsChanged& change) {
  touch(modseq, change.folder);
  each_of(change.folder, change.uids, [&](mailbox::Uid, std::uint64_t, auto at) {
    at->second.flags = mailbox::changed(at->second.flags, change.how, change.flags);
    at->second.modseq = modseq;
  });
}

void LogReplay::on(mailbox::ModSeq modseq, const mailbox::Copied& change) {
  touch(modseq, change.to, change.first + static_cast<mailbox::Uid>(change.uids.count()) - 1);
  each_of(change.from, change.uids, [&](mailbox::Uid, std::uint64_t before, auto at) {
    auto copy = at->second;
    copy.source = mailbox::Source::copy;
    copy.put_back = copy.put_back || is_bin(change.from);
    copy.saved = change.saved;
    copy.modseq = modseq;
    messages_.insert_or_assign(InFolder{change.to, change.first + static_cast<mailbox::Uid>(before)}, std::move(copy));
  });
}

bool LogReplay::is_bin(mailbox::FolderNumber folder) const {
  const auto found = folders_.find(folder);
  return found != folders_.end() && found->second.kind == mailbox::FolderKind::bin;
}

void LogReplay::on(mailbox::ModSeq modseq, const mailbox::MovedAll& change) {
  move(modseq, change);
}

void LogReplay::on(mailbox::ModSeq modseq, const mailbox::Binned& change) {
  if (const auto from = folders_.find(change.from); from != folders_.end()) {
    const auto key = mailbox::keys::bin_origin(change.to, change.first).substr(sizeof(mailbox::FolderNumber));
    bin_origins_.insert_or_assign({change.to, key}, mailbox::BinOrigin::of(change, from->second).encode());
  }
  move(modseq, change);
}

template <class Placed>
void LogReplay::move(mailbox::ModSeq modseq, const Placed& change) {
  touch(modseq, change.to, change.first + static_cast<mailbox::Uid>(change.uids.count()) - 1);
  touch(modseq, change.from);
  each_of(change.from, change.uids, [&](mailbox::Uid, std::uint64_t before, auto at) {
    auto moved = messages_.extract(at);
    moved.key() = {change.to, change.first + static_cast<mailbox::Uid>(before)};
    moved.mapped().saved = change.saved;
    moved.mapped().put_back = moved.mapped().put_back || is_bin(change.from);
    moved.mapped().modseq = modseq;
    messages_.insert(std::move(moved));
  });
}

void LogReplay::on(mailbox::ModSeq modseq, const mailbox::ExpungedAll& change) {
  touch(modseq, change.folder);
  for (const auto& range : change.uids.ranges())
    messages_.erase(messages_.lower_bound({change.folder, range.first}), messages_.upper_bound({change.folder, range.last}));
}

void LogReplay::on(mailbox::ModSeq, const mailbox::Subscribed& change) {
  if (change.to == mailbox::Subscribed::To::yes) {
    subscriptions_.insert(change.name);
  } else {
    subscriptions_.erase(change.name);
  }
}

void LogReplay::on(mailbox::ModSeq, const mailbox::Annotated& change) {
  std::pair at(change.folder, change.entry);
  if (change.value) {
    annotations_.insert_or_assign(std::move(at), base::Writer(1).text(*change.value).take());
  } else {
    annotations_.erase(at);
  }
}

void LogReplay::on(mailbox::ModSeq, const mailbox::Shared& change) {
  std::pair at(change.folder, change.identifier);
  if (change.rights.empty()) {
    rights_.erase(at);
  } else {
    rights_.insert_or_assign(std::move(at), base::Writer(1).u64(change.account).text(change.rights).take());
  }
}

void LogReplay::on(mailbox::ModSeq modseq, const mailbox::Restored& change) {
  numbers_.go_on(modseq, change);
  for (auto& [number, folder] : folders_) folder.go_on(change);
}

}  // namespace understudy::archive::check
