#include "mail/smtp/transfer.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/text.hpp"
#include "mail/smtp/xtext.hpp"

namespace understudy::mail::smtp {
namespace {

bool beyond_ascii(const address::Address& address) {
  return base::has_8bit(address.local) || base::has_8bit(address.domain);
}

// The last gate before the wire. Whatever entrance an address came through: a line end in it would be a command, a space or
// bracket in its domain a parameter. The local part is quoted where it has to be; a control character cannot be.
bool is_safe(const address::Address& address) {
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  const auto no_domain = [&](char c) {
    return control(static_cast<unsigned char>(c)) || std::string_view(" <>@\"(),;\\").find(c) != std::string_view::npos;
  };
  return std::none_of(address.local.begin(), address.local.end(), control) &&
         std::none_of(address.domain.begin(), address.domain.end(), no_domain);
}

std::string notify_words(Notify notify) {
  if (notify.has(Notify::never)) return "NEVER";
  std::string words;
  const auto add = [&](std::uint8_t bit, const char* word) {
    if (notify.has(bit)) words.append(words.empty() ? "" : ",").append(word);
  };
  add(Notify::success, "SUCCESS");
  add(Notify::failure, "FAILURE");
  add(Notify::delay, "DELAY");
  return words;
}

// A reply that makes no sense where it came must not pass for a refusal or an acceptance.
Reply refusal_or_nonsense(const Reply& reply) {
  if (reply.transient() || reply.permanent()) return reply;
  return {451, "4.5.0", "Unexpected reply of the next hop: " + reply.text()};
}

}  // namespace

Transfer::Transfer(const Capabilities& capabilities, Envelope envelope, const MessageShape& shape, std::size_t max_pipelined)
    : capabilities_(capabilities),
      envelope_(std::move(envelope)),
      shape_(shape),
      window_(capabilities.pipelining ? std::max<std::size_t>(max_pipelined, 1) : 1),
      results_(envelope_.recipients.size()) {
  // DATA cannot carry a bare CR or LF, nor a last line without CRLF: BDAT can, where there is one.
  chunked_ = capabilities_.chunking && (shape_.needs_chunking || !shape_.ends_in_crlf);
  const auto refusal = refusal_of_message();
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const auto& recipient = envelope_.recipients[i];
    if (auto why = refusal ? refusal : refusal_of(recipient)) {
      results_[i] = RecipientResult{std::move(*why), Phase::local};
      continue;
    }
    to_name_.push_back(i);
    smtputf8_ = smtputf8_ || beyond_ascii(recipient.forward_path);
  }
  const bool sender_beyond_ascii = envelope_.reverse_path && beyond_ascii(*envelope_.reverse_path);
  smtputf8_ = smtputf8_ || sender_beyond_ascii || shape_.utf8_headers || (envelope_.smtputf8 && capabilities_.smtputf8);
}

std::optional<Reply> Transfer::refusal_of_message() const {
  const auto& sender = envelope_.reverse_path;
  if (sender && !is_safe(*sender)) return Reply(553, "5.1.7", "Reverse-path cannot be sent");
  if (!capabilities_.smtputf8 && (shape_.utf8_headers || (sender && beyond_ascii(*sender))))
    return Reply(550, "5.6.7", "The next hop does not take UTF-8 in addresses or headers (SMTPUTF8)");
  if (shape_.needs_chunking && !capabilities_.chunking)
    return Reply(554, "5.6.3", "Bare CR, bare LF or NUL in the message, and the next hop cannot take it unchanged (CHUNKING)");
  if (capabilities_.max_size > 0 && shape_.octets > capabilities_.max_size)
    return Reply(552, "5.3.4", "The next hop takes at most " + std::to_string(capabilities_.max_size) + " octets");
  return std::nullopt;
}

std::optional<Reply> Transfer::refusal_of(const Recipient& recipient) const {
  if (!is_safe(recipient.forward_path)) return Reply(553, "5.1.3", "Forward-path cannot be sent");
  if (!capabilities_.smtputf8 && beyond_ascii(recipient.forward_path))
    return Reply(553, "5.6.7", "The next hop does not take UTF-8 in addresses (SMTPUTF8)");
  return std::nullopt;
}

// Eight-bit text goes to a next hop without 8BITMIME as it is: RFC 6152 §3 would have it converted or returned, but the first
// changes octets and the second loses mail that every such server takes.
std::string Transfer::mail_line() const {
  std::string line = "MAIL FROM:<" + (envelope_.reverse_path ? envelope_.reverse_path->text() : "") + ">";
  if (capabilities_.size) line += " SIZE=" + std::to_string(shape_.octets);
  const bool eight_bit = shape_.eight_bit || envelope_.body == BodyType::eight_bit_mime;
  if (capabilities_.eight_bit_mime && eight_bit) line += " BODY=8BITMIME";
  if (smtputf8_) line += " SMTPUTF8";
  if (capabilities_.dsn && envelope_.dsn_return == DsnReturn::full) line += " RET=FULL";
  if (capabilities_.dsn && envelope_.dsn_return == DsnReturn::headers) line += " RET=HDRS";
  const bool has_envid = !envelope_.envid.empty() && envelope_.envid.size() <= 100 && is_xtext(envelope_.envid);
  if (capabilities_.dsn && has_envid) line += " ENVID=" + envelope_.envid;
  if (says_custody()) line += " XCUSTODY=" + shape_.custody->text();
  return line + "\r\n";
}

// Never of octets that DATA changes: the next hop would take them for damaged.
bool Transfer::says_custody() const {
  return capabilities_.custody && shape_.custody && (chunked_ || shape_.ends_in_crlf);
}

std::string Transfer::rcpt_line(const Recipient& recipient) const {
  std::string line = "RCPT TO:<" + recipient.forward_path.text() + ">";
  if (capabilities_.dsn && recipient.notify.bits != 0) line += " NOTIFY=" + notify_words(recipient.notify);
  const auto& orcpt = recipient.orcpt;
  const bool has_orcpt = orcpt.size() <= 500 && is_orcpt(orcpt) && (smtputf8_ || !base::has_8bit(orcpt));
  if (capabilities_.dsn && has_orcpt) line += " ORCPT=" + orcpt;
  return line + "\r\n";
}

Step Transfer::start() {
  return to_name_.empty() ? Step{{}, ClientWant::ready} : send_group();
}

// As many commands as may be on the way. DATA goes with the last recipients (RFC 2920 §3.1); BDAT waits, since it could not be
// taken back once nobody was accepted.
Step Transfer::send_group() {
  Step step;
  if (!mail_sent_) {
    step.send += mail_line();
    expected_.push_back(Expected::mail);
    mail_sent_ = true;
  }
  for (; !all_named() && expected_.size() < window_; ++next_) {
    step.send += rcpt_line(envelope_.recipients[to_name_[next_]]);
    expected_.push_back(Expected::rcpt);
    named_.push_back(to_name_[next_]);
  }
  if (all_named() && !chunked_ && expected_.size() < window_) {
    step.send += "DATA\r\n";
    expected_.push_back(Expected::data);
  }
  return step;
}

Step Transfer::on_reply(const Reply& reply) {
  if (expected_.empty()) throw std::logic_error("smtp: a reply that was not waited for");
  const auto answered = expected_.front();
  expected_.pop_front();
  switch (answered) {
    case Expected::mail:
      mail_accepted_ = reply.positive();
      if (!mail_accepted_) settle_rest(refusal_or_nonsense(reply), Phase::mail);
      break;
    case Expected::rcpt: {
      const auto index = named_.front();
      named_.pop_front();
      if (!mail_accepted_) break;  // the refusal of MAIL is the one that counts
      if (reply.positive()) {
        accepted_.push_back(index);
      } else {
        results_[index] = RecipientResult{refusal_or_nonsense(reply), Phase::rcpt};
      }
      break;
    }
    case Expected::data:
      return on_data(reply);
    case Expected::final:
      in_body_ = false;
      settle_accepted(reply.positive() ? reply : refusal_or_nonsense(reply), Phase::body);
      return chunked_ && !reply.positive() ? end() : Step{{}, ClientWant::ready};
    case Expected::empty_final:
      return {{}, ClientWant::ready};
    case Expected::rset:
      return {{}, reply.positive() ? ClientWant::ready : ClientWant::close};
  }
  return advance();
}

Step Transfer::advance() {
  if (!expected_.empty()) return {};
  if (!mail_accepted_) return {{}, ClientWant::ready};
  if (!all_named()) return send_group();
  if (accepted_.empty()) return end();
  if (chunked_) {
    in_body_ = true;
    return {"BDAT " + std::to_string(shape_.octets) + " LAST\r\n", ClientWant::chunk};
  }
  expected_.push_back(Expected::data);
  return {"DATA\r\n", ClientWant::reply};
}

Step Transfer::on_data(const Reply& reply) {
  if (reply.code == 354 && accepted_.empty()) {  // pipelined, and nobody was accepted: an empty message for nobody
    expected_.push_back(Expected::empty_final);
    return {".\r\n", ClientWant::reply};
  }
  if (reply.code == 354) {
    in_body_ = true;
    return {{}, ClientWant::body};
  }
  settle_accepted(refusal_or_nonsense(reply), Phase::data);
  return end();
}

Step Transfer::on_body_sent() {
  expected_.push_back(Expected::final);
  return {};
}

// Leaves the next hop without a transaction.
Step Transfer::end() {
  if (!mail_accepted_) return {{}, ClientWant::ready};
  expected_.push_back(Expected::rset);
  return {"RSET\r\n", ClientWant::reply};
}

void Transfer::settle_accepted(const Reply& reply, Phase phase) {
  for (const auto index : accepted_) results_[index] = RecipientResult{reply, phase};
  accepted_.clear();
}

void Transfer::settle_rest(const Reply& reply, Phase phase) {
  for (auto& result : results_)
    if (!result) result = RecipientResult{reply, phase};
  accepted_.clear();
}

void Transfer::fail_rest(const Reply& reply) {
  settle_rest(reply, phase());
}

Phase Transfer::phase() const {
  if (in_body_) return Phase::body;
  if (expected_.empty()) return Phase::mail;
  switch (expected_.front()) {
    case Expected::mail:
      return Phase::mail;
    case Expected::rcpt:
      return Phase::rcpt;
    default:
      return Phase::data;
  }
}

std::vector<RecipientResult> Transfer::results() const {
  std::vector<RecipientResult> all;
  for (const auto& result : results_)
    all.push_back(result.value_or(RecipientResult{Reply(451, "4.4.2", "No reply"), Phase::mail}));
  return all;
}

}  // namespace understudy::mail::smtp
