#include "mail/sasl/server.hpp"

#include <algorithm>

#include "base/codec.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "mail/sasl/scram.hpp"

namespace understudy::mail::sasl {
namespace {

constexpr std::size_t max_user = 320;

// User names reach look-ups and logs: what cannot be one is never looked up.
bool is_user_name(std::string_view user) {
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  return !user.empty() && user.size() <= max_user && base::is_utf8(user) && std::none_of(user.begin(), user.end(), control);
}

}  // namespace

std::vector<std::string> server_mechanisms(const ServerOptions& options) {
  std::vector<std::string> names{"SCRAM-SHA-256", "PLAIN", "LOGIN"};
  if (options.binding.kind != ChannelBinding::Kind::none) names.insert(names.begin(), "SCRAM-SHA-256-PLUS");
  if (!options.external.empty()) names.insert(names.begin(), "EXTERNAL");
  return names;
}

ServerSession::ServerSession(Credentials& credentials, ServerOptions options)
    : credentials_(credentials), options_(std::move(options)) {}
ServerSession::~ServerSession() = default;

Step ServerSession::start(std::string_view mechanism, std::optional<std::string_view> initial) {
  const auto names = server_mechanisms(options_);
  if (std::find(names.begin(), names.end(), mechanism) == names.end()) return fail(Failure::unsupported);
  if (mechanism == "EXTERNAL") {
    stage_ = Stage::external;
  } else if (mechanism == "PLAIN") {
    stage_ = Stage::plain;
  } else if (mechanism == "LOGIN") {
    stage_ = Stage::login_user;
  } else {
    scram_ = Scram::server(mechanism, options_.binding, [this](std::string_view user, std::string_view identity) {
      const auto name = named(user, identity);
      user_ = name.value_or(std::string(user));
      must_wait_ = is_user_name(user_) && credentials_.must_wait(user_);
      auto found = is_user_name(user_) ? credentials_.find(user_) : std::nullopt;
      known_ = found.has_value() && name.has_value();
      return found ? *found : verifier_of_nobody(user_);
    });
    if (!scram_) return fail(Failure::unavailable);
    stage_ = Stage::scram;
  }
  if (initial) return *initial == "=" ? take({}) : step(*initial);
  return challenge(stage_ == Stage::login_user ? "Username:" : "");
}

Step ServerSession::step(std::string_view token) {
  if (token == "*") return fail(Failure::cancelled);
  if (token.size() > options_.max_token) return fail(Failure::too_long);
  const auto octets = base::from_base64(token);
  if (!octets) return fail(Failure::malformed);
  return take(*octets);
}

Step ServerSession::take(std::string_view octets) {
  switch (stage_) {
    case Stage::external:
      return take_external(octets);
    case Stage::plain:
      return take_plain(octets);
    case Stage::login_user:
      user_ = octets;
      stage_ = Stage::login_password;
      return challenge("Password:");
    case Stage::login_password:
      return judge(user_, octets);
    case Stage::scram:
      return take_scram(octets);
    case Stage::scram_confirm:
      return octets.empty() ? succeed(user_) : fail(Failure::malformed);
    case Stage::over:
      break;
  }
  return fail(Failure::malformed);
}

/// Who has shown several names says which; who says one has shown it. Nobody acts for another by it.
Step ServerSession::take_external(std::string_view identity) {
  user_ = options_.external.front();
  if (identity.empty() && options_.external.size() > 1) return fail(Failure::rejected);
  if (!identity.empty() && !is_user_name(identity)) return fail(Failure::rejected);
  for (const auto& name : options_.external) {
    if (!is_user_name(name)) continue;
    if (!identity.empty() && credentials_.canonical(identity) != credentials_.canonical(name)) continue;
    if (credentials_.find(name)) return succeed(name);
  }
  return fail(Failure::rejected);
}

// [authzid] NUL authcid NUL password.
Step ServerSession::take_plain(std::string_view message) {
  const auto parts = base::split(message, '\0');
  if (parts.size() != 3) return fail(Failure::malformed);
  const auto name = named(parts[1], parts[0]);
  auto judged = judge(name.value_or(std::string(parts[1])), parts[2]);
  return name ? judged : fail(Failure::rejected);
}

/// The name that all is looked up by; nullopt: he may not act for whom he wants to.
std::optional<std::string> ServerSession::named(std::string_view user, std::string_view identity) const {
  if (identity.empty() || identity == user) return std::string(user);
  if (!is_user_name(user) || !is_user_name(identity)) return std::nullopt;
  return credentials_.acting_for(user, identity);
}

// The same work is done for everybody; the outcome is looked at last.
Step ServerSession::judge(std::string_view user, std::string_view password) {
  if (user_ != user) user_ = user;
  if (is_user_name(user) && credentials_.must_wait(user)) return fail(Failure::unavailable);
  const auto found = is_user_name(user) ? credentials_.find(user) : std::nullopt;
  const auto verifier = found ? *found : verifier_of_nobody(user);
  const bool matches = is_password_of(verifier, password);
  return found && matches ? succeed(std::string(user)) : fail(Failure::rejected);
}

Step ServerSession::take_scram(std::string_view message) {
  const auto turn = scram_->step(message);
  if (turn.state == Scram::Turn::State::failed) return fail(must_wait_ ? Failure::unavailable : turn.why);
  if (turn.state == Scram::Turn::State::done) {
    if (must_wait_) return fail(Failure::unavailable);
    if (!known_) return fail(Failure::rejected);
    stage_ = Stage::scram_confirm;  // the client hears our proof, then says that it did
  }
  return challenge(turn.output);
}

// By the canonical name, as look-ups of real users go by it: else a salt that changes with the spelling would tell.
Verifier ServerSession::verifier_of_nobody(std::string_view user) const {
  const std::string name = is_user_name(user) ? credentials_.canonical(user) : std::string(user);
  const auto made = [&](std::string_view what) {
    return std::string(base::view(base::hmac_sha256(options_.unknown_user_key, std::string(what) + name)));
  };
  return {options_.iterations, made("salt:").substr(0, 16), made("stored:"), made("server:")};
}

Step ServerSession::challenge(std::string_view octets) {
  return {Step::State::challenge, base::to_base64(octets), {}, {}};
}

Step ServerSession::fail(Failure why) {
  stage_ = Stage::over;
  return {Step::State::failure, {}, user_, why};
}

Step ServerSession::succeed(std::string user) {
  stage_ = Stage::over;
  return {Step::State::success, {}, std::move(user), {}};
}

}  // namespace understudy::mail::sasl
