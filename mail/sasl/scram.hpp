/// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677) by GNU SASL, either side. For server.cpp and client.cpp.
/// Speaks in octets; base64 is its callers' matter.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mail/sasl/channel_binding.hpp"
#include "mail/sasl/failure.hpp"
#include "mail/sasl/verifier.hpp"

namespace understudy::mail::sasl {

class Scram {  // one exchange, one thread
 public:
  /// Must answer for every user, known or not: only the proof at the end may tell them apart.
  /// `identity`: the authorization identity that was asked for; empty: the user.
  using Find = std::function<Verifier(std::string_view user, std::string_view identity)>;

  /// None where GNU SASL does not have the mechanism or the binding does not fit it.
  static std::unique_ptr<Scram> server(std::string_view mechanism, const ChannelBinding& binding, Find find);
  static std::unique_ptr<Scram> client(std::string_view mechanism, const ChannelBinding& binding, const std::string& user,
                                       const std::string& password);
  ~Scram();

  struct Turn {
    enum class State { more, done, failed } state = State::failed;
    Failure why = Failure::malformed;
    std::string output;
  };
  Turn step(std::string_view input);

 private:
  struct Impl;
  explicit Scram(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace understudy::mail::sasl
