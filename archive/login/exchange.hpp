/// One SASL exchange of one connection, whatever its protocol (RFC 4422): passwords are hashed by the workers, failures are
/// counted, and whoever guesses hears of a refusal at the same time after his question, whatever was found out on the way.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "archive/login/credentials.hpp"
#include "base/clock.hpp"
#include "base/net/link.hpp"
#include "base/net/timers.hpp"
#include "base/net/workers.hpp"
#include "mail/sasl/server.hpp"

namespace understudy::archive::login {

/// What SCRAM-SHA-256-PLUS binds a login to (RFC 9266); of kind none where the connection offers nothing.
mail::sasl::ChannelBinding channel_binding(const net::Link& link);

/// One exchange, on the connection's executor. References in the parts outlive it.
class Exchange {
 public:
  static constexpr std::chrono::milliseconds answer_to_refusal = std::chrono::seconds(2);

  struct Parts {
    Credentials::Parts who;
    mail::sasl::ServerOptions options;
    net::Workers& workers;
    const base::Clock& clock;
    net::Timers& timers;
    boost::asio::any_io_executor executor;
  };
  explicit Exchange(Parts parts);
  ~Exchange();

  struct Outcome {
    mail::sasl::Step::State state = mail::sasl::Step::State::failure;
    std::string challenge;         ///< base64, where state is challenge
    routing::AccountName account;  ///< where state is success; with an auditor: that he names, empty where there is none
    /// Where an operator opens an account: after success, and after a failure where the name says so, whoever is known.
    std::optional<AuditorName> auditor;
    std::string user;               ///< as the client wrote it, where he has come so far
    mail::sasl::Failure failure{};  ///< where state is failure
    bool overload = false;          ///< the workers had too much to do: failure is `unavailable`
  };
  /// First, once. `initial`: as mail::sasl::ServerSession::start().
  net::Task<Outcome> start(std::string mechanism, std::optional<std::string> initial);
  /// The client's answer to the last challenge.
  net::Task<Outcome> step(std::string token);
  const std::string& mechanism() const { return mechanism_; }

 private:
  struct State;  // held by the worker too
  template <class Work>
  net::Task<Outcome> run(Work work);

  std::shared_ptr<State> state_;
  net::Workers& workers_;
  const base::Clock& clock_;
  net::Timers& timers_;
  boost::asio::any_io_executor executor_;
  std::string mechanism_;
};

}  // namespace understudy::archive::login
