#include "relay/report/reporter.hpp"

#include <algorithm>

#include "base/codec.hpp"
#include "base/log.hpp"
#include "mail/header/date.hpp"
#include "mail/header/message_id.hpp"
#include "mail/report/report.hpp"
#include "relay/await_archive.hpp"

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

  Made made;
  made.unique = base::to_hex(random_.octets(16));
  mail::report::ReportRequest request;
  request.message_id = mail::header::make_message_id(made.unique, settings.policy.hostname, made_key_);
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
  auto report = mail::report::make_report(request);

  made.octets = std::move(report.octets);
  made.eight_bit = report.eight_bit;
  made.envelope.smtputf8 = report.utf8;
  made.envelope.body = report.eight_bit ? mail::smtp::BodyType::eight_bit_mime : mail::smtp::BodyType::seven_bit;
  mail::smtp::Recipient recipient;
  recipient.forward_path = *entry.envelope.reverse_path;
  recipient.notify.bits = mail::smtp::Notify::never;
  made.envelope.recipients.push_back(std::move(recipient));
  return made;
}

net::Task<base::Result<>> Reporter::send(Made made, std::vector<archive::journal::Settlement> settlements) {
  const auto settings = settings_.get();
  archive::Arrival arrival;
  arrival.envelope = std::move(made.envelope);
  arrival.origin.via = routing::Via::here;
  arrival.facts.received = arrival.facts.handed = base::sha256(made.octets);
  arrival.facts.size = made.octets.size();
  arrival.facts.has_message_id = true;
  arrival.facts.automatic = true;
  arrival.facts.eight_bit = made.eight_bit;
  arrival.facts.message_id = made.unique + "@" + settings->policy.hostname;
  arrival.facts.from.push_back({"MAILER-DAEMON", settings->domain_name});
  arrival.facts.subject = "Delivery report";
  arrival.made = std::move(made.unique);
  arrival.settlements = std::move(settlements);
  const routing::World world{settings->policy, archive_.directory(), settings->routes};
  arrival.plan = routing::plan(arrival.envelope, arrival.origin, arrival.facts, world);
  auto body = archive_.new_body();
  if (auto written = body->append(made.octets); !written) co_return written;
  auto sealed = body->seal();
  if (!sealed) co_return std::unexpected(sealed.error());
  arrival.body = std::move(*sealed);
  auto submit = [this, held = std::make_shared<archive::Arrival>(std::move(arrival))](archive::Done<archive::Accepted> done) {
    archive_.accept(std::move(*held), std::move(done));
  };
  auto accepted = co_await wait_for<archive::Accepted>(std::move(submit));
  if (!accepted) co_return std::unexpected(accepted.error());
  base::log::info("report.made", {{"position", accepted->position.text()}});
  co_return base::Result<>();
}

net::Task<base::Result<>> Reporter::settle(Entry entry, Decision decision) {
  archive::journal::Settlement settlement;
  settlement.id = entry.id;
  settlement.left = std::move(decision.left);
  settlement.given_up = std::move(decision.given_up);
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
  co_return co_await wait_for<void>(std::move(submit));
}

net::Task<base::Result<>> Reporter::tell_postmaster(std::string subject, std::string text) {
  const auto settings = settings_.get();
  auto address = mail::address::parse(settings->postmaster, mail::address::Utf8::allow);
  if (!address) co_return std::unexpected(address.error());
  Made made;
  made.unique = base::to_hex(random_.octets(16));
  made.octets = "Message-ID: " + mail::header::make_message_id(made.unique, settings->policy.hostname, made_key_) + "\r\n" +
                "Date: " + mail::header::format_date(clock_.now()) + "\r\n" + "From: Understudy <MAILER-DAEMON@" +
                settings->domain_name + ">\r\nTo: <" + address->text() + ">\r\nSubject: " + subject +
                "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                "Content-Transfer-Encoding: 8bit\r\n\r\n" +
                text + "\r\n";
  made.eight_bit = true;
  made.envelope.body = mail::smtp::BodyType::eight_bit_mime;
  mail::smtp::Recipient recipient;
  recipient.forward_path = *address;
  recipient.notify.bits = mail::smtp::Notify::never;
  made.envelope.recipients.push_back(std::move(recipient));
  std::vector<archive::journal::Settlement> nothing_settled;
  co_return co_await send(std::move(made), std::move(nothing_settled));
}

}  // namespace understudy::relay
