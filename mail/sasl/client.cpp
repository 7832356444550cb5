#include "mail/sasl/client.hpp"

#include <algorithm>
#include <array>

#include "base/codec.hpp"
#include "base/text.hpp"
#include "mail/sasl/scram.hpp"

namespace understudy::mail::sasl {
namespace {

constexpr std::size_t max_challenge = 12288;

bool has_nul(std::string_view text) {
  return text.find('\0') != text.npos;
}

}  // namespace

std::string choose_mechanism(const std::vector<std::string>& offered, const Login& login) {
  const bool bound = login.binding.kind != ChannelBinding::Kind::none;
  for (const auto* name : {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN"}) {
    if (!bound && std::string_view(name).ends_with("-PLUS")) continue;
    if (std::any_of(offered.begin(), offered.end(), [&](const auto& o) { return base::iequals(o, name); })) return name;
  }
  return {};
}

ClientSession::ClientSession(std::string mechanism, Login login) : mechanism_(std::move(mechanism)), login_(std::move(login)) {}
ClientSession::~ClientSession() = default;

base::Result<std::optional<std::string>> ClientSession::start() {
  if (has_nul(login_.user) || has_nul(login_.password)) return base::fail("sasl: user or password", base::errc::malformed);
  if (mechanism_ == "PLAIN") {
    complete_ = true;
    std::string message;
    message.append(1, '\0').append(login_.user).append(1, '\0').append(login_.password);
    return std::optional(base::to_base64(message));
  }
  if (mechanism_ == "LOGIN") return std::optional<std::string>();
  if (mechanism_.starts_with("SCRAM-SHA-256")) scram_ = Scram::client(mechanism_, login_.binding, login_.user, login_.password);
  if (!scram_) return base::fail("sasl: " + mechanism_, base::errc::unsupported);
  auto first = step_scram({});
  if (!first) return base::fail("sasl", first.error());
  return std::optional(std::move(*first));
}

base::Result<std::string> ClientSession::respond(std::string_view challenge) {
  const auto octets = challenge.size() > max_challenge ? std::nullopt : base::from_base64(challenge);
  if (mechanism_ == "LOGIN" && asked_ < 2) {  // whatever the two questions are called, they come in this order
    complete_ = ++asked_ == 2;
    return base::to_base64(complete_ ? login_.password : login_.user);
  }
  if (!octets || !scram_ || complete_) return base::fail("sasl: challenge", base::errc::malformed);
  return step_scram(*octets);
}

base::Result<std::string> ClientSession::step_scram(std::string_view challenge) {
  auto turn = scram_->step(challenge);
  if (turn.state == Scram::Turn::State::failed)
    return base::fail("sasl: " + mechanism_, turn.why == Failure::malformed ? base::errc::malformed : base::errc::refused);
  complete_ = turn.state == Scram::Turn::State::done;
  return base::to_base64(turn.output);
}

}  // namespace understudy::mail::sasl
