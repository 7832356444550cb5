#include "relay/inbound/intake.hpp"

#include "mail/header/date.hpp"
#include "mail/header/identity.hpp"
#include "mail/header/message_id.hpp"
#include "relay/message_facts.hpp"

namespace understudy::relay {
namespace {

/// Where a header ends: behind its first empty line, whatever the line ends are. npos: not yet.
std::size_t end_of_header(std::string_view head, std::size_t from) {
  if (head.starts_with("\r\n")) return 2;
  for (auto at = head.find('\n', from); at != std::string_view::npos; at = head.find('\n', at + 1)) {
    const auto rest = head.substr(at + 1);
    if (rest.starts_with("\r\n")) return at + 3;
    if (rest.starts_with('\n')) return at + 2;
  }
  return std::string_view::npos;
}

}  // namespace

Intake::Intake(archive::Archive& archive, IntakeOptions options, std::string received_field)
    : options_(std::move(options)), received_field_(std::move(received_field)), body_(archive.new_body()) {}

base::Result<> Intake::store(std::string_view octets) {
  handed_.update(octets);
  return body_->append(octets);
}

/// The header is complete, or as long as we care to look: writes what we put on top, then the header itself.
base::Result<> Intake::flush_head() {
  head_open_ = false;
  mail::header::Limits limits;
  limits.fields = options_.max_header_fields;
  const auto facts = mail::header::scan_facts(head_, options_.hostname, limits);
  auto& known = taken_.facts = facts_of(facts);
  if (!facts.complete && head_.size() >= options_.max_head) known.from_unclear = true;  // a further one may be out of sight
  taken_.too_many_fields = facts.truncated;

  std::string on_top = std::move(received_field_);
  if (options_.add_missing_fields && !facts.has_message_id) {
    const auto id = mail::header::make_message_id(options_.unique, options_.hostname);
    on_top += "Message-ID: " + id + "\r\n";
    known.message_id = id.substr(1, id.size() - 2);
  }
  if (options_.add_missing_fields && !facts.has_date) on_top += "Date: " + mail::header::format_date(options_.now) + "\r\n";
  if (auto stored = store(on_top); !stored) return stored;
  if (facts.message_id && facts.message_id_offset) {
    if (auto unique = mail::header::recognise_message_id(*facts.message_id, options_.hostname, options_.made_key)) {
      taken_.returned_unique = std::move(*unique);
      returned_.emplace().update(std::string_view(head_).substr(*facts.message_id_offset));
    }
  }
  auto stored = store(head_);
  head_.clear();
  head_.shrink_to_fit();
  return stored;
}

base::Result<> Intake::feed(std::string_view octets) {
  received_.update(octets);
  if (!head_open_) {
    if (returned_) returned_->update(octets);
    return store(octets);
  }
  const std::size_t searched = head_.size() < 3 ? 0 : head_.size() - 3;
  head_ += octets;
  const auto end = end_of_header(head_, searched);
  if (end == std::string_view::npos && head_.size() < options_.max_head) return {};
  return flush_head();  // what follows the header in this piece goes with it
}

base::Result<Taken> Intake::finish(const mail::smtp::OctetFacts& octets) {
  if (head_open_)
    if (auto flushed = flush_head(); !flushed) return std::unexpected(flushed.error());
  auto& facts = taken_.facts;
  facts.received = received_.finish();
  facts.handed = handed_.finish();
  facts.size = body_->size();
  facts.odd_octets = octets.needs_chunking();
  facts.eight_bit = octets.has_8bit;
  if (returned_) taken_.returned_digest = returned_->finish();
  taken_.body = std::move(body_);
  return std::move(taken_);
}

}  // namespace understudy::relay
