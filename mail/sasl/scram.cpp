#include "mail/sasl/scram.hpp"

#include <gsasl.h>

#include "base/codec.hpp"

namespace understudy::mail::sasl {
namespace {

struct FreeContext {
  void operator()(Gsasl* context) const { gsasl_done(context); }
};
struct FreeSession {
  void operator()(Gsasl_session* session) const { gsasl_finish(session); }
};

int set(Gsasl_session* session, Gsasl_property property, const std::string& value) {
  return gsasl_property_set(session, property, value.c_str());
}

void set_binding(Gsasl_session* session, const ChannelBinding& binding) {
  if (binding.kind == ChannelBinding::Kind::none) return;
  const auto property = binding.kind == ChannelBinding::Kind::tls_unique ? GSASL_CB_TLS_UNIQUE : GSASL_CB_TLS_EXPORTER;
  set(session, property, base::to_base64(binding.octets));
}

Failure failure_of(int code) {
  switch (code) {
    case GSASL_MECHANISM_PARSE_ERROR:
    case GSASL_MECHANISM_CALLED_TOO_MANY_TIMES:
    case GSASL_BASE64_ERROR:
      return Failure::malformed;
    case GSASL_MALLOC_ERROR:
    case GSASL_CRYPTO_ERROR:
      return Failure::unavailable;
    default:
      return Failure::rejected;
  }
}

std::string property(Gsasl_session* session, Gsasl_property name) {
  const char* value = gsasl_property_fast(session, name);
  return value ? value : "";
}

}  // namespace

// A context of its own for each exchange: GNU SASL does not promise that threads may share one.
struct Scram::Impl {
  std::unique_ptr<Gsasl, FreeContext> context;
  std::unique_ptr<Gsasl_session, FreeSession> session;
  Find find;

  static int on_property(Gsasl*, Gsasl_session* session, Gsasl_property wanted) {
    const auto* impl = static_cast<const Impl*>(gsasl_session_hook_get(session));
    const bool secret = wanted == GSASL_SCRAM_ITER || wanted == GSASL_SCRAM_SALT || wanted == GSASL_SCRAM_STOREDKEY ||
                        wanted == GSASL_SCRAM_SERVERKEY;
    if (!impl || !impl->find || !secret) return GSASL_NO_CALLBACK;
    const auto verifier = impl->find(property(session, GSASL_AUTHID), property(session, GSASL_AUTHZID));
    set(session, GSASL_SCRAM_ITER, std::to_string(verifier.iterations));
    set(session, GSASL_SCRAM_SALT, base::to_base64(verifier.salt));
    set(session, GSASL_SCRAM_STOREDKEY, base::to_base64(verifier.stored_key));
    set(session, GSASL_SCRAM_SERVERKEY, base::to_base64(verifier.server_key));
    return GSASL_OK;
  }

  static std::unique_ptr<Impl> make() {
    Gsasl* context = nullptr;
    if (gsasl_init(&context) != GSASL_OK) return nullptr;
    auto impl = std::make_unique<Impl>();
    impl->context.reset(context);
    gsasl_callback_set(context, &on_property);
    return impl;
  }

  bool take(int code, Gsasl_session* started) {
    if (code != GSASL_OK) return false;
    session.reset(started);
    gsasl_session_hook_set(started, this);
    return true;
  }
};

Scram::Scram(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Scram::~Scram() = default;

std::unique_ptr<Scram> Scram::server(std::string_view mechanism, const ChannelBinding& binding, Find find) {
  auto impl = Impl::make();
  if (!impl) return nullptr;
  Gsasl_session* started = nullptr;
  const int code = gsasl_server_start(impl->context.get(), std::string(mechanism).c_str(), &started);
  if (!impl->take(code, started)) return nullptr;
  impl->find = std::move(find);
  set_binding(started, binding);
  return std::unique_ptr<Scram>(new Scram(std::move(impl)));
}

std::unique_ptr<Scram> Scram::client(std::string_view mechanism, const ChannelBinding& binding, const std::string& user,
                                     const std::string& password) {
  auto impl = Impl::make();
  if (!impl) return nullptr;
  Gsasl_session* started = nullptr;
  const int code = gsasl_client_start(impl->context.get(), std::string(mechanism).c_str(), &started);
  if (!impl->take(code, started)) return nullptr;
  // GNU SASL 2.2 gives up when it has a binding and the mechanism does not want one, so the client cannot tell the server that
  // it would have liked to bind (RFC 5802 §6, flag "y").
  if (mechanism.ends_with("-PLUS")) set_binding(started, binding);
  set(started, GSASL_AUTHID, user);
  set(started, GSASL_PASSWORD, password);
  return std::unique_ptr<Scram>(new Scram(std::move(impl)));
}

Scram::Turn Scram::step(std::string_view input) {
  char* output = nullptr;
  std::size_t size = 0;
  const std::string terminated(input);  // GNU SASL reads strings: a NUL inside would hide what follows
  if (terminated.find('\0') != terminated.npos) return {};
  const int code = gsasl_step(impl_->session.get(), terminated.c_str(), terminated.size(), &output, &size);
  const std::unique_ptr<char, decltype(&gsasl_free)> owner(output, &gsasl_free);
  if (code != GSASL_OK && code != GSASL_NEEDS_MORE) return {Turn::State::failed, failure_of(code), {}};
  return {code == GSASL_OK ? Turn::State::done : Turn::State::more, {}, output ? std::string(output, size) : std::string()};
}

}  // namespace understudy::mail::sasl
