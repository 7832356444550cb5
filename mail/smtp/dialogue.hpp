/// The server's side of SMTP as a machine that does no I/O: it takes lines and verdicts, and says what it wants next.
/// RFC 5321 and RFC 6409 with PIPELINING (2920), SIZE (1870), 8BITMIME (6152), SMTPUTF8 (6531), DSN (3461), CHUNKING (3030),
/// ENHANCEDSTATUSCODES (2034), STARTTLS (3207), AUTH (4954) and our own XCUSTODY. It never decides who may send what to whom:
/// the driver asks the policy and hands over the verdict. It never sees the octets of a message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mail/sasl/failure.hpp"
#include "mail/smtp/command.hpp"
#include "mail/smtp/options.hpp"
#include "mail/smtp/reply.hpp"

namespace understudy::mail::smtp {

/// What the driver does next, after it has sent the reply.
enum class Want : std::uint8_t {
  command,         ///< read a line (also of a SASL exchange), on_line()
  mail_verdict,    ///< ask the policy about envelope().reverse_path, on_mail_verdict()
  verdict,         ///< ask the policy about forward_path(), on_verdict()
  body,            ///< read DATA to its end, commit, on_kept()
  chunk,           ///< read or drain the octets of chunk(), on_chunk() or on_chunk_failed()
  end_of_message,  ///< the last chunk is there: commit, on_kept()
  auth,            ///< hand auth_request() to SASL, then one of on_auth_...()
  tls,             ///< make the handshake, see on_tls_started()
  close,           ///< close the connection; nothing else may be called
};

/// Whether a reply may wait in the buffer while more of the client's octets are there to be read (RFC 2920 §3.2).
enum class Flush : std::uint8_t { now, may_wait };

struct Next {
  std::optional<Reply> reply;
  Want want = Want::command;
  Flush flush = Flush::now;
};

/// Octets that follow a BDAT command. They are on their way whatever we think of them, and are read past where they are
/// refused; where that would be more than drain_limit() the connection is closed instead.
struct Chunk {
  enum class Use : std::uint8_t { keep, drain };
  std::uint64_t octets = 0;
  Use use = Use::keep;
  bool last = false;
};

struct AuthRequest {
  enum class Kind : std::uint8_t { start, step };
  Kind kind = Kind::start;
  std::string mechanism;                ///< one of ServerOptions::mechanisms
  std::optional<std::string> response;  ///< as received; at the start it may be missing, or "=" for an empty one
};

/// Octets that came in clear text behind STARTTLS: what stands in the driver's buffer before the handshake begins.
enum class Leftover : std::uint8_t { none, plaintext };

/// What MAIL begins; RSET and its kin replace it.
struct Transaction {
  Envelope envelope;
  std::optional<Custody> custody;
  std::size_t octets = 0;      ///< of paths and parameters, see envelope_limit()
  bool chunked = false;        ///< a BDAT was accepted: nothing but BDAT may follow
  std::uint64_t received = 0;  ///< octets of the chunks so far
};

class ServerDialogue {  // one per connection, one thread; a call that was not wanted is a bug and throws std::logic_error
 public:
  explicit ServerDialogue(ServerOptions options);

  Next greet();  ///< first, once
  /// Who the client is found to be, from now on; a stranger before.
  void set_peer(Peer peer) { peer_ = peer; }
  /// From now on; nobody is offered it before.
  void offer_custody(OfferCustody offer) { offer_custody_ = offer; }

  /// A line without its CRLF. Lines end at CRLF only. Of a line longer than line_limit() hand over the first line_limit() + 1
  /// octets and drop the rest.
  Next on_line(std::string_view line);
  std::size_t line_limit() const;

  /// The policy's answers; 2xx means yes. Here as in every reply handed in: 421 also closes the connection.
  Next on_mail_verdict(Reply verdict);
  Next on_verdict(Reply verdict);

  /// The end of a message, by DATA or BDAT: 250 only when it is safe. Ends the transaction either way.
  Next on_kept(Reply reply);

  /// Instead of on_kept(): more came by DATA than drain_limit(). 552, and the connection is closed.
  Next on_endless();

  Next on_chunk();                      ///< all octets of chunk() have been read
  Next on_chunk_failed(Reply refusal);  ///< they have been read too, but could not be kept; ends the transaction

  Next on_auth_challenge(std::string base64);
  Next on_auth_success(std::string user);
  Next on_auth_failure(sasl::Failure why);

  /// Before the handshake, where anything is left in the input buffer: Leftover::plaintext, and the connection is closed
  /// without a word, since those octets may be somebody else's (RFC 3207 §6). Else after the handshake: all state is forgotten.
  /// Where the handshake fails the driver just closes.
  Next on_tls_started(Leftover leftover);

  Next on_timeout();   ///< instead of any line; 421 4.4.2
  Next on_shutdown();  ///< 421 4.3.2
  Next on_crowded();   ///< likewise; the place is needed for another client

  const Envelope& envelope() const;               ///< of the transaction; from Want::mail_verdict to on_kept()
  const std::optional<Custody>& custody() const;  ///< likewise: what the client says of the octets, still to be compared
  const Recipient& forward_path() const;          ///< at Want::verdict
  const Chunk& chunk() const;                     ///< at Want::chunk
  const AuthRequest& auth_request() const;        ///< at Want::auth

  const std::string& hello() const { return hello_; }  ///< what EHLO or HELO said: a claim; empty before
  const std::optional<std::string>& user() const { return user_; }
  bool tls() const { return tls_; }
  bool in_transaction() const { return transaction_.has_value(); }
  bool in_exchange() const { return auth_.has_value(); }  ///< the next line is of SASL, and may be a password
  /// A part of a message is here, and the next command should bring more of it.
  bool between_chunks() const { return transaction_ && transaction_->chunked; }
  std::string_view protocol() const;  ///< for "with" in Received: RFC 3848, RFC 6531 §4.3
  const ServerOptions& options() const { return options_; }

 private:
  enum class Greeted : std::uint8_t { no, helo, ehlo };

  Next on(command::Ehlo&& ehlo);
  Next on(command::Helo&& helo);
  Next on(command::Mail&& mail);
  Next on(command::Rcpt&& rcpt);
  Next on(command::Data&&);
  Next on(command::Bdat&& bdat);
  Next on(command::Rset&&);
  Next on(command::Noop&&);
  Next on(command::Quit&&);
  Next on(command::Vrfy&&);
  Next on(command::Expn&&);
  Next on(command::Help&&);
  Next on(command::StartTls&&);
  Next on(command::Auth&& auth);

  Next on_auth_line(std::string_view line);
  std::optional<Reply> refusal_of_mail(const command::Mail& mail) const;
  std::optional<Reply> refusal_of_rcpt() const;
  std::optional<Reply> refusal_of_data() const;
  std::optional<Reply> refusal_of_bdat(const command::Bdat& bdat) const;
  std::optional<Reply> refusal_of_auth(const command::Auth& auth) const;
  std::optional<Reply> refusal_of_starttls() const;
  std::optional<Reply> unmet_demand() const;

  bool offers_dsn() const;
  ParseContext parse_context() const;
  std::vector<std::string> extensions() const;
  void greeted(Greeted how, std::string name);
  Next say(Reply reply, Flush flush = Flush::now);  // and read the next command
  Next protest(Reply reply);                        // the same, for a command that was wrong
  Next hang_up(Reply reply);
  Next want(Want what);  // without a reply
  void expect(Want what) const;

  ServerOptions options_;
  std::optional<Want> awaited_;  // none before greet()
  Greeted greeted_ = Greeted::no;
  std::string hello_;
  bool tls_ = false;
  Peer peer_ = Peer::stranger;
  OfferCustody offer_custody_ = OfferCustody::no;
  std::optional<std::string> user_;
  std::optional<Transaction> transaction_;
  std::optional<Recipient> candidate_;  // at Want::verdict
  Chunk chunk_;
  std::optional<Reply> chunk_refusal_;  // said once the chunk is drained
  std::uint64_t drained_ = 0;           // octets of refused chunks, in this connection
  std::optional<AuthRequest> auth_;     // during an exchange

  std::size_t errors_ = 0;
  std::size_t idle_commands_ = 0;
  std::size_t refused_recipients_ = 0;
  std::size_t auth_failures_ = 0;
};

}  // namespace understudy::mail::smtp
