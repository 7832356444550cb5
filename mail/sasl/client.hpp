/// The client's side of SASL, towards a smarthost: SCRAM-SHA-256 with and without channel binding (RFC 5802, RFC 7677), PLAIN
/// (RFC 4616), LOGIN. Never decides whether the connection may be trusted with a password: its caller sees to TLS first.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "mail/sasl/channel_binding.hpp"

namespace understudy::mail::sasl {

class Scram;

struct Login {
  std::string user;
  std::string password;
  ChannelBinding binding;
};

/// The strongest of what the server offers (upper or lower case), empty: none of ours.
std::string choose_mechanism(const std::vector<std::string>& offered, const Login& login);

class ClientSession {  // one exchange, one thread; SCRAM hashes for milliseconds
 public:
  /// `mechanism` from choose_mechanism().
  ClientSession(std::string mechanism, Login login);
  ~ClientSession();

  /// The initial response in base64; nullopt where the server speaks first. errc::unsupported, errc::malformed (a NUL in the
  /// user or the password).
  base::Result<std::optional<std::string>> start();

  /// The answer, in base64, to a challenge in base64. errc::malformed; errc::refused where the server could not prove that it
  /// knows the password's verifier. After a failure: cancel, and believe nothing that follows.
  base::Result<std::string> respond(std::string_view challenge);

  /// Nothing more is to be said, and the server has proved all that the mechanism lets it prove. A success that the server
  /// claims before is none.
  bool complete() const { return complete_; }

 private:
  base::Result<std::string> step_scram(std::string_view challenge);

  std::string mechanism_;
  Login login_;
  std::unique_ptr<Scram> scram_;
  std::uint8_t asked_ = 0;  // LOGIN: questions answered
  bool complete_ = false;
};

}  // namespace understudy::mail::sasl
