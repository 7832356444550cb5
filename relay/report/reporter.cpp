#include "relay/report/reporter.hpp"

#include <algorithm>

#include "archive/await.hpp"
#include "base/codec.hpp"
#include "base/log.hpp"
#include "mail/header/message_id.hpp"
#include "mail/report/notice.hpp"
#include "relay/message_facts.hpp"

namespace understudy::relay {
namespace {
using archive::outbox::Entry;
using archive::outbox::State;

mail::report::Action action_of(const archive::outbox::Target& target, Tell tell, const Entry& entry) {
  if (target.state == State::failed) return mail::report::Action::failed;
  if (tell == Tell::delay) return mail::report::Action::delayed;
  return target.last_host.empty() && !entry.pending() ? mail::report::Action::delivered : mail::report::Action::relayed;
}

mail::report::RecipientReport recipient_report(const archive::outbox::Target& target, Tell tell, const Entry& entry,
                                               const Queue& queue, base::WallTime now) {
  mail::report::RecipientReport report;
  report.final_recipient = target.recipient.forward_path;
  report.orcpt = target.recipient.orcpt;
  report.action = action_of(target, tell, entry);
  report.status = target.last_reply.status;
  report.remote_mta = target.last_host;
  if (target.last_reply.code != 0) report.diagnostic = target.last_reply.text();
  report.last_attempt = now;
  if (tell == Tell::delay) report.will_retry_until = entry.created + queue.expiry;
  return report;
}

/// The header of a message that cannot be read any more, as far as its entry knows it.
std::string known_fields(const Entry& entry) {
  std::string fields;
  if (entry.envelope.reverse_path) fields += "Return-Path: <" + entry.envelope.reverse_path->text() + ">\r\n";
  if (!entry.message_id.empty()) fields += "Message-ID: <" + base::escape(entry.message_id) + ">\r\n";
  return fields + "Subject: (unknown: the message can no longer be read here)\r\n\r\n";
}

/// From the null reverse-path; nobody is told what becomes of it.
mail::smtp::Envelope envelope_of(const mail::report::Report& message, const mail::address::Address& to) {
  mail::smtp::Envelope envelope;
  envelope.smtputf8 = message.utf8;
  envelope.body = message.eight_bit ? mail::smtp::BodyType::eight_bit_mime : mail::smtp::BodyType::seven_bit;
  mail::smtp::Recipient recipient;
  recipient.forward_path = to;
  recipient.notify.bits = mail::smtp::Notify::never;
  envelope.recipients.push_back(std::move(recipient));
  return envelope;
}
}  // namespace

Reporter::Original Reporter::original_of(const Entry& entry, Extent wanted) const {
  Original original;
  original.extent = entry.body.size <= mail::report::max_returned_full ? wanted : Extent::head;
  const std::size_t octets = original.extent == Extent::whole ? entry.body.size : mail::report::max_returned_header;
  auto body = archive_.open_body(entry.body);
  while (original.octets.size() < octets) {
    auto piece = body->read(original.octets.size(), octets - original.octets.size());
    if (!piece) {  // the sender has to hear of it, now more than ever
      base::log::error("report.original", {{"entry", entry.id.text()}, {"reason", piece.error().text()}});
      original.extent = Extent::head;
      if (original.octets.empty()) original.octets = known_fields(entry);
      break;
    }
    if (piece->empty()) break;
    original.octets += *piece;
  }
  return original;
}

Reporter::Made Reporter::make_report(const Entry& entry, const Decision& decision, const Settings& settings) {
  const bool failed = std::ranges::any_of(decision.told, [](const auto& target) { return target.state == State::failed; });
  const bool full = failed && entry.envelope.dsn_return == mail::smtp::DsnReturn::full;
  const auto original = original_of(entry, full ? Extent::whole : Extent::head);

  mail::report::ReportRequest request;
  std::string unique = base::to_hex(random_.octets(16));
  request.message_id = mail::header::make_message_id(unique, settings.policy.hostname, made_key_);
  request.reporting_mta = settings.policy.hostname;
  request.from = {"MAILER-DAEMON", settings.domain_name};
  request.to = *entry.envelope.reverse_path;
  request.postmaster = settings.postmaster;
  request.date = clock_.now();
  request.arrival = entry.created;
  request.envid = entry.envelope.envid;
  for (const auto& target : decision.told)
    request.recipients.push_back(recipient_report(target, decision.tell, entry, settings.options.queue, request.date));
  request.original.head = original.octets;
  if (original.extent == Extent::whole) request.original.full = original.octets;
  request.randomness = random_.octets(16);
  return {mail::report::make_report(request), std::move(unique), request.to};
}

net::Task<base::Result<>> Reporter::send(Made made, std::vector<archive::journal::Settlement> settlements) {
  const auto settings = settings_.get();
  const std::string& octets = made.message.octets;
  archive::Arrival arrival;
  arrival.envelope = envelope_of(made.message, made.to);
  arrival.origin.via = routing::Via::here;
  arrival.facts = facts_of(mail::header::scan_facts(octets, settings->policy.hostname));
  arrival.facts.received = arrival.facts.handed = base::sha256(octets);
  arrival.facts.size = octets.size();
  arrival.facts.eight_bit = made.message.eight_bit;
  arrival.made = std::move(made.unique);
  arrival.settlements = std::move(settlements);
  const routing::World world{settings->policy, archive_.directory(), settings->routes};
  arrival.plan = routing::plan(arrival.envelope, arrival.origin, arrival.facts, world);
  auto body = archive_.new_body();
  if (auto written = body->append(octets); !written) co_return written;
  auto sealed = body->seal();
  if (!sealed) co_return std::unexpected(sealed.error());
  arrival.body = std::move(*sealed);
  const std::string message_id = arrival.facts.message_id;
  auto submit = [this, held = std::make_shared<archive::Arrival>(std::move(arrival))](archive::Done<archive::Accepted> done) {
    archive_.accept(std::move(*held), std::move(done));
  };
  auto accepted = co_await archive::wait_for<archive::Accepted>(std::move(submit));
  if (!accepted) co_return std::unexpected(accepted.error());
  base::log::info("report.made", {{"position", accepted->position.text()}, {"message_id", message_id}});
  co_return base::Result<>();
}

net::Task<base::Result<>> Reporter::settle(Entry entry, Decision decision) {
  archive::journal::Settlement settlement;
  settlement.id = entry.id;
  settlement.left = std::move(decision.left);
  settlement.given_up = std::move(decision.given_up);
  settlement.without_receipt = std::move(decision.without_receipt);
  settlement.custody = entry.custody;
  decision.left.reset();
  std::vector<archive::journal::Settlement> settlements;
  settlements.push_back(std::move(settlement));
  if (decision.tell != Tell::nothing) {
    const auto settings = settings_.get();
    auto made = make_report(entry, decision, *settings);
    co_return co_await send(std::move(made), std::move(settlements));
  }
  auto submit = [this, held = std::make_shared<std::vector<archive::journal::Settlement>>(std::move(settlements))](
                    archive::Done<> done) { archive_.settle(std::move(*held), std::move(done)); };
  co_return co_await archive::wait_for<void>(std::move(submit));
}

net::Task<base::Result<>> Reporter::tell_postmaster(std::string subject, std::string text) {
  const auto settings = settings_.get();
  auto address = mail::address::parse(settings->postmaster, mail::address::Utf8::allow);
  if (!address) co_return std::unexpected(address.error());
  mail::report::NoticeRequest request;
  std::string unique = base::to_hex(random_.octets(16));
  request.message_id = mail::header::make_message_id(unique, settings->policy.hostname, made_key_);
  request.from = {"MAILER-DAEMON", settings->domain_name};
  request.to = *address;
  request.date = clock_.now();
  request.subject = std::move(subject);
  request.text = std::move(text);
  Made made{mail::report::make_notice(request), std::move(unique), *address};
  std::vector<archive::journal::Settlement> nothing_settled;
  co_return co_await send(std::move(made), std::move(nothing_settled));
}

}  // namespace understudy::relay
