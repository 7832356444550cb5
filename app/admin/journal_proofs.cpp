/// The verbs that give away what proves the journal to others: heads, proofs, the octets that go with them.
#include <map>

#include "app/admin/ended_entry.hpp"
#include "app/admin/handlers.hpp"
#include "app/admin/journal_proof.hpp"
#include "app/admin/signed_heads.hpp"
#include "archive/journal/heads.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/timestamp/kept.hpp"
#include "archive/reading.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

namespace journal = archive::journal;

constexpr std::uint64_t max_size = journal::proof::max_size;

/// Of the newest heads that somebody else vouches for and that cover the entry, the one with most behind it: stamped by an
/// authority and countersigned by the other machine, countersigned, stamped. nullopt: none covers it.
base::Result<std::optional<journal::SignedHead>> vouched_head_over(const AdminParts& parts, const Permit& permit,
                                                                   archive::Position position) {
  const auto covers = [&](const journal::SignedHead& head) { return head.head.head.size > position.index; };
  auto stamped = journal::timestamp::last_stamped(permit.archive().store(), position.partition);
  if (!stamped) return std::unexpected(stamped.error());
  if (*stamped && !covers(**stamped)) stamped->reset();
  if (*stamped) {
    auto both = parts.witness.cosigned(**stamped);
    if (!both) return std::unexpected(both.error());
    if (*both) return *stamped;
  }
  auto cosigned = parts.witness.cosigned();
  if (!cosigned) return std::unexpected(cosigned.error());
  if (*cosigned && covers((*cosigned)->head)) return std::optional((*cosigned)->head);
  return *stamped;
}

/// The one that somebody vouches for; the newest of all where that covers the entry; else one that is signed now.
net::Task<base::Result<journal::SignedHead>> head_over(const AdminParts& parts, const Permit& permit,
                                                       archive::Position position) {
  auto vouched = vouched_head_over(parts, permit, position);
  if (!vouched) co_return std::unexpected(vouched.error());
  if (*vouched) co_return **vouched;
  auto last = journal::last_head(permit.archive().store(), position.partition);
  if (!last) co_return std::unexpected(last.error());
  if (*last && (*last)->head.head.size > position.index) co_return **last;
  auto head = co_await parts.acts.sign_head(permit, journal::Book::mail);
  if (head && head->head.head.size <= position.index)
    co_return base::fail("journal entry " + position.text(), base::errc::not_found);
  co_return head;
}

/// Which recipients a proof shows: all, or those who were asked for, in whatever case.
class Wanted {
 public:
  Wanted(bool all, std::vector<std::string> addresses) : all_(all) {
    for (auto& address : addresses) seen_[base::to_lower(address)] = false;
  }
  bool operator()(const mail::smtp::Recipient& recipient) {
    const auto found = seen_.find(base::to_lower(recipient.forward_path.text()));
    if (found != seen_.end()) found->second = true;
    return all_ || found != seen_.end();
  }
  /// Who was asked for and is no recipient; empty: nobody.
  std::string missed() const {
    for (const auto& [address, seen] : seen_)
      if (!seen) return address;
    return {};
  }

 private:
  bool all_;
  std::map<std::string, bool> seen_;
};

}  // namespace

net::Task<AdminAnswer> journal_prove(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  const auto text = arguments.text("position");
  const auto addresses = arguments.texts("recipients");
  const auto all = arguments.number_or("all", 1, 0);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto position = position_of(text);
  if (!position) co_return wrong_usage("position: must be as \"0.17\"");
  if (permit.confined()) {
    const auto entry = journal::read(permit.archive().store(), *position);
    if (!entry) co_return failed(entry.error());
    if (!permit.covers(*entry)) co_return not_found(outside_the_case);
  }
  auto head = co_await head_over(parts, permit, *position);
  if (!head) co_return failed(head.error());
  Wanted wanted(all == 1, addresses);
  const auto shown = [&wanted](std::uint32_t, const mail::smtp::Recipient& recipient) { return wanted(recipient); };
  auto proof = journal::prove(permit.archive().store(), *position, *head, shown);
  if (!proof) co_return failed(proof.error());
  if (const auto missed = wanted.missed(); !missed.empty())
    co_return not_found(base::escape(missed) + " is no recipient of journal entry " + position->text());
  auto cosigned = parts.witness.cosigned(*head);
  if (!cosigned) co_return failed(cosigned.error());
  auto stamp = journal::timestamp::find(permit.archive().store(), head->head);
  if (!stamp) co_return failed(stamp.error());
  auto json = proof_json(*proof, *cosigned, *stamp);
  const auto sealed = journal::read_sealed(permit.archive().store(), *position);
  if (!sealed) co_return failed(sealed.error());
  if (auto ended = endings_of(permit.archive().store(), *sealed); !ended.empty()) json["ended"] = std::move(ended);
  co_return done(std::move(json));
}

net::Task<AdminAnswer> journal_octets(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto text = arguments.text("position");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto position = position_of(text);
  if (!position) co_return wrong_usage("position: must be as \"0.17\"");
  const auto& store = permit.archive().store();
  const auto sealed = journal::read_sealed(store, *position);
  if (sealed && is_ended(sealed->common))
    co_return not_found(permit.confined() ? outside_the_case : ended_sentence(store, *sealed));
  auto entry = archive::read_entry(store, *position);
  if (!entry) co_return failed(entry.error());
  if (!entry->brings_message()) co_return not_found("journal entry " + position->text() + " brought no message");
  if (!permit.covers(*entry)) co_return not_found(outside_the_case);
  auto opened = permit.open_body(entry->body);
  if (!opened) co_return failed(opened.error());
  const std::shared_ptr body = archive::checked(std::move(*opened), entry->facts.handed);
  OctetStream octets;
  octets.size = entry->body.size;
  octets.read = [body](std::uint64_t offset) { return body->read(offset, archive::store::Bodies::max_chunk); };
  AdminAnswer answer;
  answer.octets = std::move(octets);
  co_return answer;
}

net::Task<AdminAnswer> journal_export(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto from = arguments.text_or("from", "");
  arguments.number_or("partition", 0xffff, 0);
  arguments.number_or("limit", max_size, 0);
  arguments.number_or("all", 1, 0);
  static_cast<void>(arguments.texts("recipients"));
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (!from.empty() && !position_of(from)) co_return wrong_usage("from: must be a position, as \"0.17\"");
  boost::json::object begun;
  begun["audit"] = permit.entry() ? boost::json::value(*permit.entry()) : nullptr;
  co_return done(std::move(begun));
}

net::Task<AdminAnswer> journal_heads(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto partition = arguments.number_or("partition", 0xffff, 0);
  const auto after = arguments.text_or("after", "0");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  co_return list_heads(permit.archive().store(), static_cast<std::uint16_t>(partition), after);
}

net::Task<AdminAnswer> journal_sign(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto head = co_await parts.acts.sign_head(permit, journal::Book::mail);
  if (!head) co_return failed(head.error());
  co_return signed_head(*head);
}

net::Task<AdminAnswer> journal_consistency(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto partition = static_cast<std::uint16_t>(arguments.number_or("partition", 0xffff, 0));
  const auto from = arguments.number("from", max_size);
  const auto to = arguments.number_or("to", max_size, 0);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  co_return consistency_of(permit.archive().store(), partition, from, to);
}

net::Task<AdminAnswer> journal_rotate_key(const AdminParts& parts, const Permit& permit, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto key = co_await parts.acts.replace_journal_key(permit);
  if (!key) co_return failed(key.error());
  boost::json::object json;
  json["key"] = key->text();
  co_return done(std::move(json));
}

}  // namespace understudy::app
