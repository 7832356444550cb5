#include "archive/access/auditor.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "archive/await.hpp"
#include "base/codec.hpp"
#include "base/digest.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace understudy::archive::access {
namespace {

constexpr std::chrono::seconds look_every(1);
constexpr std::size_t uid_values = 8;                                ///< of an entry
constexpr std::size_t uid_octets = audit::Record::max_value - 4;     ///< of one; a cut at a comma, never in a number
constexpr std::size_t longest_uids = audit::Record::max_value * 20;  ///< of which values are made

/// As the arguments of a verb are shown to a second person (app/admin/inquiry.hpp): JSON, members in the order of their names.
std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : base::escape(text, text.size())) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string text_of(const audit::Wish& wish, const std::string& uids) {
  std::string arguments;
  for (const auto& [name, value] : wish.object)
    if (!name.starts_with("uids"))
      arguments.append(arguments.empty() ? "" : ",").append(json_text(name)).append(":").append(json_text(value));
  if (!uids.empty()) arguments.append(",\"uids\":").append(json_text(uids));
  return "{\"action\":" + json_text(wish.action) + ",\"arguments\":{" + arguments + "},\"case\":" + json_text(wish.in_case) +
         ",\"reason\":\"\"}";
}

/// As many values as there may be: "uids", "uids 2"... What does not fit is cut, which the last one says; then the digest of
/// them all says which they were.
void put_uids(audit::Fields& object, std::string_view uids) {
  const auto whole = uids;
  uids = uids.substr(0, longest_uids);
  for (std::size_t value = 1; value <= uid_values && !uids.empty(); ++value) {
    auto length = std::min(uids.size(), uid_octets);
    if (length < uids.size()) length = uids.rfind(',', length) + 1;
    const bool cut = value == uid_values && length < uids.size();
    auto text = std::string(uids.substr(0, length));
    uids.remove_prefix(length);
    if (text.ends_with(',')) text.pop_back();
    object.push_back({value == 1 ? "uids" : "uids " + std::to_string(value), cut ? text + "..." : text});
    if (cut) object.push_back({"uids sha-256", base::to_hex(base::view(base::sha256(whole)))});
  }
}

const audit::Operator* operator_of(const audit::Policy& policy, const std::string& user) {
  const auto found = std::ranges::find(policy.operators, user, &audit::Operator::user);
  return found == policy.operators.end() || found->verifier.empty() ? nullptr : &*found;
}

/// Without what the policy says of him.
audit::Wish wish_of(audit::Kind kind, std::string action, const login::AuditorName& name, const std::string& account) {
  audit::Wish wish;
  wish.kind = kind;
  wish.reach = audit::Reach::accounts;
  wish.action = std::move(action);
  const auto named = account.empty() ? base::escape(name.account) : account;
  wish.object.push_back({"account", named});
  wish.accounts.push_back(named);
  wish.in_case = name.in_case;
  return wish;
}

}  // namespace

/// Outlives the session by at most one wait.
struct Auditor::Watching {
  const Auditor* auditor = nullptr;  ///< nullptr: it has gone
  std::unique_ptr<net::Timer> pause;
  std::function<void(std::string)> over;
};

Auditor::Auditor(Parts parts, login::AuditorName name, std::string account)
    : parts_(std::move(parts)), name_(std::move(name)), account_(std::move(account)) {}

Auditor::~Auditor() {
  if (!watching_) return;
  watching_->auditor = nullptr;
  watching_->pause->cancel();
}

const audit::Operator* Auditor::find(const audit::Policy& policy) const {
  return operator_of(policy, name_.by_operator);
}

audit::Actor Auditor::actor_of(const audit::Operator& found) const {
  return {found.name, found.uid, parts_.protocol + ", " + parts_.peer};
}

net::Task<base::Result<Auditor::Permit>> Auditor::ask(audit::Kind kind, std::string what, audit::Fields object,
                                                      std::string uids) {
  auto wish = wish_of(kind, parts_.protocol + "/" + what, name_, account_);
  for (auto& field : object) wish.object.push_back(std::move(field));
  wish.text = text_of(wish, uids);
  for (bool waited = false;; waited = true) {  // while he waits the operators may become others
    const auto policy = parts_.door.policy();
    const auto* found = find(*policy);
    if (!found) co_return base::fail("you are no operator any more", base::errc::refused);
    wish.actor = actor_of(*found);
    wish.roles = found->roles;
    if (waited) break;
    const auto wait = parts_.door.turn_of(wish);
    if (!wait)
      co_return base::fail("too many of your requests wait already: each is recorded, and so many a second are",
                           base::errc::refused);
    if (wait->count() == 0) break;
    auto pause = parts_.timers.make(parts_.executor);
    const auto ended = co_await pause->wait(*wait);
    if (ended == net::Waited::cancelled) co_return base::fail("a turn at the audit journal", base::errc::shutting_down);
  }
  auto start = [&door = parts_.door, wish = std::move(wish)](Done<audit::Door::Answer> done) mutable {
    door.open(std::move(wish), std::move(done));
  };
  auto answered = co_await wait_for<audit::Door::Answer>(std::move(start));
  if (!answered) co_return std::unexpected(answered.error());
  if (const auto* refusal = std::get_if<audit::Refusal>(&*answered)) co_return base::fail(refusal->why, base::errc::refused);
  co_return std::make_shared<const audit::Permit>(std::get<audit::Permit>(std::move(*answered)));
}

net::Task<base::Result<>> Auditor::log_in() {
  const auto policy = parts_.door.policy();
  if (const auto* found = find(*policy)) verifier_ = found->verifier;
  auto permit = co_await ask(audit::Kind::search, "login", audit::Fields(), std::string());
  if (!permit) co_return std::unexpected(permit.error());
  login_ = std::move(*permit);
  if (account_.empty()) {
    auto start = [this](Done<> done) { parts_.door.finish(*login_, "failed: there is no such account", std::move(done)); };
    const auto told = co_await wait_for<void>(std::move(start));
    login_.reset();
    if (!told) co_return std::unexpected(told.error());
    co_return base::fail("there is no such account", base::errc::refused);
  }
  if (login_->confined())
    window_ = std::make_shared<mailbox::ImageWindow>(
        [permit = login_](const mailbox::Item& item) { return permit->covers(item.internal_date, item.first_stored()); });
  co_return base::Result<>();
}

net::Task<base::Result<>> Auditor::before_reading(mailbox::FolderNumber folder, std::string name, mailbox::Uids uids) {
  if (reading_) {  // what was allowed may need more by now
    const auto policy = parts_.door.policy();
    const auto* found = find(*policy);
    const auto over =
        found ? parts_.door.why_over(*reading_, actor_of(*found), found->roles) : base::Result<std::string>("gone");
    if (!over || !over->empty()) {
      reading_.reset();
      recorded_.clear();
    }
  }
  uids.subtract(recorded_[folder]);
  if (uids.empty()) co_return base::Result<>();
  const auto text = uids.text();
  audit::Fields object;
  object.push_back({"folder", std::move(name)});
  object.push_back({"messages", std::to_string(uids.count())});
  put_uids(object, text);
  auto permit = co_await ask(audit::Kind::read, "read", std::move(object), text);
  if (!permit) co_return std::unexpected(permit.error());
  reading_ = std::move(*permit);
  recorded_[folder].unite(uids);
  co_return base::Result<>();
}

net::Task<base::Result<>> Auditor::before_searching(std::string folder) {
  audit::Fields object;
  object.push_back({"folder", std::move(folder)});
  auto permit = co_await ask(audit::Kind::search, "search", std::move(object), std::string());
  if (!permit) co_return std::unexpected(permit.error());
  co_return base::Result<>();
}

void Auditor::gave(mailbox::FolderNumber folder, mailbox::Uid uid, std::uint64_t octets) {
  octets_ += octets;
  given_[folder].add(uid);
}

net::Task<> Auditor::log_out() {
  if (!login_) co_return;
  std::uint64_t messages = 0;
  for (const auto& [folder, uids] : given_) messages += uids.count();
  auto outcome = "gave " + std::to_string(octets_) + " octets of " + std::to_string(messages) + " messages";
  auto start = [this, outcome = std::move(outcome)](Done<> done) mutable {
    parts_.door.finish(*login_, std::move(outcome), std::move(done));
  };
  const auto told = co_await wait_for<void>(std::move(start));
  if (!told) base::log::error("audit.outcome_lost", {{"entry", login_->entry().value_or(0)}, {"reason", told.error().text()}});
  login_.reset();
}

void Auditor::refused(const Parts& parts, const login::AuditorName& name, std::string account, std::string why) {
  const auto policy = parts.door.policy();
  const auto* found = operator_of(*policy, name.by_operator);
  if (!found) return;
  auto wish = wish_of(audit::Kind::search, parts.protocol + "/login", name, account);
  wish.actor = {found->name, found->uid, parts.protocol + ", " + parts.peer};
  parts.door.refuse(wish, std::move(why), [](base::Result<> done) {
    if (!done) base::log::error("audit.refusal_lost", {{"reason", done.error().text()}});
  });
}

std::string Auditor::why_over() const {
  if (!login_) return "you are not logged in";
  const auto policy = parts_.door.policy();
  const auto* found = find(*policy);
  if (!found) return "you are no operator any more, or have no password";
  if (found->verifier != verifier_) return "your password was changed";
  const auto why = parts_.door.why_over(*login_, actor_of(*found), found->roles);
  return why ? *why : why.error().text();
}

net::Task<> Auditor::look(std::shared_ptr<Watching> watching) {
  for (;;) {
    const auto waited = co_await watching->pause->wait(look_every);
    if (!watching->auditor || waited == net::Waited::cancelled) co_return;
    auto why = watching->auditor->why_over();
    if (why.empty()) continue;
    watching->over(std::move(why));
    co_return;
  }
}

void Auditor::watch(std::function<void(std::string)> over) {
  watching_ = std::make_shared<Watching>();
  watching_->auditor = this;
  watching_->pause = parts_.timers.make(parts_.executor);
  watching_->over = std::move(over);
  boost::asio::co_spawn(parts_.executor, look(watching_), boost::asio::detached);
}

}  // namespace understudy::archive::access
