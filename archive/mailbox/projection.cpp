#include "archive/mailbox/projection.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "archive/mailbox/bin_origin.hpp"
#include "archive/mailbox/heading_pack.hpp"
#include "archive/mailbox/rights.hpp"
#include "archive/mailbox/staged_messages.hpp"

namespace understudy::archive::mailbox {
namespace {

base::Result<> missing(std::string what) {
  return base::fail(std::move(what), base::errc::not_found);
}

class Projector {
 public:
  Projector(commit::Stage& stage, AccountNumber account, AccountState& state, ModSeq modseq, Holding holding)
      : stage_(stage),
        shard_(shard_of(account)),
        messages_(stage, account),
        state_(state),
        modseq_(modseq),
        holding_(holding) {}

  base::Result<> operator()(const FolderMade& c) {
    Folder folder;
    folder.name = c.name;
    folder.special_use = c.special_use;
    folder.uid_validity = c.uid_validity;
    folder.kind = c.kind;
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
    const auto records = stage_.records(shard_, store::Table::message_chunks, keys::folder(c.folder));
    if (!records) return std::unexpected(records.error());
    for (const auto& [key, record] : *records) {
      auto chunk = messages_.chunk(c.folder, base::Reader(std::string_view(key).substr(sizeof(FolderNumber))).u32());
      if (!chunk) return std::unexpected(chunk.error());
      const std::vector<ListedMessage> there(chunk->begin(), chunk->end());
      for (const auto& [uid, message] : there)
        if (auto gone = take_out(c.folder, uid, message); !gone) return gone;
    }
    state_.free_name(found->second.uid_validity);
    for (const auto table : {store::Table::annotations, store::Table::rights, store::Table::bin}) {
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
    if (auto done = put_in(c.folder, c.uid, c.message); !done) return done;
    write_folder(c.folder);
    return {};
  }

  base::Result<> operator()(const FlagsSet& c) {
    return set_flags(c.folder, Uids{{c.uid, c.uid}}, [&](const Flags&) { return c.flags; });
  }

  base::Result<> operator()(const Moved& c) {
    return move(c.from, Uids{{c.from_uid, c.from_uid}}, c.to, c.to_uid, std::nullopt);
  }

  base::Result<> operator()(const Expunged& c) { return (*this)(ExpungedAll{c.folder, Uids{{c.uid, c.uid}}}); }

  base::Result<> operator()(const FlagsChanged& c) {
    FlagChange change(c.how, c.flags);
    return set_flags(c.folder, c.uids, [&](const Flags& flags) { return change.of(flags); });
  }

  base::Result<> operator()(const Copied& c) {
    if (!state_.folders.contains(c.to)) return missing("folder to copy into");
    Uid given = c.first;
    const bool puts_back = state_.is_bin(c.from);
    auto done = each(c.from, c.uids, [&](Uid, Message message) {
      message.source = Source::copy;
      message.put_back = message.put_back || puts_back;
      message.saved = c.saved;
      return put_in(c.to, given++, std::move(message));
    });
    if (done) write_folder(c.to);
    return done;
  }

  base::Result<> operator()(const MovedAll& c) { return move(c.from, c.uids, c.to, c.first, c.saved); }

  base::Result<> operator()(const Binned& c) {
    const auto from = state_.folders.find(c.from);
    if (from == state_.folders.end()) return missing("folder to delete from");
    if (!state_.is_bin(c.to)) return missing("bin");
    stage_.put(shard_, store::Table::bin, keys::bin_origin(c.to, c.first), BinOrigin::of(c, from->second).encode());
    return move(c.from, c.uids, c.to, c.first, c.saved);
  }

  base::Result<> operator()(const ExpungedAll& c) {
    auto done = each(c.folder, c.uids, [&](Uid uid, const Message& message) { return take_out(c.folder, uid, message); });
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

  base::Result<> operator()(const Restored& c) {
    state_.go_on(modseq_, c);
    for (const auto& [number, folder] : state_.folders)
      stage_.put(shard_, store::Table::folders, keys::folder(number), folder.encode());
    stage_.put(shard_, store::Table::account_state, std::string(keys::life), state_.life.encode());
    return {};
  }

  /// Stages the messages. Lets go of bodies of which no copy is left: once for each body, however many copies of it went.
  base::Result<> finish() {
    const bool is_new = holding_ == Holding::now;
    using Keywords = StagedMessages::Keywords;
    if (auto packed = pack_headings(); !packed) return packed;
    if (auto forgotten = forget_origins(); !forgotten) return forgotten;
    if (auto done = messages_.write(stage_, is_new ? Keywords::limited : Keywords::as_logged); !done) return done;
    return let_go();
  }

 private:
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

  /// Calls `act(uid, message)` with one that stays while others change.
  template <class Act>
  base::Result<> each(FolderNumber folder, const Uids& uids, Act act) {
    if (!state_.folders.contains(folder)) return missing("folder to change");
    for (const Uid uid : uids) {
      const auto found = messages_.find(folder, uid);
      if (!found) return std::unexpected(found.error());
      if (auto done = act(uid, Message(**found)); !done) return done;
    }
    return {};
  }

  /// `after(flags)`: what they are to be.
  template <class After>
  base::Result<> set_flags(FolderNumber number, const Uids& uids, After after) {
    const auto found = state_.folders.find(number);
    if (found == state_.folders.end()) return missing("folder to change");
    auto& folder = found->second;
    for (const Uid uid : uids) {
      auto message = messages_.change(number, uid);
      if (!message) return std::unexpected(message.error());
      folder.count_out(**message);
      (*message)->flags = after((*message)->flags);
      (*message)->modseq = modseq_;
      folder.count_in(**message);
    }
    write_folder(number);
    return {};
  }

  /// `saved`: where the log says when.
  base::Result<> move(FolderNumber from, const Uids& uids, FolderNumber to, Uid first, std::optional<base::WallTime> saved) {
    if (!state_.folders.contains(to)) return missing("folder to move into");
    Uid given = first;
    const bool puts_back = state_.is_bin(from);
    auto done = each(from, uids, [&](Uid uid, Message message) -> base::Result<> {
      message.put_back = message.put_back || puts_back;
      message.saved = saved.value_or(message.saved);
      if (auto put = put_in(to, given++, message); !put) return put;  // first in: the body never goes without a holder
      return take_out(from, uid, message);
    });
    if (!done) return done;
    write_folder(to);
    write_folder(from);
    return {};
  }

  /// Of changes that put something into the bin of which nothing is there any more.
  base::Result<> forget_origins() {
    for (const auto& range : left_bin_.ranges()) {
      for (std::uint64_t uid = range.last; uid >= range.first;) {
        const auto record = stage_.last_before(shard_, store::Table::bin, keys::bin_origin(bin_, static_cast<Uid>(uid)));
        if (!record) return std::unexpected(record.error());
        if (!*record) break;
        base::Reader key((*record)->first);
        if (key.u32() != bin_) break;
        const Uid first = key.u32();
        const auto origin = BinOrigin::decode((*record)->second);
        if (!origin) return std::unexpected(origin.error());
        const auto stays = any_in_bin(first, first + static_cast<Uid>(origin->uids.count()) - 1);
        if (!stays) return std::unexpected(stays.error());
        if (!*stays) stage_.erase(shard_, store::Table::bin, (*record)->first);
        uid = std::uint64_t{first} - 1;
      }
    }
    return {};
  }

  base::Result<bool> any_in_bin(Uid first, Uid last) {
    for (auto number = MessageChunk::number_of(first); number <= MessageChunk::number_of(last); ++number) {
      const auto chunk = messages_.chunk(bin_, number);
      if (!chunk) return std::unexpected(chunk.error());
      for (const auto& each : *chunk)
        if (first <= each.uid && each.uid <= last) return true;
    }
    return false;
  }

  /// Of chunks that are full now; those of which a message went lose theirs, with what it said of that message.
  base::Result<> pack_headings() {
    for (const auto& [folder, number] : left_)
      stage_.erase(shard_, store::Table::heading_packs, keys::message_chunk(folder, number));
    for (const auto& [folder, number] : full_) {
      stage_.erase(shard_, store::Table::heading_packs, keys::message_chunk(folder, number));
      if (full_.size() > most_packed) continue;  // many at once are put together by nobody: they are read one by one
      const auto chunk = messages_.chunk(folder, number);
      if (!chunk) return std::unexpected(chunk.error());
      auto pack = heading_pack(stage_, shard_, *chunk);
      if (!pack.empty()) stage_.put(shard_, store::Table::heading_packs, keys::message_chunk(folder, number), std::move(pack));
    }
    return {};
  }

  void write_folder(FolderNumber number) {
    auto& folder = state_.folders.at(number);
    folder.highest_modseq = modseq_;
    stage_.put(shard_, store::Table::folders, keys::folder(number), folder.encode());
  }
  base::Result<> put_in(FolderNumber number, Uid uid, Message message) {
    message.modseq = modseq_;
    auto& folder = state_.folders.at(number);
    folder.uid_next = std::max(folder.uid_next, uid + 1);
    folder.count_in(message);
    stage_.put(shard_, store::Table::copies, keys::copy(message.body, number, uid), std::string(1, '\1'));
    if (holding_ == Holding::now) stage_.hold(shard_, message.body);
    const auto chunk = MessageChunk::number_of(uid);
    if (uid == MessageChunk::last_uid(chunk)) full_.emplace(number, chunk);
    return messages_.put(number, uid, std::move(message));
  }

  base::Result<> take_out(FolderNumber number, Uid uid, const Message& message) {
    auto& folder = state_.folders.at(number);
    folder.count_out(message);
    if (folder.kind == FolderKind::bin) {
      bin_ = number;
      left_bin_.add(uid);
    }
    const auto chunk = MessageChunk::number_of(uid);
    if (folder.uid_next > MessageChunk::last_uid(chunk)) left_.emplace(number, chunk);
    stage_.erase(shard_, store::Table::copies, keys::copy(message.body, number, uid));
    if (holding_ == Holding::now) taken_out_.try_emplace(message.body.id, message.body);
    return messages_.erase(number, uid);
  }

  commit::Stage& stage_;
  store::Shard shard_;
  StagedMessages messages_;
  AccountState& state_;
  ModSeq modseq_;
  Holding holding_;
  static constexpr std::size_t most_packed = 8;
  std::set<std::pair<FolderNumber, MessageChunk::Number>> full_, left_;  ///< chunks that got their last UID; that lost one
  FolderNumber bin_ = 0;
  Uids left_bin_;                                      ///< UIDs that went out of it
  std::map<store::BodyId, store::BodyRef> taken_out_;  ///< bodies of which this change took copies out
};

}  // namespace

base::Result<> project(commit::Stage& stage, AccountNumber account, AccountState& state, ModSeq modseq, const Change& change,
                       Holding holding) {
  Projector projector(stage, account, state, modseq, holding);
  if (auto done = std::visit(projector, change); !done) return done;
  if (auto finished = projector.finish(); !finished) return finished;
  state.last_modseq = std::max(state.last_modseq, modseq);
  stage.put(shard_of(account), store::Table::account_state, std::string(keys::numbers), state.encode_numbers());
  return {};
}

base::Result<Message> find_message(const commit::Stage& stage, AccountNumber account, FolderNumber folder, Uid uid) {
  const auto record =
      stage.get(shard_of(account), store::Table::message_chunks, keys::message_chunk(folder, MessageChunk::number_of(uid)));
  if (!record) return std::unexpected(record.error());
  return in_chunk(*record, uid);
}

}  // namespace understudy::archive::mailbox
