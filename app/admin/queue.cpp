#include <algorithm>

#include "app/admin/handlers.hpp"
#include "archive/give_up.hpp"
#include "archive/outbox/owner.hpp"
#include "base/codec.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "routing/describe.hpp"

namespace understudy::app {
namespace {

namespace outbox = archive::outbox;

constexpr std::size_t entry_octets = 1000;  ///< of a row, about, beside its recipients
constexpr std::size_t recipient_octets = 250;
constexpr std::size_t read_at_once = 100;

std::string_view name_of(outbox::State state) {
  switch (state) {
    case outbox::State::pending:
      return "pending";
    case outbox::State::delivered:
      return "delivered";
    case outbox::State::failed:
      return "failed";
    case outbox::State::held:
      return "held";
  }
  return "unknown";
}

boost::json::array recipients_of(const outbox::Entry& entry) {
  boost::json::array recipients;
  for (const auto& target : entry.targets) {
    boost::json::object recipient;
    recipient["kind"] = routing::name_of(target.kind);
    recipient["address"] = json_text(target.recipient.forward_path.text());
    recipient["state"] = name_of(target.state);
    recipient["attempts"] = entry.attempts;
    recipient["last_reply"] = json_text(target.last_reply.code == 0 ? std::string() : target.last_reply.text());
    recipient["last_host"] = json_text(target.last_host);
    recipients.emplace_back(std::move(recipient));
  }
  return recipients;
}

/// "relay", or "relay, copy" where one transaction carries both.
std::string kinds_of(const outbox::Entry& entry) {
  std::string kinds;
  for (auto kind : {routing::EntryKind::relay, routing::EntryKind::copy, routing::EntryKind::home}) {
    if (std::ranges::none_of(entry.targets, [kind](const auto& target) { return target.kind == kind; })) continue;
    kinds += (kinds.empty() ? "" : ", ") + std::string(routing::name_of(kind));
  }
  return kinds;
}

/// Kept back by the administrator, or refused for good as a copy; empty: neither.
std::string why_held(const outbox::Entry& entry) {
  if (!entry.held.empty()) return entry.held;
  for (const auto& target : entry.targets)
    if (target.state == outbox::State::held) return "refused for good: " + target.last_reply.text();
  return {};
}

using HeldHops = std::map<std::string, HeldHop>;

boost::json::object row_of(const AdminParts& parts, const outbox::Entry& entry, const HeldHops& held_hops) {
  boost::json::object row;
  row["id"] = entry.id.text();
  row["kind"] = json_text(kinds_of(entry));
  row["hop"] = json_text(entry.hop.text);
  row["next_hop"] = json_text(parts.next_hop(entry.hop));
  row["reverse_path"] = json_path(entry.envelope.reverse_path);
  row["recipients"] = recipients_of(entry);
  row["size"] = entry.body.size;
  row["created"] = json_time(entry.created);
  row["next_attempt"] = json_time(entry.next_attempt);
  row["held"] = !why_held(entry).empty();
  row["why_held"] = json_text(why_held(entry));
  const auto hop = held_hops.find(entry.hop.text);
  const bool hop_is_held = hop != held_hops.end();
  row["hop_held_until"] = hop_is_held ? boost::json::value(json_time(hop->second.until)) : nullptr;
  row["hop_failure"] = json_text(hop_is_held ? hop->second.failure : std::string());
  return row;
}

/// Where a list goes on: the shard's number and the last key, in hexadecimal; nothing else reads it.
struct Mark {
  std::uint64_t shard = 0;
  std::string key;

  std::string text() const { return base::to_hex(base::Writer().u64(shard).raw(key).take()); }
  static std::optional<Mark> parse(std::string_view text) {
    if (text.empty()) return Mark{};
    const auto octets = base::from_hex(text);
    if (!octets || octets->size() < 8) return std::nullopt;
    base::Reader in(*octets);
    const auto shard = in.u64();
    return Mark{shard, std::string(in.rest())};
  }
};

using Act = std::function<base::Result<>(archive::commit::Stage&, archive::commit::Owners&, outbox::Entry)>;

/// Changes the entry that "id" names, as it is at the time of the commit.
net::Task<AdminAnswer> change_entry(const Permit& permit, Arguments arguments, std::string event, Act act) {
  const auto id = arguments.text("id");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto found = outbox::find(permit.archive().store(), id);
  if (!found) co_return failed(found.error());
  archive::Change staged = [at = found->id, act](archive::commit::Stage& stage,
                                                 archive::commit::Owners& owners) -> base::Result<> {
    auto value = stage.get(at.where(), archive::store::Table::outbox, at.key());
    if (!value) return std::unexpected(value.error());
    if (!*value) return base::fail("outbox entry " + at.text(), base::errc::not_found);
    auto entry = outbox::Entry::decode(at.shard, at.key(), **value);
    if (!entry) return std::unexpected(entry.error());
    return act(stage, owners, std::move(*entry));
  };
  auto changed = co_await change(permit, std::move(staged));
  if (!changed) co_return failed(changed.error());
  base::log::info(event, {{"entry", found->id.text()}, {"message_id", found->message_id}});
  boost::json::object answer;
  answer["id"] = found->id.text();
  co_return done(std::move(answer));
}

}  // namespace

net::Task<AdminAnswer> queue_list(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  auto mark = Mark::parse(arguments.text_or("after", ""));
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (!mark) co_return wrong_usage("after: was not given by this server");
  auto shards = permit.archive().outbox_shards();
  if (!shards) co_return failed(shards.error());
  const auto held_hops = parts.held_hops();
  Page page(AdminApi::page_rows);
  for (const auto& shard : *shards) {
    if (shard.id < mark->shard) continue;
    if (shard.id > mark->shard) *mark = {shard.id, {}};
    for (;;) {
      auto entries = permit.archive().outbox_after(shard, mark->key, read_at_once);
      if (!entries) co_return failed(entries.error());
      for (const auto& entry : *entries) {
        if (page.full()) co_return page.take(mark->text());
        page.add(row_of(parts, entry, held_hops), entry_octets + recipient_octets * entry.targets.size());
        mark->key = entry.id.key();
      }
      if (entries->size() < read_at_once) break;
    }
  }
  co_return page.take({});
}

net::Task<AdminAnswer> queue_show(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto id = arguments.text("id");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto entry = outbox::find(permit.archive().store(), id);
  if (!entry) co_return failed(entry.error());
  auto row = row_of(parts, *entry, parts.held_hops());
  row["message_id"] = json_text(entry->message_id);
  row["journal"] = entry->id.position.text();
  row["envid"] = json_text(entry->envelope.envid);
  row["delay_told"] = entry->delay_told;
  row["odd_octets"] = entry->odd_octets;
  co_return done(std::move(row));
}

net::Task<AdminAnswer> queue_retry(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto id = arguments.text_or("id", "");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  boost::json::object answer;
  if (id.empty()) {
    if (auto retried = parts.acts.retry_all(permit); !retried) co_return failed(retried.error());
    co_return done(std::move(answer));
  }
  auto entry = outbox::find(permit.archive().store(), id);
  if (!entry) co_return failed(entry.error());
  if (const auto why = why_held(*entry); !why.empty())
    co_return failed("entry " + entry->id.text() + " is held (" + base::escape(why) + "): `queue release` it first");
  if (auto retried = parts.acts.retry(permit, entry->id); !retried) co_return failed(retried.error());
  answer["id"] = entry->id.text();
  co_return done(std::move(answer));
}

net::Task<AdminAnswer> queue_hold(const AdminParts&, const Permit& permit, Arguments arguments) {
  auto reason = arguments.text_or("reason", "");
  if (reason.empty()) reason = "held by the administrator";
  if (reason.size() > 500) co_return wrong_usage("reason: at most 500 octets");
  Act act = [reason](archive::commit::Stage& stage, archive::commit::Owners& owners, outbox::Entry entry) {
    entry.held = reason;
    return owners.outbox.change(stage, std::move(entry));
  };
  co_return co_await change_entry(permit, std::move(arguments), "admin.queue_hold", std::move(act));
}

net::Task<AdminAnswer> queue_release(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  Act act = [now = parts.clock.now()](archive::commit::Stage& stage, archive::commit::Owners& owners, outbox::Entry entry) {
    entry.held.clear();
    for (auto& target : entry.targets)
      if (target.state == outbox::State::held) target.state = outbox::State::pending;
    entry.next_attempt = now;
    return owners.outbox.change(stage, std::move(entry));
  };
  co_return co_await change_entry(permit, std::move(arguments), "admin.queue_release", std::move(act));
}

net::Task<AdminAnswer> queue_remove(const AdminParts&, const Permit& permit, Arguments arguments) {
  Act act = [&store = permit.archive().store()](archive::commit::Stage& stage, archive::commit::Owners& owners,
                                                const outbox::Entry& entry) {
    return archive::give_up(stage, owners, store, entry);
  };
  co_return co_await change_entry(permit, std::move(arguments), "admin.queue_remove", std::move(act));
}

}  // namespace understudy::app
