/// The client's side of SMTP towards one next hop, as a machine that does no I/O: from the greeting through EHLO, STARTTLS and
/// AUTH to any number of transactions. RFC 5321, RFC 3207, RFC 4954; a transaction is in transfer.hpp.
/// Never decides where mail goes, which certificate is good, or what a refusal means for the queue.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/smtp/capabilities.hpp"
#include "mail/smtp/dialogue.hpp"
#include "mail/smtp/options.hpp"
#include "mail/smtp/reply_parser.hpp"
#include "mail/smtp/transfer.hpp"

namespace understudy::mail::smtp {

/// Why a session ended before its time. What was under way has the same reply in its results.
struct SessionFailure {
  Reply reply;  ///< the next hop's, or a transient one of ours
  Phase phase = Phase::greeting;
};

/// Whether SASL has said all and the server has proved all that the mechanism lets it prove.
enum class AuthState : std::uint8_t { going_on, complete };

class ClientDialogue {  // one per connection, one thread; a call that was not wanted is a bug and throws std::logic_error
 public:
  /// Throws std::invalid_argument for a host name that cannot be said in EHLO: the configuration is checked before.
  explicit ClientDialogue(ClientOptions options);

  Step start();  ///< first, once: waits for the greeting

  /// One line of a reply, without its line end; at most ReplyParser::max_line octets. 421 at any time ends the session.
  Step on_line(std::string_view line);

  /// Before the handshake, where anything is left in the input buffer: Leftover::plaintext, and the session fails, since
  /// somebody may have put it there (RFC 3207 §6). Else after the handshake: all that was said before is forgotten.
  Step on_tls_started(Leftover leftover);

  /// At ClientWant::auth, first: the mechanism, chosen from capabilities().auth, with its initial response in base64.
  Step on_auth_start(const std::string& mechanism, const std::optional<std::string>& initial, AuthState state);
  /// Then: the answer to challenge(), in base64.
  Step on_auth_response(const std::string& base64, AuthState state);
  Step on_auth_given_up();  ///< no mechanism fits, or SASL failed
  const std::string& challenge() const { return challenge_; }

  /// At ClientWant::ready: the next transaction. With at least one recipient.
  Step begin(Envelope envelope, const MessageShape& shape);
  Step on_body_sent();
  /// The message could not be read or encoded to its end: the connection must be cut, for DATA cannot be taken back.
  Step on_body_failed(const Reply& ours) { return fail(ours); }
  std::vector<RecipientResult> results() const;  ///< of the last transaction, in the order of its recipients
  /// Was the number of the last transaction's message said?
  bool said_custody() const { return transfer_ && transfer_->says_custody(); }

  Step quit();
  /// The connection was lost, or a wait took too long, or the handshake failed: `ours` is what the queue is told.
  Step on_lost(const Reply& ours) { return fail(ours); }

  const std::optional<SessionFailure>& failure() const { return failure_; }
  const Capabilities& capabilities() const { return capabilities_; }
  bool tls() const { return tls_; }
  bool in_reply() const { return parser_.in_reply(); }  ///< a reply has begun, and its last line is to come
  Phase phase() const;

 private:
  enum class At : std::uint8_t { fresh, greeting, ehlo, helo, starttls, handshake, auth, ready, transfer, quit, closed };

  Step on_reply(const Reply& reply);
  Step on_hello(const Reply& reply);
  Step on_starttls(const Reply& reply);
  Step on_auth_reply(const Reply& reply);
  Step greet(At how);
  Step authenticate_or_ready();
  Step follow(Step step);
  Step fail(const Reply& reply);
  Step leave(const Reply& reply);
  void expect(At at) const;

  ClientOptions options_;
  ReplyParser parser_;
  At at_ = At::fresh;
  bool tls_ = false;
  AuthState auth_state_ = AuthState::going_on;
  std::string challenge_;
  Capabilities capabilities_;
  std::optional<Transfer> transfer_;
  std::optional<SessionFailure> failure_;
};

}  // namespace understudy::mail::smtp
