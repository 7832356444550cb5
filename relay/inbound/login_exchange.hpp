/// The SASL exchange of one SMTP session while it lasts: RFC 4954. For the session's own files.
#pragma once

#include "relay/inbound/login.hpp"
#include "relay/inbound/session.hpp"

namespace understudy::relay {

struct InboundSession::Login {
  Login(const archive::Archive& archive, std::string domain, mail::sasl::ServerOptions options)
      : credentials(archive, std::move(domain)), session(credentials, std::move(options)) {}
  DirectoryCredentials credentials;
  mail::sasl::ServerSession session;
};

}  // namespace understudy::relay
