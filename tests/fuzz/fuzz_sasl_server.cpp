/// Any tokens as a client's side of SASL: nobody gets in without the password, nothing that is no name is looked up, a user who
/// exists is answered as one who does not, and what is over stays over.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <gsasl.h>

#include "base/codec.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "fuzz_check.hpp"
#include "mail/sasl/server.hpp"

using namespace understudy;
using namespace understudy::mail::sasl;
using understudy::tests::must;

namespace {

constexpr std::string_view password = "pw", salt = "0123456789abcdef";
constexpr unsigned iterations = 4096;

bool is_clean(std::string_view name) {
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  return !name.empty() && base::is_utf8(name) && std::ranges::none_of(name, control);
}

/// joe, and joe acting for ann.
class Accounts final : public Credentials {
 public:
  Accounts(bool exist, unsigned char choice) : exist_(exist), waits_((choice & 16) != 0), acts_((choice & 32) != 0) {}

  std::optional<Verifier> find(std::string_view user) override {
    static const Verifier verifier = *make_verifier(password, salt, iterations);
    must(is_clean(user));
    if (!exist_ || !is_one(user)) return std::nullopt;
    return verifier;
  }
  bool must_wait(std::string_view user) override {
    must(is_clean(user));
    return waits_;
  }
  std::optional<std::string> acting_for(std::string_view user, std::string_view identity) const override {
    must(is_clean(user) && is_clean(identity));
    if (!acts_) return std::nullopt;
    return std::string(identity) + "*" + std::string(user);
  }
  bool is_one(std::string_view user) const {
    const auto name = canonical(user);
    return name == "joe" || (acts_ && name == "ann*joe");
  }
  bool waits() const { return waits_; }

 private:
  bool exist_, waits_, acts_;
};

ServerOptions options_from(unsigned char choice, std::string_view mechanism) {
  ServerOptions options;
  options.unknown_user_key = "key";
  options.iterations = mechanism.starts_with("SCRAM") ? iterations : 1;  // 1 is no verifier's: refused at once, and quick
  if ((choice & 3) == 1) options.binding = {ChannelBinding::Kind::tls_unique, "0123456789ab"};
  if ((choice & 3) == 2) options.binding = {ChannelBinding::Kind::tls_exporter, std::string(32, 'x')};
  if ((choice & 4) != 0) options.external.emplace_back("Joe");
  if ((choice & 8) != 0) options.external.emplace_back("eve");
  options.max_token = 2000;
  return options;
}

/// What a client that knows the password says to the server's first message (RFC 5802 §3, §7).
std::string proof(std::string_view first, std::string_view challenge, const ChannelBinding& binding) {
  static const auto keys = [] {
    std::array<char, 32> salted, client, server, stored;
    must(gsasl_scram_secrets_from_password(GSASL_HASH_SHA256, std::string(password).c_str(), iterations, salt.data(),
                                           salt.size(), salted.data(), client.data(), server.data(),
                                           stored.data()) == GSASL_OK);
    return std::pair(std::string(client.data(), 32), std::string(stored.data(), 32));
  }();
  const auto comma = first.find(',', first.find(',') + 1);
  if (first.find(',') == first.npos || comma == first.npos) return {};
  std::string header(first.substr(0, comma + 1));
  if (header.starts_with('p')) header += binding.octets;
  const auto nonce = challenge.substr(0, challenge.find(','));
  const std::string bare = "c=" + base::to_base64(header) + "," + std::string(nonce);
  const std::string all = std::string(first.substr(comma + 1)) + "," + std::string(challenge) + "," + bare;
  std::string signature(base::view(base::hmac_sha256(keys.second, all)));
  for (std::size_t i = 0; i < signature.size(); ++i) signature[i] = static_cast<char>(signature[i] ^ keys.first[i]);
  return bare + ",p=" + base::to_base64(signature);
}

/// One exchange. Each line a token: "!" and octets, "?" the right proof, else base64 or what is none.
class Exchange {
 public:
  Exchange(bool exist, unsigned char choice, std::string_view mechanism)
      : accounts_(exist, choice),
        options_(options_from(choice, mechanism)),
        session_(accounts_, options_),
        mechanism_(mechanism) {}

  Step start(std::optional<std::string_view> line) {
    if (!line) return look_at(session_.start(mechanism_, std::nullopt));
    const auto token = token_of(*line);
    return look_at(session_.start(mechanism_, token));
  }
  Step go_on(std::string_view line) { return look_at(session_.step(token_of(line))); }

 private:
  std::string token_of(std::string_view line) {
    const std::string right = line == "?" ? proof(first_, challenge_, options_.binding) : std::string();
    std::string token(line);
    if (line == "?" || line.starts_with('!')) token = base::to_base64(line == "?" ? right : line.substr(1));
    const auto octets = token == "=" ? std::string() : base::from_base64(token);
    if (octets && first_.empty()) first_ = *octets;
    proved_ = proved_ || !right.empty() || (octets && shows_who_it_is(*octets));
    return token;
  }

  bool shows_who_it_is(std::string_view octets) const {
    using namespace std::string_view_literals;
    if (mechanism_ == "EXTERNAL") return !options_.external.empty();
    const bool prepared = std::ranges::any_of(octets, [](unsigned char c) { return c >= 0x80; });  // SASLprep takes some away
    if (mechanism_ == "PLAIN") return prepared || octets.ends_with("\0pw"sv);
    return mechanism_ == "LOGIN" && (prepared || octets == password);
  }

  Step look_at(Step step) {
    must(!over_ || step.state == Step::State::failure);
    if (step.state == Step::State::challenge) {
      const auto octets = base::from_base64(step.challenge);
      must(octets && octets->find('\0') == octets->npos);
      challenge_ = *octets;
      return step;
    }
    over_ = true;
    if (step.state == Step::State::success)
      must(proved_ && accounts_.is_one(step.user) && (mechanism_ == "EXTERNAL" || !accounts_.waits()));
    else
      must(step.challenge.empty());
    return step;
  }

  Accounts accounts_;
  ServerOptions options_;
  ServerSession session_;
  std::string_view mechanism_;
  std::string first_, challenge_;
  bool proved_ = false, over_ = false;
};

constexpr std::array<std::string_view, 6> mechanisms = {"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "PLAIN",
                                                        "LOGIN",         "EXTERNAL",           "CRAM-MD5"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto mechanism = mechanisms[data[1] % mechanisms.size()];
  auto lines = base::split(std::string_view(reinterpret_cast<const char*>(data) + 2, size - 2), '\n');
  if (lines.size() > 8) lines.resize(8);
  Exchange known(true, data[0], mechanism), unknown(false, data[0], mechanism);
  const bool initial = (data[0] & 64) != 0;
  const std::optional<std::string_view> first = initial ? std::optional(lines.front()) : std::nullopt;
  bool told_apart = false;
  Step of_known = known.start(first), of_unknown = unknown.start(first);
  for (std::size_t i = initial ? 1 : 0;; ++i) {
    // The same to both, but for a success, and for what leads to it: our proof that we know the password's verifier.
    if (!told_apart && of_known.state != of_unknown.state) {
      must(of_unknown.failure == Failure::rejected);
      told_apart = true;
    }
    must(of_unknown.state != Step::State::success);
    if (!told_apart) must(of_known.challenge.size() == of_unknown.challenge.size() && of_known.failure == of_unknown.failure);
    if (i == lines.size()) return 0;
    of_known = known.go_on(lines[i]);
    of_unknown = unknown.go_on(lines[i]);
  }
}
