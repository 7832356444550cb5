/// The verbs that give away what proves the journal to others: heads, proofs, the octets that go with them.
#include <map>

#include "app/admin/handlers.hpp"
#include "app/admin/journal_proof.hpp"
#include "archive/journal/heads.hpp"
#include "archive/journal/proof/check.hpp"
#include "archive/journal/proof/make.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/stored_nodes.hpp"
#include "archive/journal/timestamp/kept.hpp"
#include "base/text.hpp"
#include "relay/await_archive.hpp"

namespace understudy::app {
namespace {

namespace journal = archive::journal;
using Heads = std::vector<journal::SignedHead>;

constexpr std::uint64_t max_size = journal::proof::max_size;

net::Task<base::Result<journal::SignedHead>> sign_now(const AdminParts& parts) {
  auto start = [&parts](archive::Done<journal::SignedHead> done) { parts.head_signer.sign(std::move(done)); };
  co_return co_await relay::wait_for<journal::SignedHead>(std::move(start));
}

/// Of the newest heads that somebody else vouches for and that cover the entry, the one with most behind it: stamped by an
/// authority and countersigned by the other machine, countersigned, stamped. nullopt: none covers it.
base::Result<std::optional<journal::SignedHead>> vouched_head_over(const AdminParts& parts, archive::Position position) {
  const auto covers = [&](const journal::SignedHead& head) { return head.head.head.size > position.index; };
  auto stamped = journal::timestamp::last_stamped(parts.archive.store(), position.partition);
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
net::Task<base::Result<journal::SignedHead>> head_over(const AdminParts& parts, archive::Position position) {
  auto vouched = vouched_head_over(parts, position);
  if (!vouched) co_return std::unexpected(vouched.error());
  if (*vouched) co_return **vouched;
  auto last = journal::last_head(parts.archive.store(), position.partition);
  if (!last) co_return std::unexpected(last.error());
  if (*last && (*last)->head.head.size > position.index) co_return **last;
  auto head = co_await sign_now(parts);
  if (head && head->head.head.size <= position.index)
    co_return base::fail("journal entry " + position.text(), base::errc::not_found);
  co_return head;
}

boost::json::object row_of(const journal::SignedHead& head, const std::optional<journal::timestamp::Stamp>& stamp) {
  boost::json::object row;
  row["size"] = head.head.head.size;
  row["root"] = json_digest(head.head.head.root);
  row["time"] = json_time(head.head.time);
  row["key"] = head.key.text();
  row["timestamped"] = stamp ? boost::json::value(json_time(stamp->time)) : nullptr;
  row["head"] = head_json(head);
  return row;
}

/// The head over exactly `size` entries; of several the last one.
base::Result<journal::SignedHead> head_of_size(const AdminParts& parts, std::uint16_t partition, std::uint64_t size) {
  std::optional<base::Result<journal::SignedHead>> found;
  const auto take = [&](std::uint64_t, const base::Result<journal::SignedHead>& head) {
    found = head;
    return true;
  };
  if (auto read = journal::each_head(parts.archive.store(), partition, size, size, take); !read)
    return std::unexpected(read.error());
  if (found) return *found;
  return base::fail("no head was signed over " + std::to_string(size) + " entries (`journal heads` lists them)",
                    base::errc::not_found);
}

base::Result<journal::SignedHead> newest_head(const AdminParts& parts, std::uint16_t partition) {
  auto last = journal::last_head(parts.archive.store(), partition);
  if (!last) return std::unexpected(last.error());
  if (!*last) return base::fail("no head was signed yet", base::errc::not_found);
  return **last;
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

net::Task<AdminAnswer> journal_prove(const AdminParts& parts, Arguments arguments) {
  const auto text = arguments.text("position");
  const auto addresses = arguments.texts("recipients");
  const auto all = arguments.number_or("all", 1, 0);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto position = position_of(text);
  if (!position) co_return wrong_usage("position: must be as \"0.17\"");
  auto head = co_await head_over(parts, *position);
  if (!head) co_return failed(head.error());
  Wanted wanted(all == 1, addresses);
  const auto shown = [&wanted](std::uint32_t, const mail::smtp::Recipient& recipient) { return wanted(recipient); };
  auto proof = journal::prove(parts.archive.store(), *position, *head, shown);
  if (!proof) co_return failed(proof.error());
  if (const auto missed = wanted.missed(); !missed.empty())
    co_return not_found(base::escape(missed) + " is no recipient of journal entry " + position->text());
  auto cosigned = parts.witness.cosigned(*head);
  if (!cosigned) co_return failed(cosigned.error());
  auto stamp = journal::timestamp::find(parts.archive.store(), head->head);
  if (!stamp) co_return failed(stamp.error());
  co_return done(proof_json(*proof, *cosigned, *stamp));
}

net::Task<AdminAnswer> journal_octets(const AdminParts& parts, Arguments arguments) {
  const auto text = arguments.text("position");
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  const auto position = position_of(text);
  if (!position) co_return wrong_usage("position: must be as \"0.17\"");
  auto entry = journal::read(parts.archive.store(), *position);
  if (!entry) co_return failed(entry.error());
  if (!entry->brings_message()) co_return not_found("journal entry " + position->text() + " brought no message");
  std::shared_ptr<archive::store::BodyReader> body = parts.archive.open_body(entry->body);
  OctetStream octets;
  octets.size = entry->body.size;
  octets.read = [body](std::uint64_t offset) { return body->read(offset, archive::store::Bodies::max_chunk); };
  AdminAnswer answer;
  answer.octets = std::move(octets);
  co_return answer;
}

net::Task<AdminAnswer> journal_heads(const AdminParts& parts, Arguments arguments) {
  const auto partition = arguments.number_or("partition", 0xffff, 0);
  const auto after = arguments.text_or("after", "0");
  const auto now = arguments.number_or("now", 1, 0);
  const auto from = base::to_number(after);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (!from) co_return wrong_usage("after: was not given by this server");
  if (now == 1 && *from == 0)
    if (auto head = co_await sign_now(parts); !head) co_return failed(head.error());
  Page page(AdminApi::page_rows);
  std::optional<base::Error> damaged;
  std::string next;
  const auto take = [&](std::uint64_t size, const base::Result<journal::SignedHead>& head) {
    if (!head) {
      damaged = head.error();
      return false;
    }
    if (page.full()) {
      next = std::to_string(size);
      return false;
    }
    const auto stamp = journal::timestamp::find(parts.archive.store(), head->head);
    if (!stamp) {
      damaged = stamp.error();
      return false;
    }
    page.add(row_of(*head, *stamp));
    return true;
  };
  if (auto read = journal::each_head(parts.archive.store(), static_cast<std::uint16_t>(partition), *from, max_size, take);
      !read)
    co_return failed(read.error());
  if (damaged) co_return failed(*damaged);
  co_return page.take(std::move(next));
}

net::Task<AdminAnswer> journal_consistency(const AdminParts& parts, Arguments arguments) {
  const auto partition = static_cast<std::uint16_t>(arguments.number_or("partition", 0xffff, 0));
  const auto from = arguments.number("from", max_size);
  const auto to = arguments.number_or("to", max_size, 0);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto first = head_of_size(parts, partition, from);
  if (!first) co_return failed(first.error());
  auto second = to > 0 ? head_of_size(parts, partition, to) : newest_head(parts, partition);
  if (!second) co_return failed(second.error());
  auto path = journal::proof::make_consistency(journal::stored_nodes(parts.archive.store(), partition), first->head.head.size,
                                               second->head.head.size);
  if (!path) co_return failed(path.error());
  if (!journal::proof::check_consistency(first->head.head, second->head.head, *path))
    co_return failed("the journal does not lead from the one head to the other; `journal verify` says more");
  boost::json::object json;
  json["understudy_consistency"] = 1;
  json["first"] = head_json(*first);
  json["second"] = head_json(*second);
  json["path"] = path_json(*path);
  co_return done(std::move(json));
}

net::Task<AdminAnswer> journal_rotate_key(const AdminParts& parts, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  auto key = co_await parts.replace_journal_key();
  if (!key) co_return failed(key.error());
  boost::json::object json;
  json["key"] = key->text();
  co_return done(std::move(json));
}

}  // namespace understudy::app
