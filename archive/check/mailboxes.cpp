#include "archive/check/mailboxes.hpp"

#include <optional>
#include <set>
#include <variant>

#include "archive/check/bin_origins.hpp"
#include "archive/check/entries.hpp"
#include "archive/check/in_step.hpp"
#include "archive/check/log_replay.hpp"
#include "archive/journal/body_check.hpp"
#include "archive/journal/reader.hpp"
#include "archive/keys/destroyed.hpp"
#include "archive/mailbox/view.hpp"
#include "base/codec.hpp"

namespace understudy::archive::check {
namespace {

using mailbox::AccountNumber;
using store::Table;

constexpr std::uint64_t records_between_questions = 256;

/// Computed beside mailbox::Folder::count_in(), on purpose.
struct Contents {
  std::uint64_t messages = 0, octets = 0, unseen = 0, deleted = 0, deleted_octets = 0;

  void add(const mailbox::Message& message) {
    messages += 1;
    octets += message.body.size;
    const bool is_deleted = (message.flags.system & mailbox::Flags::deleted) != 0;
    unseen += (message.flags.system & mailbox::Flags::seen) == 0 ? 1 : 0;
    deleted += is_deleted ? 1 : 0;
    deleted_octets += is_deleted ? message.body.size : 0;
  }
};

/// Messages of an account, asked for in the order of folders and UIDs: each record is read once.
class Chunks {
 public:
  Chunks(const store::Reader& reader, AccountNumber account)
      : records_(reader, mailbox::shard_of(account), Table::message_chunks) {}

  /// As mailbox::message(). Until the next call.
  base::Result<const mailbox::Message*> message(const InFolder& at) {
    const InChunk wanted{at.folder, mailbox::MessageChunk::number_of(at.uid)};
    if (held_ != wanted) {
      chunk_ = read(wanted);
      held_ = wanted;
    }
    if (!chunk_) return std::unexpected(chunk_.error());
    const auto* found = std::as_const(*chunk_).find(at.uid);
    if (!found) return base::fail("message " + std::to_string(at.uid), base::errc::not_found);
    return found;
  }

 private:
  using InChunk = std::pair<mailbox::FolderNumber, mailbox::MessageChunk::Number>;
  base::Result<mailbox::MessageChunk> read(const InChunk& at) {
    const auto record = records_.get(mailbox::keys::message_chunk(at.first, at.second));
    if (!record) return std::unexpected(record.error());
    return *record ? mailbox::MessageChunk::decode(at.second, **record) : mailbox::MessageChunk();
  }

  InStep records_;
  std::optional<InChunk> held_;
  base::Result<mailbox::MessageChunk> chunk_;
};

class AccountCheck {
 public:
  AccountCheck(const store::Reader& reader, const store::BodySource& bodies, const FiledAs& filed_as,
               const MailboxCheck& options, Findings& findings, const GoOn& go_on)
      : reader_(reader),
        bodies_(bodies),
        filed_as_(filed_as),
        options_(options),
        findings_(findings),
        go_on_(go_on),
        entries_(reader) {}

  base::Result<> check(AccountNumber account, std::string name) {
    account_ = account;
    name_ = std::move(name);
    contents_.clear();
    for (std::uint64_t first = 0;; first += options_.at_once) {
      LogReplay replay(first, options_.at_once);
      const bool whole = read_log(replay, first == 0 ? Told::now : Told::before);
      if (stopped_) return stopped();
      if (!whole) return without_log();
      if (auto compared = compare(replay); !compared) return compared;
      if (first + options_.at_once < replay.filed()) continue;
      return compare_folders(replay, first == 0 ? Slices::one : Slices::several);
    }
  }

 private:
  enum class Told : std::uint8_t { now, before };
  enum class Slices : std::uint8_t { one, several };

  void fault(const std::string& what) { findings_.add(name_ + what); }
  static std::unexpected<base::Error> stopped() { return base::fail("check of the store", base::errc::shutting_down); }
  bool asked_to_stop() {
    if (asked_++ % records_between_questions == 0 && go_on_ && !go_on_()) stopped_ = true;
    return stopped_;
  }

  /// Each change under its MODSEQ, from 1 without gaps, but where one says how far it goes on. False: some of them is not
  /// there, or means nothing.
  bool read_log(LogReplay& replay, Told told) {
    const std::string log = ", change log: ";
    mailbox::ModSeq next = 1;
    bool whole = true;
    const auto lost = [&](const std::string& what) {
      whole = false;
      if (told == Told::now) fault(log + what);
    };
    each_record(
        reader_, mailbox::shard_of(account_), Table::account_log,
        [&](std::string_view key, std::string_view value) {
          if (told == Told::now) findings_.records += 1;
          const mailbox::ModSeq modseq = base::Reader(key).u64();
          if (modseq != next) lost(changes(next, modseq - 1) + " missing");
          next = modseq + 1;
          const auto change = mailbox::decode_change(value);
          if (key.size() != 8 || !change || !as_written(value, mailbox::encode(*change)))
            lost(changes(modseq, modseq) + " not understood" + (change ? "" : ": " + change.error().text()));
          if (change) replay.take(modseq, *change);
          if (const auto* restored = change ? std::get_if<mailbox::Restored>(&*change) : nullptr) next = restored->next;
          if (const auto* filed = change ? std::get_if<mailbox::Filed>(&*change) : nullptr; filed && told == Told::now)
            arrived(replay, *filed);
          return !asked_to_stop();
        },
        [&](const Gap& gap) {
          lost("what follows change " + std::to_string(next - 1) + " cannot be read: " + gap.error.text());
          if (!gap.before.empty()) next = base::Reader(gap.before).u64();
        });
    if (const auto numbers = last_modseq(); numbers && whole && *numbers + 1 != next)
      lost("it ends at " + std::to_string(next - 1) + ", and the account is at " + std::to_string(*numbers));
    return whole;
  }

  static std::string changes(mailbox::ModSeq first, mailbox::ModSeq last) {
    return first == last ? "change " + std::to_string(first) + " is"
                         : "changes " + std::to_string(first) + " to " + std::to_string(last) + " are";
  }

  std::optional<mailbox::ModSeq> last_modseq() {
    const auto value = reader_.get(mailbox::shard_of(account_), Table::account_state, mailbox::keys::numbers);
    mailbox::AccountState state;
    if (!value || !*value || !state.decode_numbers(**value)) return std::nullopt;  // told where that table is read
    return state.last_modseq;
  }

  std::string where(const LogReplay& replay, const InFolder& at) const {
    const auto folder = replay.folders().find(at.folder);
    return ", " + (folder == replay.folders().end() ? "folder " + std::to_string(at.folder) : folder->second.name) + ", UID " +
           std::to_string(at.uid) + ": ";
  }

  base::Result<> compare(const LogReplay& replay) {
    Chunks chunks(reader_, account_);
    InStep copies(reader_, mailbox::shard_of(account_), Table::copies);
    for (const auto& [at, filed] : replay.messages()) {
      if (asked_to_stop()) return stopped();
      findings_.messages += 1;
      contents_[at.folder].add(filed);
      const auto found = chunks.message(at);
      if (!found)
        fault(where(replay, at) + (found.error().code == base::errc::not_found ? "is not there any more; " : "") +
              "the change log has it: " + found.error().text());
      else if (**found != filed)
        fault(where(replay, at) + "is not what the change log says");
      const auto copy = copies.get(mailbox::keys::copy(filed.body, at.folder, at.uid));
      if (copy && (!*copy || **copy != std::string_view("\1"))) fault(where(replay, at) + "is missing in table copies");
      octets(replay, at, filed);
    }
    return {};
  }

  /// Of each message that was ever filed from the journal: is it that of its entry?
  void arrived(const LogReplay& replay, const mailbox::Filed& filed) {
    const auto& message = filed.message;
    if (message.source != mailbox::Source::arrival || filed_as_.fits(message)) return;
    const auto& told = entries_.at(message.position);
    const std::string at = where(replay, {filed.folder, filed.uid});
    if (told.state == check::Told::State::absent) return fault(at + "the journal has no entry " + message.position.text());
    if (told.state != check::Told::State::there) return;
    const auto& entry = *told.entry;
    if (entry.body != message.body) return fault(at + "is not the message of entry " + message.position.text());
    if (message.name != entry.facts.received && message.name != entry.facts.handed)
      return fault(at + "its name is not that of entry " + message.position.text());
    if (message.internal_date != entry.time) fault(at + "is not as entry " + message.position.text() + " was filed");
  }

  /// The journal's word on what was filed; where it has none, that of the octets themselves.
  void octets(const LogReplay& replay, const InFolder& at, const mailbox::Message& filed) {
    if (filed.source == mailbox::Source::arrival && options_.octets == MailboxCheck::Octets::leave) return;  // see arrived()
    if (filed.source == mailbox::Source::arrival && filed_as_.fits(filed)) return;
    if (filed.source == mailbox::Source::arrival || filed.source == mailbox::Source::copy) {
      const auto entry = journal::read(reader_, filed.position);
      if (entry && entry->body == filed.body) {
        if (filed.source == mailbox::Source::copy && filed.name != entry->facts.received && filed.name != entry->facts.handed)
          fault(where(replay, at) + "its name is not that of entry " + filed.position.text());
        return;
      }
      if (entry && filed.source == mailbox::Source::arrival) return;
    }
    if (options_.octets == MailboxCheck::Octets::read) body(replay, at, filed);
  }

  void body(const LogReplay& replay, const InFolder& at, const mailbox::Message& filed) {
    const auto digest = journal::digest_of(bodies_, filed.body);
    if (!digest) return fault(where(replay, at) + "its octets cannot be read: " + digest.error().text());
    findings_.bodies += 1;
    findings_.octets += filed.body.size;
    if (filed.source == mailbox::Source::append && *digest != filed.name)
      fault(where(replay, at) + "its octets do not have the digest that it came with");
  }

  base::Result<> compare_folders(const LogReplay& replay, Slices slices) {
    std::map<mailbox::FolderNumber, Contents> stored;
    BinOrigins bin(replay);
    const BinOrigins::Fault of_bin = [this](const std::string& what) { fault(what); };
    each_chunk(
        [&](mailbox::FolderNumber folder, const mailbox::MessageChunk& chunk) {
          stored[folder].messages += chunk.messages().size();
          for (const auto& [uid, message] : chunk.messages()) {
            bin.saw(folder, uid);
            if (const InFolder at{folder, uid}; slices == Slices::one && !replay.messages().contains(at))
              fault(where(replay, at) + "nothing filed it");
          }
        },
        [](const Gap&) {});  // each message in it was asked for alone
    if (stopped_) return stopped();
    for (const auto& [number, folder] : replay.folders()) compare_folder(number, folder, stored[number]);
    strange_folders(replay);
    compare_subscriptions(replay);
    compare_beside(Table::annotations, "annotations", replay.annotations());
    compare_beside(Table::rights, "rights", replay.rights());
    each(Table::bin, [&](std::string_view key, std::string_view record) { bin.saw(key, record, of_bin); });
    if (!stopped_) bin.finish(of_bin);
    compare_copies(replay, slices);
    compare_numbers(replay.numbers());
    if (stopped_) return stopped();
    return {};
  }

  template <class Take>
  void each(Table table, Take take) {
    each_record(
        reader_, mailbox::shard_of(account_), table,
        [&](std::string_view key, std::string_view value) {
          take(key, value);
          return !asked_to_stop();
        },
        [](const Gap&) {});  // told where tables are read, or each record was asked for alone
  }

  void strange_folders(const LogReplay& replay) {
    each(Table::folders, [&](std::string_view key, std::string_view) {
      const auto number = base::Reader(key).u32();
      if (key.size() != 4 || !replay.folders().contains(number))
        fault(", folder " + std::to_string(number) + ": nothing made it");
    });
  }

  void compare_subscriptions(const LogReplay& replay) {
    std::size_t there = 0;
    each(Table::subscriptions, [&](std::string_view key, std::string_view value) {
      const bool known = replay.subscriptions().contains(std::string(key)) && value == std::string_view("\1");
      if (known) there += 1;
      if (!known) fault(", subscription \"" + base::escape(key) + "\": nothing made it");
    });
    if (!stopped_ && there < replay.subscriptions().size())
      fault(", subscriptions: " + std::to_string(replay.subscriptions().size() - there) + " are missing");
  }

  /// Of a table of what stands beside folders: `called` one of its records.
  void compare_beside(Table table, const std::string& called, const LogReplay::Beside& logged) {
    std::size_t there = 0;
    each(table, [&](std::string_view key, std::string_view value) {
      base::Reader in(key);
      const auto folder = in.u32();
      const auto found = logged.find({folder, std::string(key.substr(std::min<std::size_t>(key.size(), 4)))});
      const bool known = key.size() > 4 && found != logged.end() && value == found->second;
      if (known) there += 1;
      if (!known) fault(", table " + called + ": record " + base::to_hex(key) + ": is not what the change log says");
    });
    if (!stopped_ && there < logged.size())
      fault(", " + called + ": " + std::to_string(logged.size() - there) + " are missing");
  }

  /// Each is of a message that is there: which copies there are of each message was asked before.
  void compare_copies(const LogReplay& replay, Slices slices) {
    each(Table::copies, [&](std::string_view key, std::string_view) {
      base::Reader in(key);
      store::BodyRef body;
      body.id.start = in.u64();
      body.id.number = in.u64();
      const InFolder at{in.u32(), in.u32()};
      bool known = in.ok() && in.at_end();
      if (slices == Slices::one) {
        const auto found = replay.messages().find(at);
        known = known && found != replay.messages().end() && found->second.body.id == body.id;
      } else if (const auto found = mailbox::message(reader_, account_, at.folder, at.uid)) {
        known = known && found->body.id == body.id;
      } else {
        known = known && found.error().code != base::errc::not_found;
      }
      if (!known) fault(", table copies: record " + base::to_hex(key) + ": there is no such message");
    });
  }

  void compare_numbers(const mailbox::AccountState& state) {
    auto applied = state.applied;
    bool numbers = false, life = false;
    each(Table::account_state, [&](std::string_view key, std::string_view value) {
      base::Reader in(value);
      const bool known = in.u8() == 1;
      const auto index = in.u64();
      if (key == mailbox::keys::numbers) {
        numbers = true;
        if (!as_written(value, state.encode_numbers()))
          fault(", table account_state: its numbers are not what the change log says");
      } else if (key.size() == 1 + 2 && key.front() == 'a' && known && in.ok() && in.at_end()) {
        const auto partition = base::Reader(key.substr(1)).u16();
        if (applied[partition] != index)
          fault(", table account_state: knows of " + std::to_string(index) + " journal entries, and by the change log of " +
                std::to_string(applied[partition]));
        applied.erase(partition);
      } else if (key == mailbox::keys::life) {
        life = true;
        if (!as_written(value, state.life.encode())) fault(", table account_state: its lives are not what the change log says");
      } else {
        fault(", table account_state: record " + base::to_hex(key) + ": is not understood");
      }
    });
    if (!numbers) fault(", table account_state: its numbers are missing");
    if (!life && state.life != mailbox::Life()) fault(", table account_state: its lives are missing");
    for (const auto& [partition, index] : applied)
      if (index > 0) fault(", table account_state: that it knows of " + std::to_string(index) + " journal entries is missing");
  }

  void compare_folder(mailbox::FolderNumber number, mailbox::Folder filed, const Contents& stored) {
    const auto value = reader_.get(mailbox::shard_of(account_), Table::folders, mailbox::keys::folder(number));
    const std::string folder = ", " + filed.name + ": ";
    findings_.records += 1;
    if (!value) return fault(folder + "its record cannot be read: " + value.error().text());
    if (!*value) return fault(folder + "the folder is not there any more; the change log has it");
    const auto record = mailbox::Folder::decode(**value);
    if (!record) return fault(folder + record.error().text());
    const auto& contents = contents_[number];
    filed.messages = static_cast<std::uint32_t>(contents.messages);
    filed.octets = contents.octets;
    filed.unseen = static_cast<std::uint32_t>(contents.unseen);
    filed.deleted = static_cast<std::uint32_t>(contents.deleted);
    filed.deleted_octets = contents.deleted_octets;
    if (stored.messages != contents.messages || record->messages != contents.messages)
      fault(folder + "says it has " + std::to_string(record->messages) + " messages, there are " +
            std::to_string(stored.messages) + ", and by the change log " + std::to_string(contents.messages));
    else if (*record != filed || !as_written(**value, filed.encode()))
      fault(folder + "its record is not what the change log says");
  }

  /// What can be said of a mailbox whose log is not whole: which messages cannot be read.
  base::Result<> without_log() {
    each_chunk(
        [&](mailbox::FolderNumber, const mailbox::MessageChunk& chunk) { findings_.messages += chunk.messages().size(); },
        [&](const Gap& gap) {
          fault(", messages: what follows " + text_of(gap.after) + (gap.before.empty() ? "" : " up to " + text_of(gap.before)) +
                " cannot be read: " + gap.error.text());
        });
    if (stopped_) return stopped();
    return {};
  }

  static std::string text_of(std::string_view key) {
    if (key.empty()) return "the beginning";
    base::Reader in(key);
    const auto folder = in.u32();
    return "folder " + std::to_string(folder) + ", " + uids(in.u32());
  }

  static std::string uids(mailbox::MessageChunk::Number number) {
    using Chunk = mailbox::MessageChunk;
    return "UIDs " + std::to_string(Chunk::first_uid(number)) + " to " + std::to_string(Chunk::last_uid(number));
  }

  /// Of those that are as they were written; the others are faults.
  template <class Take, class Lost>
  void each_chunk(Take take, Lost lost) {
    each_record(
        reader_, mailbox::shard_of(account_), Table::message_chunks,
        [&](std::string_view key, std::string_view value) {
          findings_.records += 1;
          base::Reader at(key);
          const auto folder = at.u32();
          const auto number = at.u32();
          const auto chunk = mailbox::MessageChunk::decode(number, value);
          const bool fits = chunk && at.ok() && at.at_end() && as_written(value, chunk->encode());
          if (fits) take(folder, *chunk);
          if (!fits) fault(", folder " + std::to_string(folder) + ", " + uids(number) + ": their record is not understood");
          return !asked_to_stop();
        },
        lost);
    if (!stopped_) earlier_messages();
  }

  /// A mailbox of an earlier version is made anew when the archive is started.
  void earlier_messages() {
    std::uint64_t there = 0;
    each(Table::messages, [&](std::string_view, std::string_view) { there += 1; });
    if (there > 0)
      fault(": " + std::to_string(there) + " messages are as an earlier version kept them, and not seen by this one");
  }

  const store::Reader& reader_;
  const store::BodySource& bodies_;
  const FiledAs& filed_as_;
  const MailboxCheck& options_;
  Findings& findings_;
  const GoOn& go_on_;
  Entries entries_;
  AccountNumber account_ = 0;
  std::string name_;
  std::map<mailbox::FolderNumber, Contents> contents_;  ///< by the change log
  std::uint64_t asked_ = 0;
  bool stopped_ = false;
};

}  // namespace

base::Result<> mailboxes(const store::Reader& reader, const store::BodySource& bodies, const AccountNames& names,
                         const FiledAs& filed_as, const MailboxCheck& options, Findings& findings, const GoOn& go_on) {
  std::set<store::Shard> accounts;
  for (const auto& [number, name] : names) accounts.insert(mailbox::shard_of(number));  // also where nothing is left of one
  for (const auto table : {Table::account_log, Table::account_state, Table::folders, Table::messages, Table::message_chunks,
                           Table::copies, Table::summaries, Table::subscriptions, Table::annotations, Table::rights,
                           Table::headings, Table::heading_packs, Table::bin}) {
    const auto shards = reader.shards(table);
    if (shards) {
      accounts.insert(shards->begin(), shards->end());
    } else if (table == Table::account_log) {
      findings.add("the accounts that have mailboxes cannot be listed: " + shards.error().text());
      return {};
    }
  }
  AccountCheck check(reader, bodies, filed_as, options, findings, go_on);
  for (const auto& shard : accounts)
    if (!keys::is_destroyed(reader, shard))
      if (auto checked = check.check(shard.id, name_of(shard, names)); !checked) return checked;
  return {};
}

}  // namespace understudy::archive::check
