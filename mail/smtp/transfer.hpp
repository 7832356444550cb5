/// One transaction of the client's side: MAIL, RCPT, DATA or BDAT, and what became of each recipient. RFC 5321 §3.3, pipelined
/// by RFC 2920, with SIZE (1870), 8BITMIME (6152), SMTPUTF8 (6531), DSN (3461), CHUNKING (3030) and our own XCUSTODY where they
/// are offered.
/// Never does I/O, never touches the message. What the next hop cannot carry unchanged is refused here, before MAIL.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "mail/smtp/capabilities.hpp"
#include "mail/smtp/custody.hpp"
#include "mail/smtp/envelope.hpp"
#include "mail/smtp/octet_check.hpp"
#include "mail/smtp/reply.hpp"

namespace understudy::mail::smtp {

/// What the driver does after it has sent Step::send.
enum class ClientWant : std::uint8_t {
  reply,  ///< read a line, on_line()
  tls,    ///< make the handshake, see on_tls_started()
  auth,   ///< ask SASL: on_auth_start(), later on_auth_response(), or on_auth_given_up()
  body,   ///< send the message through BodyEncoder with its end, on_body_sent()
  chunk,  ///< send the octets of the message as they are, on_body_sent()
  ready,  ///< begin() a transaction, or quit(); after a transaction results() is complete
  close,  ///< close; failure() says whether something went wrong
};

struct Step {
  std::string send;  ///< whole command lines, or empty
  ClientWant want = ClientWant::reply;
};

/// How far a session had come when a reply (or a failure) arrived.
enum class Phase : std::uint8_t {
  local,  ///< refused by ourselves; nothing of it was sent
  greeting,
  hello,
  starttls,
  auth,
  mail,
  rcpt,
  data,
  body,  ///< from the first octet of the message to the last reply; without that reply nobody knows whether it was taken
  quit,
};

/// What the octets to be sent ask of the next hop.
struct MessageShape {
  std::uint64_t octets = 0;
  bool eight_bit = false;
  bool needs_chunking = false;  ///< bare CR, bare LF or NUL
  bool ends_in_crlf = true;     ///< else DATA would add one
  bool utf8_headers = false;    ///< RFC 6532: only for next hops with SMTPUTF8
  /// Under which number they go, with their digest: said where the next hop wants to hear it.
  std::optional<Custody> custody;

  static MessageShape of(const OctetFacts& facts) {
    return {facts.octets, facts.has_8bit, facts.needs_chunking(), facts.ends_in_crlf, false};
  }
};

struct RecipientResult {
  Reply reply;  ///< the next hop's, or one of ours
  Phase phase = Phase::local;
};

class Transfer {  // one transaction, one thread
 public:
  /// `max_pipelined`: commands that may be on the way; without PIPELINING it is one.
  Transfer(const Capabilities& capabilities, Envelope envelope, const MessageShape& shape, std::size_t max_pipelined);

  Step start();
  Step on_reply(const Reply& reply);
  Step on_body_sent();
  /// The session has ended: recipients without a result get this one.
  void fail_rest(const Reply& reply);

  Phase phase() const;
  /// In the order of the envelope's recipients; complete once a step wants `ready` or `close`.
  std::vector<RecipientResult> results() const;
  /// Does MAIL name the number of the message? Else nobody will give a receipt for it.
  bool says_custody() const;

 private:
  enum class Expected : std::uint8_t { mail, rcpt, data, final, empty_final, rset };

  std::optional<Reply> refusal_of_message() const;
  std::optional<Reply> refusal_of(const Recipient& recipient) const;
  Step advance();
  Step send_group();
  Step end();
  Step on_data(const Reply& reply);
  void settle_accepted(const Reply& reply, Phase phase);
  void settle_rest(const Reply& reply, Phase phase);
  std::string mail_line() const;
  std::string rcpt_line(const Recipient& recipient) const;
  bool all_named() const { return next_ == to_name_.size(); }

  Capabilities capabilities_;
  Envelope envelope_;
  MessageShape shape_;
  std::size_t window_;
  bool smtputf8_ = false;  // said in MAIL
  bool chunked_ = false;   // BDAT, not DATA

  std::vector<std::optional<RecipientResult>> results_;
  std::vector<std::size_t> to_name_;   // recipients that are not refused here
  std::size_t next_ = 0;               // of to_name_: the first that RCPT was not sent for
  std::deque<std::size_t> named_;      // RCPT is on the way
  std::vector<std::size_t> accepted_;  // and not settled
  std::deque<Expected> expected_;      // replies that are to come, in this order
  bool mail_sent_ = false, mail_accepted_ = false;
  bool in_body_ = false;
};

}  // namespace understudy::mail::smtp
