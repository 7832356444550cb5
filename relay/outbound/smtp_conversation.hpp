/// Entries of one hop over one SMTP session: which recipients go, with which parameters, and what the replies mean.
#pragma once

#include <memory>

#include "relay/outbound/smtp_session.hpp"
#include "relay/schedule/courier.hpp"
#include "relay/settings.hpp"

namespace understudy::relay {

class SmtpConversation final : public Conversation {
 public:
  SmtpConversation(const archive::Archive& archive, std::shared_ptr<const Settings> settings, routing::Hop hop,
                   std::unique_ptr<SmtpSession> session)
      : archive_(archive), settings_(std::move(settings)), hop_(std::move(hop)), session_(std::move(session)) {}

  net::Task<Attempt> send(const archive::outbox::Entry& entry) override;
  bool usable() const override { return session_->usable(); }
  net::Task<> quit() override { return session_->quit(); }

 private:
  const archive::Archive& archive_;
  std::shared_ptr<const Settings> settings_;
  routing::Hop hop_;
  std::unique_ptr<SmtpSession> session_;
};

}  // namespace understudy::relay
