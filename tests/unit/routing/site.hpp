/// The two machines of the design's picture as values, and a way to hand them a message: judges first, then plan(), told in
/// the words of describe(). The directory is the same on both unless a test changes it.
#pragma once

#include <initializer_list>

#include "routing/describe.hpp"
#include "routing/plan.hpp"
#include "tests/support/table_directory.hpp"

namespace understudy::test {

struct Site {
  routing::Policy policy;
  TableDirectory directory;
  routing::RouteTable routes;
  routing::Switch refuse_claimed_local = routing::Switch::off;  // of the listener for the world
  routing::Switch refuse_local_from = routing::Switch::off;     // likewise

  routing::World world() const { return {policy, directory, routes}; }
};

inline TableDirectory people() {
  TableDirectory directory;
  directory.domain("example.org", {"copy.example.org"}).domain("example.net");
  for (const char* name : {"admin", "alice", "bob", "undelivered"}) directory.account(name + std::string("@example.org"));
  directory.account("nina@example.net");
  directory.alias("a.lice@example.org", {"alice@example.org"});
  directory.alias("team@example.org", {"alice@example.org", "bob@example.org"});
  directory.alias("mixed@example.org", {"bob@example.org", "ext@world.example"});
  directory.alias("away@example.org", {"ext@world.example"});
  return directory;
}

inline routing::Route route(const std::string& match, const std::string& via) {
  routing::Route r;
  r.match = match;
  r.via = *routing::parse_next_hop(via);
  return r;
}

/// conf/examples/primary.toml
inline Site primary() {
  Site site;
  site.policy.role = routing::Role::in_charge;
  site.policy.hostname = "mailbox.example.org";
  site.policy.passthrough.copy_local_to_outbox = routing::Switch::on;
  site.directory = people();
  site.routes = routing::RouteTable({route("*", "archive.example.org:25")});
  site.refuse_claimed_local = routing::Switch::on;
  return site;
}

/// conf/examples/archive.toml, with the directory that the peer link brings
inline Site archive() {
  Site site;
  site.policy.role = routing::Role::archive;
  site.policy.hostname = "archive.example.org";
  site.policy.undelivered = routing::Undelivered::store;
  auto& passthrough = site.policy.passthrough;
  passthrough.copy_to_sender_sent = routing::Switch::on;
  passthrough.create_mailbox = routing::Switch::on;
  passthrough.copy_without_received_to_outbox = routing::Switch::on;
  passthrough.accept_local_from = routing::AcceptLocalFrom::clients;
  site.directory = people();
  site.routes = routing::RouteTable({route("example.org", "mailbox.example.org:25"), route("*", "mx")});
  return site;
}

/// The archive in front of another product: it knows its domains and nobody in them.
inline Site archive_without_directory() {
  Site site = archive();
  site.directory = TableDirectory();
  site.directory.domain("example.org", {"copy.example.org"}).account("undelivered@example.org");
  return site;
}

/// The archive after takeover: the primary's column, its own routes.
inline Site taken_over() {
  Site site = archive();
  site.policy = primary().policy;
  site.policy.hostname = "archive.example.org";
  return site;
}

inline routing::Origin world() {
  return {.via = routing::Via::network, .address = "203.0.113.9", .helo = "mail.world.example"};
}

inline routing::Origin client(const std::string& name, routing::Permissions may) {
  return {.via = routing::Via::network, .client = name, .may = may, .address = "192.0.2.10"};
}
inline routing::Origin the_primary() {
  return client("mailbox.example.org", {.relay = true, .local_sender = true, .copy = true});
}
inline routing::Origin the_archive() {
  return client("archive.example.org", {.relay = false, .local_sender = true, .copy = true});
}
inline routing::Origin scanner() {
  return client("scanner.example.org", {.relay = true, .local_sender = true, .copy = false});
}
inline routing::Origin user(const std::string& name) {
  return {.via = routing::Via::submission, .user = name + "@example.org", .address = "203.0.113.77"};
}
inline routing::Origin made_here() {
  return {.via = routing::Via::here};
}

/// One transaction. An empty `from` is the null reverse-path.
struct Mail {
  routing::Origin origin;
  std::string from;
  std::vector<std::string> to;
  routing::MessageFacts facts = {};
  mail::smtp::Notify notify = {};
};

inline mail::smtp::Envelope envelope_of(const Mail& mail) {
  mail::smtp::Envelope envelope;
  if (!mail.from.empty()) envelope.reverse_path = address(mail.from);
  for (const auto& to : mail.to) envelope.recipients.push_back({address(to), mail.notify, {}});
  return envelope;
}

/// What a site does with a transaction: "MAIL 553 …" or "DATA 554 …" where it ends there, "TO: 550 …" for each refused
/// recipient, then the plan for the others, who are numbered from 1.
inline std::string outcome(const Site& site, const Mail& mail) {
  routing::Origin origin = mail.origin;
  if (origin.via == routing::Via::network) origin.refuse_nonlocal_claiming_local = site.refuse_claimed_local;
  if (origin.via == routing::Via::network) origin.refuse_nonlocal_from_local = site.refuse_local_from;
  mail::smtp::Envelope envelope = envelope_of(mail);
  const routing::World world = site.world();
  if (auto refused = routing::judge_reverse_path(envelope.reverse_path, origin, world)) return "MAIL " + refused->text();
  std::string out;
  std::erase_if(envelope.recipients, [&](const mail::smtp::Recipient& recipient) {
    const auto refused = routing::judge_forward_path(recipient, envelope.reverse_path, origin, world);
    if (refused) out += (out.empty() ? "" : "; ") + recipient.forward_path.text() + ": " + refused->text();
    return refused.has_value();
  });
  if (envelope.recipients.empty()) return out;
  if (auto refused = routing::judge_message(envelope, origin, mail.facts, world)) return "DATA " + refused->text();
  return out + (out.empty() ? "" : "; ") + routing::describe(routing::plan(envelope, origin, mail.facts, world));
}

struct Row {
  const char* what;
  Site site;
  Mail mail;
  const char* expected;
};

inline void check(const std::vector<Row>& rows) {
  for (const Row& row : rows)
    BOOST_TEST(outcome(row.site, row.mail) == row.expected,
               row.what << ": " << outcome(row.site, row.mail) << "\n   expected: " << row.expected);
}

}  // namespace understudy::test
