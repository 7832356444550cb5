#include "relay/message_facts.hpp"

#include <utility>

#include "base/text.hpp"

namespace understudy::relay {
namespace {

constexpr std::size_t most_senders = 100;

struct Senders {
  std::vector<mail::address::Address> addresses;
  bool unclear = false;
};

/// Every address in a domain, whatever its local part looks like: a judge of senders goes by the domain. Unclear where a reader
/// may be shown somebody who is not among them.
Senders senders_of(const mail::header::HeaderFacts& header) {
  Senders senders;
  senders.unclear = header.from_fields != 1;
  for (const auto& mailbox : header.from) {
    if (mailbox.kind != mail::header::Mailbox::Kind::mailbox) continue;
    const auto domain = mail::address::canonical_domain(mailbox.domain);
    senders.unclear = senders.unclear || mailbox.ambiguous || mailbox.local.empty() || !domain;
    if (domain && senders.addresses.size() <= most_senders)
      senders.addresses.push_back({base::escape(mailbox.local, 64), *domain});
  }
  senders.unclear = senders.unclear || senders.addresses.empty() || senders.addresses.size() > most_senders;
  return senders;
}

}  // namespace

routing::MessageFacts facts_of(const mail::header::HeaderFacts& header) {
  routing::MessageFacts facts;
  facts.received_count = static_cast<std::uint32_t>(header.received_count);
  facts.own_received_count = static_cast<std::uint32_t>(header.own_count);
  facts.has_message_id = header.has_message_id;
  facts.message_id = header.message_id.value_or(std::string());
  facts.automatic = header.automatic;
  facts.subject = header.subject;
  auto senders = senders_of(header);
  facts.from = std::move(senders.addresses);
  facts.from_unclear = senders.unclear;
  return facts;
}

}  // namespace understudy::relay
