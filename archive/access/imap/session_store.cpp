#include <algorithm>
#include <set>

#include "archive/access/batches.hpp"
#include "archive/access/imap/session.hpp"
#include "archive/access/imap/session_parts.hpp"
#include "archive/await.hpp"
#include "base/text.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mailbox::Flags;
using mailbox::Uids;

constexpr std::size_t most_keywords = 100;      ///< of one STORE or message
constexpr std::size_t few_keywords = 10;        ///< of one STORE
constexpr std::uint64_t few_octets = 64 << 10;  ///< of the different lists of keywords in an account
constexpr std::uint64_t most_copied = 50'000;   ///< by one COPY, which is one change
constexpr std::uint64_t most_carried = 2'000;   ///< by one COPY into an account where each is filed anew
constexpr std::uint64_t carried_at_once = 200;  ///< by MOVE: with what is kept of each for mail programs

/// RFC 4315 §3.
std::string copy_uid(const mailbox::Owner::Placed& placed) {
  const auto last = static_cast<mailbox::Uid>(placed.first + placed.uids.count() - 1);
  return "COPYUID " + std::to_string(placed.uid_validity) + " " + placed.uids.text() + " " + Uids{{placed.first, last}}.text();
}

}  // namespace

/// nullopt: more keywords than a message may have.
std::optional<Flags> flags_of(const std::vector<std::string>& names) {
  static constexpr std::pair<std::string_view, std::uint8_t> system[] = {{"\\Seen", Flags::seen},
                                                                         {"\\Answered", Flags::answered},
                                                                         {"\\Flagged", Flags::flagged},
                                                                         {"\\Deleted", Flags::deleted},
                                                                         {"\\Draft", Flags::draft}};
  Flags flags;
  for (const auto& name : names) {
    const auto known = std::ranges::find_if(system, [&](const auto& each) { return base::iequals(each.first, name); });
    if (known != std::end(system)) {
      flags.system |= known->second;
    } else if (!name.starts_with('\\')) {  // \Recent and its like are nobody's to set
      const auto same = [&name](const auto& each) { return base::iequals(each, name); };
      if (std::ranges::none_of(flags.keywords, same)) flags.keywords.push_back(name);
    }
  }
  std::ranges::sort(flags.keywords);
  if (flags.keywords.size() > most_keywords) return std::nullopt;
  return flags;
}

/// Answered when it is as safe as mail that is answered with 250.
net::Task<base::Result<>> Session::change(Change wanted) {
  const auto own = is_notified() ? std::make_shared<OwnChanges>() : nullptr;
  if (own) wanted = noted_as_own(std::move(wanted), own);
  auto start = [this, wanted = std::move(wanted)](Done<> done) mutable {
    services_.archive.change(std::move(wanted), std::move(done), commit::Answer::gated);
  };
  auto done = co_await wait_for<void>(std::move(start));
  if (own && done) notify_->own.unite(*own);
  co_return done;
}

/// What of the flags somebody may change, as changes one after another; nullopt: nothing of what he wants (RFC 4314 §4). What
/// he may not change stays as each message has it, whatever replaces the rest.
std::optional<Session::FlagSteps> Session::steps_of(mailbox::FlagsChanged::How how, const Flags& flags,
                                                    const Uids& uids) const {
  using How = mailbox::FlagsChanged::How;
  const auto rights = selected_->rights();
  if (rights.has(mailbox::Rights::of("swt"))) return FlagSteps{{how, flags}};
  auto mine = permitted(flags, rights);
  const bool nothing = mine == Flags() && (flags != Flags() || !rights.has_any(mailbox::Rights::of("swt")));
  if (nothing) return std::nullopt;
  if (how != How::replace) return FlagSteps{{how, std::move(mine)}};
  Flags all;  // that the messages may have
  all.system = Flags::seen | Flags::answered | Flags::flagged | Flags::deleted | Flags::draft;
  std::set<std::string> words;
  for (const auto uid : uids)
    if (const auto index = selected_->view().find(uid))
      for (const auto& word : selected_->account().keywords().at(selected_->view().at(*index).keywords)) words.insert(word);
  all.keywords.assign(words.begin(), words.end());
  auto others = mailbox::changed(permitted(std::move(all), rights), How::remove, mine);
  return FlagSteps{{How::remove, std::move(others)}, {How::add, std::move(mine)}};
}

net::Task<Reply> Session::on(command::Store& asked) {
  if (auto refused = why_not_change()) co_return std::move(*refused);
  if (selected_->read_only()) co_return Reply::no("the mailbox is open for reading alone", "CANNOT");
  const auto messages = selected_->messages(asked.messages, asked.uid ? Numbers::uid : Numbers::sequence, saved_);
  if (!messages) co_return Reply::bad("there is no message of that number");
  const auto flags = flags_of(asked.flags);
  if (!flags) co_return Reply::no("so many keywords are not kept", "LIMIT");
  if (asked.unchanged_since) enable_condstore();
  const auto since = asked.unchanged_since ? std::optional(selected_->view().known(*asked.unchanged_since)) : std::nullopt;
  const auto uids = selected_->uids_of(*messages);
  using How = mailbox::FlagsChanged::How;
  using Mode = command::Store::Mode;
  const auto how = asked.mode == Mode::replace ? How::replace : asked.mode == Mode::add ? How::add : How::remove;
  const auto steps = steps_of(how, *flags, uids);
  if (!steps) co_return Reply::no("its owner has not given you the right to change these flags", "NOPERM");
  auto result = std::make_shared<mailbox::Owner::Flagged>();
  const auto needed = selected_->rights() & mailbox::Rights::of("swt");
  // What there is of keywords is read and written with each message that has them.
  const bool is_heavy = flags->keywords.size() > few_keywords || selected_->account().keywords().octets() > few_octets;
  for (auto& batch : in_batches(uids, is_heavy ? changed_at_once : marked_at_once)) {
    auto part = std::make_shared<mailbox::Owner::Flagged>();
    Change set = [part, account = selected_->account().number(), folder = selected_->folder(), batch = std::move(batch),
                  steps = *steps, since](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto& [step, to] = steps[i];
        auto done = i == 0 ? owners.mailbox.change_flags(stage, account, folder, batch, step, to, since)
                           : owners.mailbox.change_flags(stage, account, folder, part->done, step, to);
        if (!done) return std::unexpected(done.error());
        if (i == 0) *part = std::move(*done);
      }
      return {};
    };
    auto done = co_await change(still_allowed(selected_place(), needed, std::move(set)));
    if (!done) co_return reply_for(done.error());
    result->done.unite(part->done);
    result->modified.unite(part->modified);
  }
  log_changed(selected_place(), "store", result->done.count());
  Selected::Told told;
  told.expunges = asked.uid;
  told.vanished = qresync_;
  told.mod_sequence = condstore_;
  const mailbox::FlagsChanged own{selected_->folder(), result->done, how, *flags};
  told.silent = asked.silent ? &own : nullptr;
  told.asked = !asked.silent || asked.unchanged_since ? &result->done : nullptr;
  told.asked_with_flags = !asked.silent;
  const auto done = co_await tell(told);
  if (!done) co_return Reply::lost();
  if (!*done) co_return reply_for(done->error());
  std::string code;
  if (!result->modified.empty()) code = "MODIFIED " + numbers_of(result->modified, asked.uid).text();
  const bool some_gone = result->done.count() + result->modified.count() < uids.count();
  if (some_gone && !asked.uid && code.empty()) co_return Reply::no("some of the messages are gone", "EXPUNGEISSUED");
  co_return Reply::ok(code.empty() ? "done" : "some were changed meanwhile", std::move(code));
}

/// UIDs as the client counts: themselves, or their sequence numbers.
Uids Session::numbers_of(const Uids& uids, bool as_uids) const {
  if (as_uids) return uids;
  Uids numbers;
  for (const auto uid : uids)
    if (const auto index = selected_->view().find(uid)) numbers.add(static_cast<std::uint32_t>(*index + 1));
  return numbers;
}

net::Task<Reply> Session::on(command::Copy& asked) {
  if (auto refused = why_not_change()) co_return std::move(*refused);
  if (asked.move && selected_->read_only()) co_return Reply::no("the mailbox is open for reading alone", "CANNOT");
  if (asked.move && !selected_->rights().has(mailbox::Rights::of("te"))) co_return no_right(mailbox::Rights::of("te"));
  const auto messages = selected_->messages(asked.messages, asked.uid ? Numbers::uid : Numbers::sequence, saved_);
  if (!messages) co_return Reply::bad("there is no message of that number");
  const auto target = find(asked.mailbox, mailbox::Rights::of("i"), "TRYCREATE");
  if (!target) co_return target.error();
  const auto uids = selected_->uids_of(*messages);
  if (uids.empty()) co_return Reply::ok("there is nothing to do");
  if (asked.move) co_return co_await move(uids, *target);
  const auto most = must_carry(*target) ? most_carried : most_copied;
  if (uids.count() > most)
    co_return Reply::no("at most " + std::to_string(most) + " messages are copied there at once", "LIMIT");
  auto result = std::make_shared<mailbox::Owner::Placed>();
  const bool some_will_do = asked.uid;  // a UID that is not there is passed over (RFC 9051 §6.4.9)
  Change placed = [result, copy = copied(uids, *target, result), wanted = uids.count(), some_will_do](
                      commit::Stage& stage, commit::Owners& owners) mutable -> base::Result<> {
    if (auto done = copy(stage, owners); !done) return done;
    const bool some_are_gone = result->uids.count() < wanted;
    return some_are_gone && !some_will_do ? base::fail("messages to copy", base::errc::exists) : base::Result<>();
  };
  auto done = co_await change(still_allowed(*target, mailbox::Rights::of("i"), within_quota(*target, std::move(placed))));
  if (!done && done.error().code == base::errc::refused) co_return over_quota();
  if (!done && done.error().code == base::errc::exists) co_return Reply::no("some of the messages are gone", "EXPUNGEISSUED");
  if (!done && done.error().code == base::errc::too_long) co_return Reply::no("copy fewer of them at once", "LIMIT");
  if (!done) co_return reply_for(done.error());
  if (result->uids.empty()) co_return Reply::ok("there is nothing to do");
  log_changed(*target, "copy", result->uids.count());
  co_return Reply::ok("copied", target->rights.has(mailbox::Rights::of("r")) ? copy_uid(*result) : std::string());
}

/// Each message is in one mailbox or in the other at any time; all of them need not be so at once (RFC 6851 §3.3).
net::Task<Reply> Session::move(const Uids& uids, const Place& target) {
  for (auto& batch : in_batches(uids, must_carry(target) ? carried_at_once : changed_at_once)) {
    auto result = std::make_shared<mailbox::Owner::Placed>();
    base::Result<> done;
    if (must_carry(target)) {
      done = co_await carry_away(std::move(batch), target, result);
    } else {
      Change moved = [result, account = target.number(), from = selected_->folder(), batch = std::move(batch),
                      to = target.folder](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
        auto placed = owners.mailbox.move_all(stage, account, from, batch, to);
        if (!placed) return std::unexpected(placed.error());
        *result = std::move(*placed);
        return {};
      };
      done = co_await change(still_allowed(target, mailbox::Rights::of("iswte"), std::move(moved)));
    }
    if (!done && done.error().code == base::errc::refused) co_return over_quota();
    if (!done) co_return reply_for(done.error());
    selected_->note_own_expunged(result->uids);
    log_changed(selected_place(), "move away", result->uids.count());
    log_changed(target, "move here", result->uids.count());
    const bool tells = target.rights.has(mailbox::Rights::of("r"));  // RFC 4315 §3
    if (tells && !result->uids.empty()) output_.append("* OK [").append(copy_uid(*result)).append("] moved\r\n");
  }
  co_return co_await tell_expunged("done");
}

net::Task<Reply> Session::on(command::Expunge& asked) {
  if (auto refused = why_not_change()) co_return std::move(*refused);
  if (selected_->read_only()) co_return Reply::no("the mailbox is open for reading alone", "CANNOT");
  if (!selected_->rights().has(mailbox::Rights::of("e"))) co_return no_right(mailbox::Rights::of("e"));
  const auto& view = selected_->view();
  mail::imap::Ranges messages;
  if (asked.uids) {
    messages = *selected_->messages(*asked.uids, Numbers::uid, saved_);
  } else if (view.size() > 0) {
    messages.add(1, static_cast<std::uint32_t>(view.size()));
  }
  for (auto& batch : in_batches(selected_->uids_of(messages))) {
    auto expunged = std::make_shared<Uids>();
    Change gone = [expunged, account = selected_->account().number(), folder = selected_->folder(), uids = std::move(batch)](
                      commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto done = owners.mailbox.expunge_all(stage, account, folder, uids, mailbox::Owner::Only::deleted);
      if (!done) return std::unexpected(done.error());
      *expunged = std::move(*done);
      return {};
    };
    auto done = co_await change(still_allowed(selected_place(), mailbox::Rights::of("e"), std::move(gone)));
    if (!done) co_return reply_for(done.error());
    selected_->note_own_expunged(*expunged);
    log_changed(selected_place(), "expunge", expunged->count());
  }
  co_return co_await tell_expunged("done");
}

/// The end of a command that takes messages away from the selected mailbox (RFC 7162 §3.2.7, §3.2.9; RFC 6851 §4.4; RFC 8508
/// §4.5).
net::Task<Reply> Session::tell_expunged(std::string_view text) {
  Selected::Told told;
  told.vanished = qresync_;
  told.mod_sequence = condstore_;
  const auto done = co_await tell(told);
  if (!done) co_return Reply::lost();
  if (!*done) co_return reply_for(done->error());
  if (!condstore_) co_return Reply::ok(std::string(text));
  co_return Reply::ok(std::string(text), "HIGHESTMODSEQ " + std::to_string(selected_->view().highest));
}

}  // namespace understudy::archive::access::imap
