// What each command may do in each state. Everything is checked before the first effect.
#include <algorithm>

#include "mail/smtp/dialogue.hpp"

namespace understudy::mail::smtp {
namespace {

Reply bad_sequence(std::string text) {
  return {503, "5.5.1", std::move(text)};
}
Reply too_big() {
  return {552, "5.3.4", "Message exceeds the size limit"};
}

}  // namespace

void ServerDialogue::greeted(Greeted how, std::string name) {
  greeted_ = how;
  hello_ = std::move(name);
  transaction_.reset();
}

std::vector<std::string> ServerDialogue::extensions() const {
  std::vector<std::string> lines{"PIPELINING", "ENHANCEDSTATUSCODES", "SIZE " + std::to_string(options_.max_message)};
  if (options_.offer_8bitmime) lines.emplace_back("8BITMIME");
  if (options_.offer_smtputf8) lines.emplace_back("SMTPUTF8");
  if (offers_dsn()) lines.emplace_back("DSN");
  if (options_.offer_chunking) lines.emplace_back("CHUNKING");
  if (offer_custody_ == OfferCustody::yes) lines.emplace_back("XCUSTODY");
  if (options_.tls == ServerTls::starttls && !tls_) lines.emplace_back("STARTTLS");
  if (tls_ && !options_.mechanisms.empty()) {
    std::string auth = "AUTH";
    for (const auto& mechanism : options_.mechanisms) auth.append(" ").append(mechanism);
    lines.push_back(std::move(auth));
  }
  return lines;
}

Next ServerDialogue::on(command::Ehlo&& ehlo) {
  greeted(Greeted::ehlo, std::move(ehlo.name));
  Reply reply(250, "", options_.hostname);
  for (auto& line : extensions()) reply.lines.push_back(std::move(line));
  return say(std::move(reply));
}

Next ServerDialogue::on(command::Helo&& helo) {
  greeted(Greeted::helo, std::move(helo.name));
  return say({250, "", options_.hostname});
}

// RFC 3207 §4, RFC 4954 §6. Encryption is named first: without it there is no way to authenticate.
std::optional<Reply> ServerDialogue::unmet_demand() const {
  if (options_.demand == Demand::nothing) return std::nullopt;
  if (!tls_) return Reply(530, "5.7.0", "Must issue a STARTTLS command first");
  if (options_.demand == Demand::authentication && !user_) return Reply(530, "5.7.0", "Authentication required");
  return std::nullopt;
}

std::optional<Reply> ServerDialogue::refusal_of_mail(const command::Mail& mail) const {
  if (greeted_ == Greeted::no) return bad_sequence("Say EHLO first");
  if (auto demand = unmet_demand()) return demand;
  if (transaction_) return bad_sequence("A transaction is under way");
  if (mail.size && *mail.size > options_.max_message) return too_big();
  return std::nullopt;
}

// AUTH= of MAIL is a claim about who submitted the message first; nothing here believes it (RFC 4954 §5).
Next ServerDialogue::on(command::Mail&& mail) {
  if (auto refusal = refusal_of_mail(mail))
    return refusal->code == 552 ? say(std::move(*refusal)) : protest(std::move(*refusal));
  auto& envelope = transaction_.emplace().envelope;
  transaction_->custody = mail.custody;
  envelope.reverse_path = std::move(mail.reverse_path);
  envelope.body = mail.body;
  envelope.smtputf8 = mail.smtputf8;
  envelope.dsn_return = mail.dsn_return;
  envelope.envid = std::move(mail.envid);
  envelope.size = mail.size;
  transaction_->octets = octets_of(envelope.reverse_path) + envelope.envid.size();
  return want(Want::mail_verdict);
}

std::optional<Reply> ServerDialogue::refusal_of_rcpt() const {
  if (auto demand = unmet_demand()) return demand;
  if (!transaction_) return bad_sequence("MAIL first");
  if (transaction_->chunked) return bad_sequence("RCPT after BDAT");
  return std::nullopt;
}

Next ServerDialogue::on(command::Rcpt&& rcpt) {
  if (auto refusal = refusal_of_rcpt()) return protest(std::move(*refusal));
  candidate_ = std::move(rcpt.recipient);
  awaited_ = Want::verdict;
  if (transaction_->envelope.recipients.size() >= options_.max_recipients ||
      transaction_->octets + octets_of(*candidate_) > envelope_limit(options_.max_recipients))
    return on_verdict({452, "4.5.3", "Too many recipients"});
  return want(Want::verdict);
}

std::optional<Reply> ServerDialogue::refusal_of_data() const {
  if (auto demand = unmet_demand()) return demand;
  if (!transaction_) return bad_sequence("MAIL first");
  if (transaction_->chunked) return bad_sequence("DATA after BDAT");
  if (transaction_->envelope.recipients.empty()) return Reply(554, "5.5.1", "No valid recipients");
  return std::nullopt;
}

Next ServerDialogue::on(command::Data&&) {
  if (auto refusal = refusal_of_data()) return protest(std::move(*refusal));
  awaited_ = Want::body;
  return {Reply(354, "", "Go ahead, end with <CRLF>.<CRLF>"), Want::body, Flush::now};
}

std::optional<Reply> ServerDialogue::refusal_of_bdat(const command::Bdat& bdat) const {
  if (auto demand = unmet_demand()) return demand;
  if (!options_.offer_chunking || greeted_ != Greeted::ehlo) return bad_sequence("BDAT was not offered");
  if (!transaction_) return bad_sequence("MAIL first");
  if (transaction_->envelope.recipients.empty()) return Reply(554, "5.5.1", "No valid recipients");
  if (bdat.octets > options_.max_message - transaction_->received) return too_big();  // received never exceeds the limit
  return std::nullopt;
}

Next ServerDialogue::on(command::Bdat&& bdat) {
  chunk_refusal_ = refusal_of_bdat(bdat);
  if (chunk_refusal_) {
    if (bdat.octets > drain_limit(options_.max_message) - drained_) return hang_up(std::move(*chunk_refusal_));
    drained_ += bdat.octets;
  }
  chunk_ = {bdat.octets, chunk_refusal_ ? Chunk::Use::drain : Chunk::Use::keep, bdat.last};
  const bool idle = !chunk_refusal_ && bdat.octets == 0 && !bdat.last;
  if (idle && ++idle_commands_ > options_.max_idle_commands) return hang_up({421, "4.7.0", "Too many empty chunks"});
  return want(Want::chunk);
}

Next ServerDialogue::on(command::Rset&&) {
  transaction_.reset();
  return say({250, "2.0.0", "OK"}, Flush::may_wait);
}

Next ServerDialogue::on(command::Noop&&) {
  return say({250, "2.0.0", "OK"});
}

Next ServerDialogue::on(command::Quit&&) {
  return hang_up({221, "2.0.0", options_.hostname + " closing"});
}

// Whether an address exists is told to nobody (RFC 5321 §7.3).
Next ServerDialogue::on(command::Vrfy&&) {
  if (auto demand = unmet_demand()) return protest(std::move(*demand));
  return say({252, "2.0.0", "Cannot verify, but will take a message and try to deliver it"});
}

Next ServerDialogue::on(command::Expn&&) {
  return protest({502, "5.5.1", "EXPN not implemented"});
}

Next ServerDialogue::on(command::Help&&) {
  return say({214, "2.0.0", "See RFC 5321"});
}

std::optional<Reply> ServerDialogue::refusal_of_starttls() const {
  if (tls_) return bad_sequence("TLS is on already");
  if (options_.tls != ServerTls::starttls) return Reply(502, "5.5.1", "STARTTLS not offered");
  if (greeted_ != Greeted::ehlo) return bad_sequence("Say EHLO first");
  return std::nullopt;
}

Next ServerDialogue::on(command::StartTls&&) {
  if (auto refusal = refusal_of_starttls()) return protest(std::move(*refusal));
  awaited_ = Want::tls;
  return {Reply(220, "2.0.0", "Ready to start TLS"), Want::tls, Flush::now};
}

std::optional<Reply> ServerDialogue::refusal_of_auth(const command::Auth& auth) const {
  if (options_.mechanisms.empty()) return Reply(502, "5.5.1", "AUTH not offered");
  if (greeted_ != Greeted::ehlo) return bad_sequence("Say EHLO first");
  if (!tls_) return Reply(538, "5.7.11", "Encryption required for authentication");
  if (user_) return bad_sequence("Authenticated already");
  if (transaction_) return bad_sequence("A transaction is under way");
  if (std::find(options_.mechanisms.begin(), options_.mechanisms.end(), auth.mechanism) == options_.mechanisms.end())
    return Reply(504, "5.5.4", "Authentication mechanism not supported");
  return std::nullopt;
}

Next ServerDialogue::on(command::Auth&& auth) {
  if (auto refusal = refusal_of_auth(auth)) return protest(std::move(*refusal));
  auth_ = AuthRequest{AuthRequest::Kind::start, std::move(auth.mechanism), std::move(auth.initial)};
  return want(Want::auth);
}

}  // namespace understudy::mail::smtp
