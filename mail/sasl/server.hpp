/// The server's side of SASL (RFC 4422) for SMTP, IMAP and POP3: EXTERNAL (appendix A), PLAIN (RFC 4616), LOGIN (what old
/// clients speak), SCRAM-SHA-256 and, where a channel binding is given, SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677). Never knows a
/// password, never says whether a user exists: not by a reply, a salt, or the time it takes. Whether TLS is on, how often one
/// may try, and how long one waits after a failure are the protocols' and their drivers' matter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "mail/sasl/channel_binding.hpp"
#include "mail/sasl/failure.hpp"
#include "mail/sasl/verifier.hpp"

namespace understudy::mail::sasl {

class Scram;

class Credentials {
 public:
  virtual ~Credentials() = default;
  /// Of a user who may log in. Should take as long for one who may not. Called on the thread of the session.
  virtual std::optional<Verifier> find(std::string_view user) = 0;
  /// Whether this user has to wait, after too many failures. Then no password is hashed, and the exchange fails as
  /// Failure::unavailable, whoever he is; a salt that is asked for stays what it was.
  virtual bool must_wait(std::string_view) { return false; }
  /// One name for all the ways to write a user's, whether he exists or not: a salt is made from it where he does not.
  virtual std::string canonical(std::string_view user) const { return base::to_lower(user); }
  /// The one name of `user` where he acts for another, whose name is `identity` (RFC 4422 §3.4.1): all the others are asked
  /// with it, and a success tells of it. nullopt: nobody acts for others here. By the names alone, whoever exists.
  virtual std::optional<std::string> acting_for(std::string_view, std::string_view) const { return std::nullopt; }
};

struct ServerOptions {
  /// Secret and the same for years: makes the salts of users that do not exist (RFC 5802 §9), which must not change.
  std::string unknown_user_key;
  unsigned iterations = default_iterations;  ///< that most accounts have: what an unknown user appears to have
  ChannelBinding binding;
  /// User names that the client has shown to be his by other means (RFC 4422 appendix A): a certificate, say. Empty: EXTERNAL
  /// is not offered.
  std::vector<std::string> external = {};
  std::size_t max_token = 12288;  ///< octets in base64
};

struct Step {
  enum class State : std::uint8_t { challenge, success, failure };
  State state = State::failure;
  std::string challenge;  ///< base64, may be empty
  std::string user;       ///< as the client wrote it; after success, and after Failure::rejected where it named one
  Failure failure = Failure::rejected;
};

/// What ServerSession takes, strongest first.
std::vector<std::string> server_mechanisms(const ServerOptions& options);

class ServerSession {  // one exchange, one thread at a time
 public:
  ServerSession(Credentials& credentials, ServerOptions options);
  ~ServerSession();

  /// `initial`: base64, "=" for an empty response, nullopt for none. First, once.
  Step start(std::string_view mechanism, std::optional<std::string_view> initial);
  /// A token of this mechanism may bring a password, whose hash takes milliseconds: not for a thread that serves others.
  static bool hashes(std::string_view mechanism) { return mechanism == "PLAIN" || mechanism == "LOGIN"; }
  /// The client's answer to the last challenge: base64, or "*" to give up.
  Step step(std::string_view token);

 private:
  enum class Stage : std::uint8_t { external, plain, login_user, login_password, scram, scram_confirm, over };

  Step take(std::string_view octets);
  Step take_external(std::string_view identity);
  Step take_plain(std::string_view message);
  Step take_scram(std::string_view message);
  Step judge(std::string_view user, std::string_view password);
  std::optional<std::string> named(std::string_view user, std::string_view identity) const;
  Step challenge(std::string_view octets);
  Step fail(Failure why);
  Step succeed(std::string user);
  Verifier verifier_of_nobody(std::string_view user) const;

  Credentials& credentials_;
  ServerOptions options_;
  Stage stage_ = Stage::over;
  std::string user_;  // as the client wrote it, once it has
  std::unique_ptr<Scram> scram_;
  bool known_ = false;  // SCRAM: the user exists; without it even a right proof would not do
  bool must_wait_ = false;
};

}  // namespace understudy::mail::sasl
