/// The server's side of POP3 as a machine that does no I/O: it takes lines and verdicts, and says what it wants next. RFC 1939
/// without APOP, CAPA and response codes (RFC 2449, RFC 3206), STLS (RFC 2595), AUTH (RFC 5034), UTF8 and LANG (RFC 6856).
/// It never sees the octets of a message and never judges a password; it never lets one pass without TLS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/pop3/command.hpp"
#include "mail/pop3/maildrop.hpp"
#include "mail/pop3/options.hpp"
#include "mail/sasl/failure.hpp"

namespace understudy::mail::pop3 {

/// What the driver does next, after it has sent the reply.
enum class Want : std::uint8_t {
  command,   ///< read a line (also of a SASL exchange), on_line()
  login,     ///< judge credentials(), on_login_success() or on_login_failure()
  auth,      ///< hand auth_request() to SASL, then on_auth_challenge(), on_login_success() or on_login_failure()
  maildrop,  ///< lock and list the maildrop of user(), on_maildrop() or on_no_maildrop()
  tls,       ///< make the handshake, see on_tls_started()
  more,      ///< a listing goes on: on_more()
  message,   ///< open message_request(), on_message_open() or on_no_message()
  body,      ///< send message_request() through a MessageEncoder, on_message_sent()
  update,    ///< remove removals() and release the lock, on_updated()
  close,     ///< close the connection, release the lock and remove nothing; nothing else may be called
};

/// Whether a reply may wait in the buffer while more of the client's octets are there to be read (RFC 2449 §6.6).
enum class Flush : std::uint8_t { now, may_wait };

struct Next {
  std::string reply;  ///< octets to send, with CRLF; empty: nothing
  Want want = Want::command;
  Flush flush = Flush::now;
};

struct Credentials {
  std::string user;  ///< as the client wrote it: data, to be checked
  std::string password;
};

struct AuthRequest {
  enum class Kind : std::uint8_t { start, step };
  Kind kind = Kind::start;
  std::string mechanism;                ///< one of ServerOptions::mechanisms
  std::optional<std::string> response;  ///< as received; at the start it may be missing, or "=" for an empty one
};

struct MessageRequest {
  std::uint64_t number = 0;            ///< index + 1 into what on_maildrop() was given
  std::optional<std::uint64_t> lines;  ///< of TOP, for the MessageEncoder
};

/// Why a maildrop or a message cannot be had.
enum class Trouble : std::uint8_t {
  in_use,     ///< another session has the lock: [IN-USE]
  temporary,  ///< [SYS/TEMP]
  permanent,  ///< [SYS/PERM]: somebody has to do something about it
  gone,       ///< another session has removed the message since it was listed: no code, nothing is wrong
};

/// Octets that came in clear text behind STLS: what stands in the driver's buffer before the handshake begins.
enum class Leftover : std::uint8_t { none, plaintext };

/// Whether all of removals() are gone.
enum class Updated : std::uint8_t { all, not_all };

class ServerDialogue {  // one per connection, one thread; a call that was not wanted is a bug and throws std::logic_error
 public:
  explicit ServerDialogue(ServerOptions options);

  Next greet();  ///< first, once

  /// A line without its CRLF. Lines end at CRLF only. Of a line longer than line_limit() hand over the first line_limit() + 1
  /// octets and drop the rest.
  Next on_line(std::string_view line);
  std::size_t line_limit() const;  ///< changes during a SASL exchange

  Next on_auth_challenge(std::string base64);
  /// `user`: whose maildrop it is.
  Next on_login_success(std::string user);
  /// rejected and the client's own faults count; unavailable does not, and says [SYS/TEMP].
  Next on_login_failure(sasl::Failure why);
  /// The password was right, and the login is of a kind that is not served here; counts. `why`: on one line.
  Next on_login_forbidden(std::string_view why);

  /// The lock is held from here to Want::update or Want::close. An entry whose is_uidl() is false is a bug.
  enum class Removing : std::uint8_t { allowed, refused };
  /// What is offered from now on: ServerOptions::mechanisms, once it is known what the connection can do.
  void offer(std::vector<std::string> mechanisms) { options_.mechanisms = std::move(mechanisms); }
  Next on_maildrop(std::vector<Entry> entries, Removing removing = Removing::allowed);
  /// The login was right, but there is no session: back to the start.
  Next on_no_maildrop(Trouble why);

  Next on_more();

  Next on_message_open();
  Next on_no_message(Trouble why);
  Next on_message_sent();

  Next on_updated(Updated result);

  /// Before the handshake, where anything is left in the input buffer: Leftover::plaintext, and the connection is closed
  /// without a word, since those octets may be somebody else's (RFC 2595 §2.4, §4). Else after the handshake: what was said
  /// before is forgotten. Where the handshake fails the driver just closes.
  Next on_tls_started(Leftover leftover);

  /// Instead of any line. Nothing is said after a time-out (RFC 1939 §3); nothing is removed.
  Next on_timeout();
  Next on_shutdown();  ///< likewise; -ERR [SYS/TEMP]

  const Credentials& credentials() const;         ///< at Want::login
  const AuthRequest& auth_request() const;        ///< at Want::auth
  const MessageRequest& message_request() const;  ///< at Want::message and Want::body
  std::vector<std::uint64_t> removals() const;    ///< at Want::update: message numbers, in order

  const std::optional<std::string>& user() const { return user_; }  ///< from Want::maildrop on
  bool tls() const { return tls_; }
  bool utf8() const { return utf8_; }  ///< the client asked for messages with UTF-8 in their headers (RFC 6856 §2)
  bool in_exchange() const { return auth_.has_value(); }  ///< the next line is of SASL, and may be a password
  bool in_transaction() const { return drop_.has_value(); }
  /// At Want::close, where it is for what the client did, or did not do: why. Else empty.
  std::string_view thrown_out_for() const { return thrown_out_for_; }
  const ServerOptions& options() const { return options_; }

 private:
  struct Listing {
    enum class Kind : std::uint8_t { sizes, uidls } kind;
    std::uint64_t next;
  };

  Next on(command::User&& user);
  Next on(command::Pass&& pass);
  Next on(command::Stat&&);
  Next on(command::List&& list);
  Next on(command::Retr&& retr);
  Next on(command::Dele&& dele);
  Next on(command::Noop&&);
  Next on(command::Rset&&);
  Next on(command::Quit&&);
  Next on(command::Top&& top);
  Next on(command::Uidl&& uidl);
  Next on(command::Capa&&);
  Next on(command::Stls&&);
  Next on(command::Auth&& auth);
  Next on(command::Utf8&&);
  Next on(command::Lang&& lang);

  Next on_auth_line(std::string_view line);
  Next list(Listing::Kind kind, std::optional<std::uint64_t> number);
  Next open(std::uint64_t number, std::optional<std::uint64_t> lines);
  Next go_on_listing(std::string reply);
  std::string listed(Listing::Kind kind, std::uint64_t number) const;
  std::string capabilities() const;
  bool offers_stls() const { return options_.tls == ServerTls::stls && !tls_; }

  Next ok(std::string_view text, Flush flush = Flush::may_wait);
  Next err(std::string_view text);  // an answer, no fault of the client
  Next refuse_login(std::string_view text, unsigned failures);
  Next protest(std::string_view text);  // for a command that was wrong
  Next hang_up(std::string reply);
  Next throw_out(std::string reply, std::string_view why);  // `why` lives as long as the program
  Next want(Want what, std::string reply = {});
  void expect(Want what) const;

  ServerOptions options_;
  std::optional<Want> awaited_;  // none before greet()
  bool tls_ = false;
  bool utf8_ = false;
  std::optional<std::string> name_;  // of USER; PASS must follow at once
  std::optional<std::string> user_;
  std::optional<Credentials> credentials_;
  std::optional<AuthRequest> auth_;
  std::optional<Maildrop> drop_;  // the transaction state
  std::optional<Listing> listing_;
  MessageRequest request_;
  std::size_t errors_ = 0;
  Removing removing_ = Removing::allowed;
  std::size_t login_failures_ = 0;
  std::string_view thrown_out_for_;
};

}  // namespace understudy::mail::pop3
