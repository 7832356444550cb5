#include "archive/mailbox/projection.hpp"

#include <algorithm>
#include <map>

#include "archive/mailbox/rights.hpp"

namespace understudy::archive::mailbox {
namespace {

base::Result<> missing(std::string what) {
  return base::fail(std::move(what), base::errc::not_found);
}

class Projector {
 public:
  Projector(commit::Stage& stage, AccountNumber account, AccountState& state, ModSeq modseq, Holding holding)
      : stage_(stage), shard_(shard_of(account)), account_(account), state_(state), modseq_(modseq), holding_(holding) {}

  base::Result<> operator()(const FolderMade& c) {
    Folder folder;
    folder.name = c.name;
    folder.special_use = c.special_use;
    folder.uid_validity = c.uid_validity;
    state_.folders[c.folder] = std::move(folder);
    state_.next_folder = std::max(state_.next_folder, c.folder + 1);
    state_.last_uid_validity = std::max(state_.last_uid_validity, c.uid_validity);
    write_folder(c.folder);
    return {};
  }

  base::Result<> operator()(const FolderRenamed& c) {
    const auto found = state_.folders.find(c.folder);
    if (found == state_.folders.end()) return missing("folder to rename");
    state_.free_name(found->second.uid_validity);
    found->second.name = c.name;
    found->second.uid_validity = c.uid_validity;
    state_.last_uid_validity = std::max(state_.last_uid_validity, c.uid_validity);
    write_folder(c.folder);
    return {};
  }

  base::Result<> operator()(const FolderRemoved& c) {
    const auto found = state_.folders.find(c.folder);
    if (found == state_.folders.end()) return missing("folder to remove");
    Messages messages(stage_, account_, c.folder);
    for (Uid uid = 1; uid < found->second.uid_next && found->second.messages > 0; ++uid) {
      auto message = messages.find(uid);
      if (!message && message.error().code != base::errc::not_found) return std::unexpected(message.error());
      if (!message) continue;
      if (auto gone = take_out(c.folder, uid, *message); !gone) return gone;
    }
    state_.free_name(found->second.uid_validity);
    for (const auto table : {store::Table::annotations, store::Table::rights}) {
      auto beside = stage_.records(shard_, table, keys::folder(c.folder));
      if (!beside) return std::unexpected(beside.error());
      for (const auto& [key, value] : *beside) stage_.erase(shard_, table, key);
    }
    stage_.erase(shard_, store::Table::folders, keys::folder(c.folder));
    state_.folders.erase(found);
    return {};
  }

  base::Result<> operator()(const Filed& c) {
    if (!state_.folders.contains(c.folder)) return missing("folder to file into");
    put_in(c.folder, c.uid, c.message);
    write_folder(c.folder);
    return {};
  }

  base::Result<> operator()(const FlagsSet& c) {
    if (!state_.folders.contains(c.folder)) return missing("folder to change");
    auto message = find_message(stage_, account_, c.folder, c.uid);
    if (!message) return std::unexpected(message.error());
    set_flags(c.folder, c.uid, *message, c.flags);
    write_folder(c.folder);
    return {};
  }

  base::Result<> operator()(const Moved& c) {
    if (!state_.folders.contains(c.to)) return missing("folder to move into");
    auto message = find_message(stage_, account_, c.from, c.from_uid);
    if (!message) return std::unexpected(message.error());
    put_in(c.to, c.to_uid, *message);  // first in, then out: the body never goes without a holder
    if (auto gone = take_out(c.from, c.from_uid, *message); !gone) return gone;
    write_folder(c.to);
    write_folder(c.from);
    return {};
  }

  base::Result<> operator()(const Expunged& c) { return (*this)(ExpungedAll{c.folder, Uids{{c.uid, c.uid}}}); }

  base::Result<> operator()(const FlagsChanged& c) {
    auto done = each(c.folder, c.uids, [&](Uid uid, Message& message) -> base::Result<> {
      set_flags(c.folder, uid, message, changed(message.flags, c.how, c.flags));
      return {};
    });
    if (done) write_folder(c.folder);
    return done;
  }

  base::Result<> operator()(const Copied& c) {
    if (!state_.folders.contains(c.to)) return missing("folder to copy into");
    Uid given = c.first;
    auto done = each(c.from, c.uids, [&](Uid, Message& message) -> base::Result<> {
      message.source = Source::copy;
      message.saved = c.saved;
      put_in(c.to, given++, message);
      return {};
    });
    if (done) write_folder(c.to);
    return done;
  }

  base::Result<> operator()(const MovedAll& c) {
    if (!state_.folders.contains(c.to)) return missing("folder to move into");
    Uid given = c.first;
    auto done = each(c.from, c.uids, [&](Uid uid, Message& message) -> base::Result<> {
      message.saved = c.saved;
      put_in(c.to, given++, message);  // first in, then out: the body never goes without a holder
      return take_out(c.from, uid, message);
    });
    if (!done) return done;
    write_folder(c.to);
    write_folder(c.from);
    return {};
  }

  base::Result<> operator()(const ExpungedAll& c) {
    auto done = each(c.folder, c.uids, [&](Uid uid, Message& message) { return take_out(c.folder, uid, message); });
    if (done) write_folder(c.folder);
    return done;
  }

  base::Result<> operator()(const Subscribed& c) {
    if (c.to == Subscribed::To::yes) {
      stage_.put(shard_, store::Table::subscriptions, c.name, std::string(1, '\1'));
    } else {
      stage_.erase(shard_, store::Table::subscriptions, c.name);
    }
    return {};
  }

  base::Result<> operator()(const Annotated& c) {
    if (c.folder != Annotated::of_account && !state_.folders.contains(c.folder)) return missing("folder to annotate");
    const auto key = keys::annotation(c.folder, c.entry);
    if (c.value) {
      stage_.put(shard_, store::Table::annotations, key, base::Writer(1).text(*c.value).take());
    } else {
      stage_.erase(shard_, store::Table::annotations, key);
    }
    return {};
  }

  base::Result<> operator()(const Shared& c) {
    if (!state_.folders.contains(c.folder)) return missing("folder to share");
    const auto key = keys::right(c.folder, c.identifier);
    if (c.rights.empty()) {
      stage_.erase(shard_, store::Table::rights, key);
    } else {
      stage_.put(shard_, store::Table::rights, key, encode_grant(c.account, c.rights));
    }
    return {};
  }

  /// Lets go of bodies of which no copy is left. Once for each body, however many copies of it went.
  base::Result<> let_go() {
    commit::Stage::Walk walk(stage_, shard_, store::Table::copies);
    for (const auto& [id, body] : taken_out_) {
      auto copies = walk.any(keys::copies_of(body));
      if (!copies) return std::unexpected(copies.error());
      if (*copies) continue;
      stage_.erase(shard_, store::Table::summaries, keys::summary(body));
      stage_.erase(shard_, store::Table::headings, keys::summary(body));
      stage_.release(shard_, body);
    }
    return {};
  }

 private:
  template <class Act>
  base::Result<> each(FolderNumber folder, const Uids& uids, Act act) {
    if (!state_.folders.contains(folder)) return missing("folder to change");
    Messages messages(stage_, account_, folder);
    for (const Uid uid : uids) {
      auto message = messages.find(uid);
      if (!message) return std::unexpected(message.error());
      if (auto done = act(uid, *message); !done) return done;
    }
    return {};
  }

  void write_folder(FolderNumber number) {
    auto& folder = state_.folders.at(number);
    folder.highest_modseq = modseq_;
    stage_.put(shard_, store::Table::folders, keys::folder(number), folder.encode());
  }
  void write_message(FolderNumber folder, Uid uid, const Message& message) {
    base::Writer out(message.version);
    message.encode(out);
    stage_.put(shard_, store::Table::messages, keys::message(folder, uid), out.take());
  }

  void set_flags(FolderNumber number, Uid uid, Message& message, Flags flags) {
    auto& folder = state_.folders.at(number);
    folder.count_out(message);
    message.flags = std::move(flags);
    message.modseq = modseq_;
    folder.count_in(message);
    write_message(number, uid, message);
  }

  void put_in(FolderNumber number, Uid uid, Message message) {
    message.modseq = modseq_;
    auto& folder = state_.folders.at(number);
    folder.uid_next = std::max(folder.uid_next, uid + 1);
    folder.count_in(message);
    write_message(number, uid, message);
    stage_.put(shard_, store::Table::copies, keys::copy(message.body, number, uid), std::string(1, '\1'));
    if (holding_ == Holding::now) stage_.hold(shard_, message.body);
  }

  base::Result<> take_out(FolderNumber number, Uid uid, const Message& message) {
    state_.folders.at(number).count_out(message);
    stage_.erase(shard_, store::Table::messages, keys::message(number, uid));
    stage_.erase(shard_, store::Table::copies, keys::copy(message.body, number, uid));
    if (holding_ == Holding::now) taken_out_.try_emplace(message.body.id, message.body);
    return {};
  }

  commit::Stage& stage_;
  store::Shard shard_;
  AccountNumber account_;
  AccountState& state_;
  ModSeq modseq_;
  Holding holding_;
  std::map<store::BodyId, store::BodyRef> taken_out_;  ///< bodies of which this change took copies out
};

base::Result<Message> message_of(Uid uid, base::Result<std::optional<std::string>> value) {
  if (!value) return std::unexpected(value.error());
  const auto what = [&] { return "message " + std::to_string(uid); };
  if (!*value) return base::fail(what(), base::errc::not_found);
  base::Reader in(**value);
  const auto version = in.u8();
  Message message = Message::decode(in, version);
  if (auto fits = in.check(what()); !fits) return std::unexpected(fits.error());
  return message;
}

}  // namespace

base::Result<> project(commit::Stage& stage, AccountNumber account, AccountState& state, ModSeq modseq, const Change& change,
                       Holding holding) {
  Projector projector(stage, account, state, modseq, holding);
  if (auto done = std::visit(projector, change); !done) return done;
  if (auto let_go = projector.let_go(); !let_go) return let_go;
  state.last_modseq = std::max(state.last_modseq, modseq);
  stage.put(shard_of(account), store::Table::account_state, std::string(keys::numbers), state.encode_numbers());
  return {};
}

base::Result<Message> find_message(const commit::Stage& stage, AccountNumber account, FolderNumber folder, Uid uid) {
  return message_of(uid, stage.get(shard_of(account), store::Table::messages, keys::message(folder, uid)));
}

Messages::Messages(const commit::Stage& stage, AccountNumber account, FolderNumber folder)
    : walk_(stage, shard_of(account), store::Table::messages), folder_(folder) {}

base::Result<Message> Messages::find(Uid uid) {
  return message_of(uid, walk_.get(keys::message(folder_, uid)));
}

}  // namespace understudy::archive::mailbox
