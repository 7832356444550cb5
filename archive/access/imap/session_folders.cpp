#include <algorithm>
#include <map>

#include "archive/access/batches.hpp"
#include "archive/access/imap/session.hpp"
#include "archive/object_id.hpp"
#include "base/text.hpp"
#include "mail/imap/list_pattern.hpp"
#include "mail/imap/wire.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mail::imap::MailboxName;
using mail::imap::StatusItem;
using mailbox::Folder;
using mailbox::FolderNumber;
using mailbox::Folders;
using mailbox::Rights;

/// A name that LIST shows: a mailbox, or a level that only stands above some (RFC 9051 §7.3.1).
struct Listed {
  std::optional<FolderNumber> number;
  const Shown* of_other = nullptr;  ///< whose it is, where it is not one's own
  bool subscribed = false;
  bool children = false;
  bool meets = false;        ///< what was asked for with selection options
  bool below = false;        ///< something below it does
  bool below_alone = false;  ///< something below it does, and is not shown by itself
};
using Names = std::map<std::string, Listed>;

/// Calls `each(above)` for the levels above a name, which are made where they are missing.
template <class Each>
void for_levels_above(Names& names, const std::string& name, Each each) {
  for (auto cut = name.rfind('/'); cut != std::string::npos && cut > 0; cut = name.rfind('/', cut - 1))
    each(names[name.substr(0, cut)]);
}

/// All names, their upper levels too; one's own first, where another's is called as it is.
Names names_of(const Folders& folders, const std::vector<Shown>& others) {
  Names names;
  for (const auto& [number, folder] : folders.by_number) names[folder.name].number = number;
  for (const auto& shown : others)
    if (auto& listed = names[shown.name]; !listed.number) {
      listed.number = shown.folder;
      listed.of_other = &shown;
    }
  for (const auto& name : folders.subscriptions) names[name].subscribed = true;
  const std::vector<std::pair<std::string, Listed>> all(names.begin(), names.end());
  for (const auto& [name, listed] : all)
    for_levels_above(names, name, [&listed = listed](Listed& above) { above.children = above.children || listed.number; });
  return names;
}

/// Finds out which meet what was asked for, and tells the levels above them. `is_shown`: whether a name matches a pattern.
template <class Meets, class IsShown>
void select(Names& names, Meets meets, IsShown is_shown) {
  for (auto& [name, listed] : names) listed.meets = meets(listed);
  for (const auto& [name, listed] : names) {
    if (!listed.meets) continue;
    const bool is_alone = !is_shown(name);
    for_levels_above(names, name, [is_alone](Listed& above) {
      above.below = true;
      above.below_alone = above.below_alone || is_alone;
    });
  }
}

void put_attribute(std::string& out, std::string_view attribute) {
  if (out.back() != '(') out += ' ';
  out += attribute;
}

/// Whether what is listed is a mailbox, or stands above one.
bool is_real(const Listed& listed) {
  return listed.number || listed.children;
}

bool is_special(const Folders& folders, const Listed& listed) {
  return listed.number && !listed.of_other && !folders.by_number.at(*listed.number).special_use.empty();
}

bool meets(const command::List& asked, const Folders& folders, const Listed& listed) {
  const bool is_wanted = asked.select_subscribed ? listed.subscribed : is_real(listed);
  return is_wanted && (!asked.select_special_use || is_special(folders, listed));
}

/// Whether it is shown for what is below it: RECURSIVEMATCH, and where it does not meet what was asked for itself, nothing that
/// is shown says so already (RFC 5258 §3.5).
bool for_below(const command::List& asked, const Listed& listed) {
  return asked.select_recursive && (listed.meets ? listed.below : listed.below_alone);
}

/// RFC 7162 §3.1: who asks for it has enabled CONDSTORE.
bool asks_mod_sequence(const std::vector<StatusItem>& items) {
  return std::ranges::find(items, StatusItem::highest_mod_sequence) != items.end();
}

std::string child_info(const command::List& asked) {
  std::string what;
  if (asked.select_subscribed) what = "\"SUBSCRIBED\"";
  if (asked.select_special_use) what += what.empty() ? "\"SPECIAL-USE\"" : " \"SPECIAL-USE\"";
  return " (CHILDINFO (" + what + "))";
}

}  // namespace

/// As a name goes over the wire to this client: quoted, in UTF-8 where he has enabled that. No name holds a control character.
std::string Session::written(std::string_view mailbox_name) const {
  const bool utf8 = context_.names == mail::imap::NameForm::utf8;
  const auto name = utf8 ? std::string(mailbox_name) : mail::imap::to_utf7(mailbox_name);
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

base::Result<> Session::put_status_beside(const command::List& asked, const Place& place, const std::string& name) {
  if (asked.return_status.empty()) return {};
  if (asks_mod_sequence(asked.return_status)) enable_condstore();
  const auto folders = place.account->folders();
  if (!folders) return std::unexpected(folders.error());
  const auto folder = (*folders)->by_number.find(place.folder);
  if (folder == (*folders)->by_number.end()) return {};  // it was removed meanwhile
  auto status = status_of(place, name, folder->second, asked.return_status);
  if (!status && status.error().code != base::errc::not_found) return std::unexpected(status.error());
  if (status) output_ += *status;
  return {};
}

/// The same of a mailbox of somebody else, whose account is opened only where it must be; what is wrong with it is in the log.
void Session::put_beside_of_others(const command::List& asked, const Shown& shown, const std::string& name) {
  if (asked.return_status.empty() || !shown.rights.has(Rights::of("r"))) return;
  auto place = place_of(shown);
  const auto put = place ? put_status_beside(asked, *place, name) : base::Result<>(std::unexpected(place.error()));
  if (!put) static_cast<void>(reply_for(put.error()));
}

/// What was asked to be told with a mailbox that is listed (RFC 5819, RFC 8440, RFC 9590).
base::Result<> Session::put_beside(const command::List& asked, const Place& place, const std::string& name) {
  if (auto put = put_status_beside(asked, place, name); !put) return put;
  if (auditor_ || asked.return_metadata.empty()) return {};
  command::GetMetadata wanted;
  wanted.entries = asked.return_metadata;
  std::uint64_t longest = 0;
  auto metadata = metadata_of(place.folder, name, wanted, longest);
  if (!metadata) return std::unexpected(metadata.error());
  output_ += *metadata;
  return {};
}

net::Task<Reply> Session::on(command::List& asked) {
  if (!asked.reference.good()) co_return Reply::no(asked.reference.fault, "CANNOT");
  auto folders = account_->folders();
  if (!folders) co_return reply_for(folders.error());
  if (!asked.extended && asked.patterns.size() == 1 && asked.patterns.front().utf8.empty()) {
    output_ += "* LIST (\\Noselect) \"/\" \"\"\r\n";
    co_return Reply::ok("done");
  }
  std::vector<mail::imap::ListPattern> patterns;
  for (const auto& pattern : asked.patterns) {
    if (!pattern.good()) continue;  // no name is like it
    patterns.emplace_back(mail::imap::interpret(asked.reference.utf8, pattern.utf8));
  }
  const auto is_shown = [&patterns](const std::string& name) {
    return std::ranges::any_of(patterns, [&name](const auto& pattern) { return pattern.matches(name); });
  };
  const auto others = shown_of_others();
  auto names = names_of(**folders, others);
  const auto is_meant = [&](const Listed& listed) { return meets(asked, **folders, listed); };
  // Only RECURSIVEMATCH looks below what it does not show.
  select(names, is_meant, [&](const std::string& name) { return !asked.select_recursive || is_shown(name); });
  std::size_t looked_at = 0;
  for (const auto& [name, listed] : names) {
    if (++looked_at % looked_at_once == 0) {
      const bool goes_on = co_await take_turns();
      if (!goes_on) co_return Reply::lost();
    }
    const bool says_below = for_below(asked, listed);
    if (!listed.meets && !says_below) continue;
    if (!is_shown(name)) continue;
    output_ += "* LIST (";
    if (!listed.number) put_attribute(output_, "\\NonExistent");                  // RFC 5258 §3
    if (!listed.number && listed.children) put_attribute(output_, "\\NoSelect");  // for who knows RFC 3501 §6.3.8 alone
    put_attribute(output_, listed.children ? "\\HasChildren" : "\\HasNoChildren");
    if (listed.subscribed && (asked.return_subscribed || asked.select_subscribed)) put_attribute(output_, "\\Subscribed");
    if (is_special(**folders, listed)) put_attribute(output_, (*folders)->by_number.at(*listed.number).special_use);
    output_.append(") \"/\" ").append(written(name));
    if (says_below) output_ += child_info(asked);
    output_ += "\r\n";
    const bool tells_rights = listed.number && asked.return_my_rights && settings_->options.shared_mailboxes;
    if (tells_rights) output_ += my_rights(name, listed.of_other ? listed.of_other->rights : Rights::all());
    if (listed.of_other) {
      put_beside_of_others(asked, *listed.of_other, name);
    } else if (listed.number) {
      if (auto put = put_beside(asked, own_place(*listed.number), name); !put) co_return reply_for(put.error());
    }
    const bool flushed = co_await flush_if_large();
    if (!flushed) co_return Reply::lost();
  }
  co_return Reply::ok("that is all");
}

net::Task<Reply> Session::on(command::Lsub& asked) {
  if (!asked.reference.good() || !asked.pattern.good()) co_return Reply::no("that is no name of a mailbox", "CANNOT");
  auto folders = account_->folders();
  if (!folders) co_return reply_for(folders.error());
  const mail::imap::ListPattern pattern(mail::imap::interpret(asked.reference.utf8, asked.pattern.utf8));
  const auto others = shown_of_others();
  auto names = names_of(**folders, others);
  select(
      names, [](const Listed& listed) { return listed.subscribed; }, [](const std::string&) { return true; });
  for (const auto& [name, listed] : names) {
    if (!pattern.matches(name)) continue;
    const bool only_above = !listed.subscribed && listed.below && asked.pattern.utf8.ends_with('%');  // RFC 3501 §6.3.9
    if (!listed.subscribed && !only_above) continue;
    output_.append("* LSUB (").append(only_above ? "\\Noselect" : "").append(") \"/\" ").append(written(name)).append("\r\n");
    const bool flushed = co_await flush_if_large();
    if (!flushed) co_return Reply::lost();
  }
  co_return Reply::ok("that is all");
}

net::Task<Reply> Session::on(command::Status& asked) {
  const auto place = find(asked.mailbox, Rights::of("r"));
  if (!place) co_return place.error();
  auto folders = place->account->folders();
  if (!folders) co_return reply_for(folders.error());
  const auto folder = (*folders)->by_number.find(place->folder);
  if (folder == (*folders)->by_number.end()) co_return Reply::no("there is no such mailbox", "NONEXISTENT");
  if (asks_mod_sequence(asked.items)) enable_condstore();
  auto status = status_of(*place, place->own() ? folder->second.name : asked.mailbox.utf8, folder->second, asked.items);
  if (!status) co_return reply_for(status.error());
  output_ += *status;
  co_return Reply::ok("done");
}

base::Result<std::string> Session::status_of(const Place& place, std::string_view name, const Folder& folder,
                                             const std::vector<StatusItem>& items) {
  const auto needs_image = [](StatusItem item) {
    return item == StatusItem::unseen || item == StatusItem::deleted || item == StatusItem::deleted_storage;
  };
  std::uint64_t unseen = folder.unseen, deleted = folder.deleted, deleted_octets = folder.deleted_octets;
  std::uint64_t messages = folder.messages, octets = folder.octets;
  const bool in_part = auditor_ && auditor_->window();
  if (in_part || (!folder.counted && std::ranges::any_of(items, needs_image))) {
    auto image = image_of(*place.account, place.folder);
    if (!image) return std::unexpected(image.error());
    if (in_part) {
      messages = (*image)->size();
      octets = unseen = deleted = deleted_octets = 0;
    }
    (*image)->each(0, (*image)->size(), [&](std::size_t, const mailbox::Item& item) {
      if (in_part) octets += item.size;
      if (!(item.system & mailbox::Flags::seen)) unseen += 1;
      if (!(item.system & mailbox::Flags::deleted)) return;
      deleted += 1;
      deleted_octets += item.size;
    });
  }
  std::string out = "* STATUS " + written(name) + " (";
  const auto put = [&out](std::string_view name, const std::string& value) {
    if (out.back() != '(') out += ' ';
    out.append(name).append(" ").append(value);
  };
  for (const auto item : items) {
    switch (item) {
      case StatusItem::messages:
        put("MESSAGES", std::to_string(messages));
        break;
      case StatusItem::recent:
        put("RECENT", "0");
        break;
      case StatusItem::uid_next:
        put("UIDNEXT", std::to_string(folder.uid_next));
        break;
      case StatusItem::uid_validity:
        put("UIDVALIDITY", std::to_string(folder.uid_validity));
        break;
      case StatusItem::unseen:
        put("UNSEEN", std::to_string(unseen));
        break;
      case StatusItem::deleted:
        put("DELETED", std::to_string(deleted));
        break;
      case StatusItem::deleted_storage:
        put("DELETED-STORAGE", std::to_string(deleted_octets));
        break;
      case StatusItem::size:
        put("SIZE", std::to_string(octets));
        break;
      case StatusItem::highest_mod_sequence:
        put("HIGHESTMODSEQ", std::to_string(folder.highest_modseq));
        break;
      case StatusItem::mailbox_id:
        put("MAILBOXID", "(" + mailbox_id_of(place.number(), place.folder) + ")");
        break;
      case StatusItem::append_limit:
        put("APPENDLIMIT", std::to_string(settings_->options.message_size));
        break;
    }
  }
  return out + ")\r\n";
}

net::Task<Reply> Session::on(command::Create& asked) {
  if (auto refused = why_not_change()) co_return std::move(*refused);
  if (!asked.mailbox.good()) co_return Reply::no(asked.mailbox.fault, "CANNOT");
  auto name = asked.mailbox.utf8;
  if (name.ends_with('/')) name.pop_back();  // a client says that it will make mailboxes below it (RFC 9051 §6.3.4)
  static constexpr std::string_view uses[] = {"\\Archive", "\\Drafts", "\\Junk", "\\Sent", "\\Trash"};
  std::string use;
  for (const auto& wanted : asked.special_use) {
    const bool known = std::ranges::find(uses, wanted) != std::end(uses);
    if (!known || asked.special_use.size() > 1) co_return Reply::no("a mailbox cannot have that use here", "USEATTR");
    use = wanted;
  }
  const auto target = find_target(name);
  if (!target) co_return target.error();
  if (target->number() != account_number_ && !use.empty())
    co_return Reply::no("what a mailbox is for is its owner's to say", "USEATTR");
  Change made = [account = target->number(), name = target->name, use](commit::Stage& stage, commit::Owners& owners) {
    return owners.mailbox.make_folder(stage, account, name, use);
  };
  if (target->above != 0)
    made = still_allowed({target->account, {}, target->above, {}, Place::Whose::others}, Rights::of("k"), std::move(made));
  auto done = co_await change(std::move(made));
  if (!done && done.error().code == base::errc::refused) co_return Reply::no("another mailbox has that use", "USEATTR");
  if (!done) co_return reply_for(done.error());
  const auto folders = target->account->folders();
  const auto number = folders ? (*folders)->find(target->name) : std::nullopt;
  if (number && target->above != 0) log_changed({target->account, {}, *number, {}, Place::Whose::others}, "create");
  co_return Reply::ok("done", number ? "MAILBOXID (" + mailbox_id_of(target->number(), *number) + ")" : std::string());
}

/// All of a folder, some at a time: mail that is committed beside it does not wait for the whole.
net::Task<base::Result<>> Session::in_parts(Place place, Last last, std::function<Change(mailbox::Uids)> part) {
  auto image = place.account->image(place.folder);
  if (!image) co_return std::unexpected(image.error());
  mailbox::Uids uids;
  (*image)->each(0, (*image)->size(), [&uids](std::size_t, const mailbox::Item& item) { uids.add(item.uid); });
  auto batches = in_batches(uids);
  if (last == Last::stays && !batches.empty()) batches.pop_back();
  for (auto& batch : batches) {
    auto done = co_await change(part(std::move(batch)));
    if (!done) co_return done;
  }
  co_return base::Result<>();
}

/// What is left of the messages goes with the mailbox, in one commit: a mailbox that somebody else has renamed meanwhile is not
/// emptied under its new name. Of one with others below it the name stays, as a level that cannot be selected (RFC 3501
/// §6.3.4).
net::Task<Reply> Session::on(command::Delete& asked) {
  if (auto refused = why_not_change()) co_return std::move(*refused);
  const auto place = find(asked.mailbox, Rights::of("x"));
  if (!place) co_return place.error();
  const auto folders = place->account->folders();
  if (!folders) co_return reply_for(folders.error());
  const auto there = (*folders)->by_number.find(place->folder);
  if (there == (*folders)->by_number.end()) co_return Reply::no("there is no such mailbox", "NONEXISTENT");
  if (base::iequals(there->second.name, "INBOX")) co_return Reply::no("INBOX cannot be removed", "CANNOT");
  const auto name = there->second.name;
  auto expunge = [this, place = *place, name](mailbox::Uids uids) -> Change {
    Change gone = [account = place.number(), folder = place.folder, uids = std::move(uids)](
                      commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto gone = owners.mailbox.expunge_all(stage, account, folder, uids, mailbox::Owner::Only::all);
      if (!gone && gone.error().code != base::errc::not_found) return std::unexpected(gone.error());
      return {};
    };
    return still_allowed(place, Rights::of("x"), std::move(gone), name);
  };
  auto emptied = co_await in_parts(*place, Last::stays, std::move(expunge));
  if (!emptied) co_return reply_for(emptied.error());
  Change removed = [account = place->number(), name](commit::Stage& stage, commit::Owners& owners) {
    return owners.mailbox.remove_folder(stage, account, name);
  };
  log_changed(*place, "delete");  // in front of it: afterwards it has no name
  auto done = co_await change(still_allowed(*place, Rights::of("x"), std::move(removed), name));
  if (!done) co_return reply_for(done.error());
  co_return Reply::ok("done");
}

net::Task<Reply> Session::on(command::Subscribe& asked) {
  co_return co_await subscribe(asked.mailbox, mailbox::Subscribed::To::yes);
}

net::Task<Reply> Session::on(command::Unsubscribe& asked) {
  co_return co_await subscribe(asked.mailbox, mailbox::Subscribed::To::no);
}

net::Task<Reply> Session::subscribe(const MailboxName& name, mailbox::Subscribed::To to) {
  if (auto refused = why_not_change()) co_return std::move(*refused);
  if (!name.good()) co_return Reply::no(name.fault, "CANNOT");
  if (to == mailbox::Subscribed::To::yes && name.utf8.starts_with(others_prefix))
    if (const auto place = find(name, Rights::of("l")); !place) co_return place.error();
  Change subscribed = [account = account_number_, text = name.utf8, to](commit::Stage& stage, commit::Owners& owners) {
    return owners.mailbox.subscribe(stage, account, text, to);
  };
  auto done = co_await change(std::move(subscribed));
  if (!done) co_return reply_for(done.error());
  co_return Reply::ok("done");
}

}  // namespace understudy::archive::access::imap
