#include "archive/mailbox/live_account.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "archive/mailbox/load_items.hpp"
#include "archive/mailbox/view.hpp"
#include "base/log.hpp"

namespace understudy::archive::mailbox {
namespace {

constexpr std::size_t changes_at_once = 500;

base::Result<std::set<std::string>> subscriptions_of(const store::Reader& reader, AccountNumber account) {
  std::set<std::string> names;
  auto cursor = reader.scan(shard_of(account), store::Table::subscriptions);
  for (; cursor->valid(); cursor->next()) names.emplace(cursor->key());
  if (auto read = cursor->status(); !read) return std::unexpected(read.error());
  return names;
}

}  // namespace

std::optional<FolderNumber> Folders::find(std::string_view name) const {
  for (const auto& [number, folder] : by_number)
    if (same_name(folder.name, name)) return number;
  return std::nullopt;
}

/// Takes changes of the log, one after another, into folders and images that nobody else sees yet.
class LiveAccount::Applied {
 public:
  explicit Applied(LiveAccount& account) : account_(account), folders_(*account.folders_) {}

  base::Result<> take(ModSeq modseq, const Change& change) {
    modseq_ = modseq;
    folders_.modseq = modseq;
    return std::visit([this](const auto& each) { return on(each); }, change);
  }

  base::Result<> finish() {
    for (const auto number : touched_)
      if (auto read = read_folder(number); !read) return read;
    for (auto& [number, editor] : editors_) {
      auto& image = editor.numbers();
      image.modseq = std::max(image.modseq, folders_.modseq);
      const auto folder = folders_.by_number.find(number);
      if (folder == folders_.by_number.end()) {
        image.removed = true;
      } else {
        image.uid_validity = folder->second.uid_validity;
      }
      account_.images_[number] = editor.take();
    }
    account_.folders_ = std::make_shared<const Folders>(std::move(folders_));
    return {};
  }

 private:
  /// nullptr: nobody has the folder open, or its image knows of this change.
  ImageEditor* editor(FolderNumber folder) {
    touched_.insert(folder);
    auto found = editors_.find(folder);
    if (found == editors_.end()) {
      const auto image = account_.images_.find(folder);
      if (image == account_.images_.end()) return nullptr;
      found = editors_.try_emplace(folder, *image->second).first;
    }
    auto& numbers = found->second.numbers();
    if (numbers.modseq >= modseq_) return nullptr;
    numbers.highest = std::max(numbers.highest, modseq_);
    return &found->second;
  }

  void put(ImageEditor& editor, const Item& item) {
    editor.put(item);
    editor.numbers().uid_next = std::max(editor.numbers().uid_next, item.uid + 1);
  }

  /// As they are in the store, where later changes may show already: those will come again, and change no more than the MODSEQ.
  /// Until then it is that of the arrival, for whoever is told of one has heard of all that was below it.
  base::Result<> arrived(FolderNumber folder, Uid first, std::uint64_t count) {
    auto* edited = editor(folder);
    if (!edited || count == 0) return {};
    const auto last = static_cast<Uid>(first + count - 1);
    edited->numbers().uid_next = std::max(edited->numbers().uid_next, last + 1);
    auto items = load_items(account_.store_, account_.account_, folder, first, last, account_.keywords_);
    if (!items) return std::unexpected(items.error());
    for (auto& item : *items) {
      item.modseq = std::min(item.modseq, modseq_);
      put(*edited, item);
    }
    return {};
  }
  void gone(FolderNumber folder, const Uids& uids) {
    if (auto* edited = editor(folder))
      for (const Uid uid : uids) edited->erase(uid);
  }

  base::Result<> on(const FolderMade& change) {
    touched_.insert(change.folder);
    return {};
  }
  base::Result<> on(const FolderRenamed& change) {
    static_cast<void>(editor(change.folder));
    return {};
  }
  base::Result<> on(const FolderRemoved& change) {
    if (auto* edited = editor(change.folder)) {
      const auto before = edited->numbers();
      *edited = ImageEditor();
      edited->numbers().uid_validity = before.uid_validity;
      edited->numbers().uid_next = before.uid_next;
      edited->numbers().highest = modseq_;
    }
    return {};
  }
  base::Result<> on(const Filed& change) {
    if (auto* edited = editor(change.folder)) put(*edited, item_of(change.uid, change.message, account_.keywords_));
    return {};
  }
  base::Result<> on(const FlagsSet& change) {
    return on(FlagsChanged{change.folder, Uids{{change.uid, change.uid}}, FlagsChanged::How::replace, change.flags});
  }
  base::Result<> on(const Moved& change) {
    gone(change.from, Uids{{change.from_uid, change.from_uid}});
    return arrived(change.to, change.to_uid, 1);
  }
  base::Result<> on(const Expunged& change) {
    gone(change.folder, Uids{{change.uid, change.uid}});
    return {};
  }
  base::Result<> on(const FlagsChanged& change) {
    auto* edited = editor(change.folder);
    if (!edited) return {};
    using Marks = std::pair<std::uint8_t, std::uint16_t>;
    std::map<Marks, Marks> after;  // most messages have the same as others
    for (const Uid uid : change.uids) {
      const auto* found = edited->find(uid);
      if (!found || found->modseq >= modseq_) continue;
      auto item = *found;
      const auto [known, is_new] = after.try_emplace(Marks(item.system, item.keywords));
      if (is_new) {
        const auto flags = changed(account_.flags_of(item), change.how, change.flags);
        known->second = {flags.system, account_.keywords_.number_of(flags.keywords)};
      }
      std::tie(item.system, item.keywords) = known->second;
      item.modseq = modseq_;
      edited->put(item);
    }
    return {};
  }
  base::Result<> on(const Copied& change) { return arrived(change.to, change.first, change.uids.count()); }
  base::Result<> on(const MovedAll& change) {
    gone(change.from, change.uids);
    return arrived(change.to, change.first, change.uids.count());
  }
  base::Result<> on(const Binned& change) {
    gone(change.from, change.uids);
    return arrived(change.to, change.first, change.uids.count());
  }
  base::Result<> on(const ExpungedAll& change) {
    gone(change.folder, change.uids);
    return {};
  }
  base::Result<> on(const Subscribed& change) {
    if (change.to == Subscribed::To::yes) {
      folders_.subscriptions.insert(change.name);
    } else {
      folders_.subscriptions.erase(change.name);
    }
    return {};
  }

  base::Result<> on(const Annotated&) {  // read when somebody asks
    folders_.annotated = modseq_;
    return {};
  }
  base::Result<> on(const Shared&) { return {}; }  // Shares knows
  base::Result<> on(const Restored&) { return base::fail("an account that was put back", base::errc::unsupported); }

  base::Result<> read_folder(FolderNumber number) {
    auto value = account_.store_.get(shard_of(account_.account_), store::Table::folders, keys::folder(number));
    if (!value) return std::unexpected(value.error());
    if (!*value) {
      folders_.by_number.erase(number);
      return {};
    }
    auto folder = Folder::decode(**value);
    if (!folder) return std::unexpected(folder.error());
    folders_.by_number.insert_or_assign(number, std::move(*folder));
    return {};
  }

  LiveAccount& account_;
  Folders folders_;
  std::map<FolderNumber, ImageEditor> editors_;
  std::set<FolderNumber> touched_;
  ModSeq modseq_ = 0;
};

base::Result<std::shared_ptr<LiveAccount>> LiveAccount::open(store::Store& store, AccountNumber account,
                                                             std::uint64_t most_unused) {
  std::shared_ptr<LiveAccount> live(new LiveAccount(store, account, most_unused));
  const std::lock_guard lock(live->mutex_);
  if (auto read = live->read_all(); !read) return std::unexpected(read.error());
  return live;
}

LiveAccount::~LiveAccount() {
  subscription_.reset();  // before what its wake-up uses
}

void LiveAccount::on_commit() {
  behind_ = true;
  const std::lock_guard lock(watchers_mutex_);
  for (const auto& changed : watchers_) {
    try {
      changed();
    } catch (const std::exception& thrown) {  // no memory for a session's wake-up: mail is none of its business
      base::log::warn("mailbox.wake_up", {{"account", account_}, {"reason", thrown.what()}});
    }
  }
}

base::Result<> LiveAccount::read_all() {
  forget();
  const auto snapshot = store_.snapshot();
  auto state = load_state(*snapshot, account_);
  if (!state) return std::unexpected(state.error());
  auto subscriptions = subscriptions_of(*snapshot, account_);
  if (!subscriptions) return std::unexpected(subscriptions.error());
  subscription_ = store_.subscribe(shard_of(account_), state->last_modseq + 1, [this] { on_commit(); });
  folders_ = std::make_shared<const Folders>(
      Folders{std::move(state->folders), std::move(*subscriptions), state->last_modseq, state->last_modseq});
  return {};
}

base::Result<> LiveAccount::refresh() {
  if (!folders_) return read_all();  // what could not be read once may be readable now
  if (!behind_.exchange(false)) return {};
  try {
    auto followed = follow();
    if (followed) return followed;
  } catch (...) {  // what was taken from the subscription does not come again
    forget();
    throw;
  }
  return read_all();  // a change of a later version, say; the tables have its result
}

void LiveAccount::forget() {
  subscription_.reset();
  images_.clear();
  folders_.reset();
  behind_ = true;
}

base::Result<> LiveAccount::follow() {
  Applied applied(*this);
  for (;;) {
    auto records = subscription_->next(changes_at_once);
    if (!records) return std::unexpected(records.error());
    for (const auto& [sequence, record] : *records) {
      auto change = decode_change(record);
      if (!change) return std::unexpected(change.error());
      if (auto taken = applied.take(sequence, *change); !taken) return taken;
    }
    if (records->size() < changes_at_once) break;
  }
  return applied.finish();
}

base::Result<std::shared_ptr<const Folders>> LiveAccount::folders() {
  const std::lock_guard lock(mutex_);
  if (auto read = refresh(); !read) return std::unexpected(read.error());
  return folders_;
}

base::Result<std::shared_ptr<const Image>> LiveAccount::image(FolderNumber folder) {
  const std::lock_guard lock(mutex_);
  if (auto read = refresh(); !read) return std::unexpected(read.error());
  if (const auto found = images_.find(folder); found != images_.end()) return found->second;
  auto loaded = load(folder);
  if (loaded) drop_unused(folder);
  return loaded;
}

namespace {
/// Whether an image before this one is still shown to somebody: they have chunks in common.
bool is_shared(const Image& image) {
  return std::ranges::any_of(image.chunks(), [](const auto& chunk) { return chunk.use_count() > 1; });
}
}  // namespace

/// Who has an account open for days may look at each of its folders once.
void LiveAccount::drop_unused(FolderNumber but) {
  std::uint64_t all = 0, unused = 0;
  for (auto at = images_.begin(); at != images_.end();) {
    const std::uint64_t octets = at->second->size() * sizeof(Item);
    const bool is_used = at->first == but || at->second.use_count() > 1 || is_shared(*at->second);
    const bool goes = !is_used && unused + octets > most_unused_;
    all += goes ? 0 : octets;
    unused += is_used || goes ? 0 : octets;
    at = goes ? images_.erase(at) : std::next(at);
  }
  octets_ = all;
}

base::Result<std::map<std::string, std::string>> LiveAccount::annotations(FolderNumber folder) const {
  return mailbox::annotations(store_, account_, folder);
}

base::Result<std::shared_ptr<const Image>> LiveAccount::load(FolderNumber folder) {
  const auto snapshot = store_.snapshot();  // may know of changes that the log has still to tell: Applied passes them over
  auto state = load_state(*snapshot, account_);
  if (!state) return std::unexpected(state.error());
  const auto found = state->folders.find(folder);
  if (found == state->folders.end()) return base::fail("folder " + std::to_string(folder), base::errc::not_found);
  ImageEditor editor;
  auto& numbers = editor.numbers();
  numbers.uid_validity = found->second.uid_validity;
  numbers.uid_next = found->second.uid_next;
  numbers.highest = found->second.highest_modseq;
  numbers.modseq = state->last_modseq;
  numbers.unknown_from = state->life.unknown_from;
  numbers.unknown_to = state->life.unknown_to;
  auto items = load_items(*snapshot, account_, {folder, found->second.messages, found->second.uid_next}, keywords_);
  if (!items) return std::unexpected(items.error());
  for (const auto& part : *items)
    for (const auto& item : part) editor.put(item);
  return images_[folder] = editor.take();
}

LiveAccount::Watch::Watch(std::shared_ptr<LiveAccount> account, std::list<std::function<void()>>::iterator at)
    : account_(std::move(account)), at_(at) {}

LiveAccount::Watch::~Watch() {
  const std::lock_guard lock(account_->watchers_mutex_);
  account_->watchers_.erase(at_);
}

std::unique_ptr<LiveAccount::Watch> LiveAccount::watch(const std::shared_ptr<LiveAccount>& account,
                                                       std::function<void()> changed) {
  const std::lock_guard lock(account->watchers_mutex_);
  const auto at = account->watchers_.insert(account->watchers_.end(), std::move(changed));
  return std::unique_ptr<Watch>(new Watch(account, at));
}

}  // namespace understudy::archive::mailbox
