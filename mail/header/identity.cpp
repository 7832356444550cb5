#include "mail/header/identity.hpp"

#include "base/text.hpp"
#include "mail/header/fields.hpp"
#include "mail/header/received.hpp"

namespace understudy::mail::header {
namespace {

void read_message_id(const Header& header, HeaderFacts& facts) {
  const Field* field = first(header, "Message-ID");
  if (!field) return;
  facts.has_message_id = true;
  facts.message_id_offset = field->whole.begin;
  facts.message_id = parse_message_id(header.value(*field));
}

void read_from(const Header& header, HeaderFacts& facts) {
  const auto fields = all(header, "From");
  facts.from_fields = fields.size();
  if (!fields.empty()) facts.from = parse_address_list(header.value(*fields.front())).entries;
}

/// Only so much is unfolded as can be shown: a subject may be as long as the header.
std::string readable_subject(const Header& header) {
  constexpr std::size_t shown = 200;
  const auto value = first_value(header, "Subject");
  return value ? base::escape(unfold(value->substr(0, 4 * shown)), shown) : std::string();
}

}  // namespace

HeaderFacts scan_facts(std::string_view head, std::string_view own_host, const Limits& limits) {
  const Header header = scan(head, limits);
  HeaderFacts facts;
  facts.received_count = count_received(header);
  facts.own_count = count_by(header, own_host);
  read_message_id(header, facts);
  read_from(header, facts);
  facts.has_date = first(header, "Date") != nullptr;
  facts.automatic = is_automatic(header);
  facts.complete = header.ended && !header.truncated;
  facts.truncated = header.truncated;
  facts.body = header.body;
  facts.subject = readable_subject(header);
  return facts;
}

}  // namespace understudy::mail::header
