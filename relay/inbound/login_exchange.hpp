/// The SASL exchange of one SMTP session while it lasts: RFC 4954. For the session's own files.
#pragma once

#include "relay/inbound/login.hpp"
#include "relay/inbound/session.hpp"

namespace understudy::relay {

/// Held by the session, and by the worker that hashes for it.
struct InboundSession::Login {
  Login(DirectoryCredentials::Parts parts, mail::sasl::ServerOptions options)
      : credentials(std::move(parts)), session(credentials, std::move(options)) {}
  DirectoryCredentials credentials;
  mail::sasl::ServerSession session;
  std::string mechanism;
};

}  // namespace understudy::relay
