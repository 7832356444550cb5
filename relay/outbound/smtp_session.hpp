/// One SMTP session towards one host: does the I/O that mail/smtp's client dialogue asks for. RFC 5321 §3.3, §4.5.3.2
/// (time-outs), RFC 3207. Reads messages from the archive piece by piece; never keeps one in memory.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "archive/archive.hpp"
#include "base/clock.hpp"
#include "base/net/line_reader.hpp"
#include "base/net/link.hpp"
#include "base/net/tls.hpp"
#include "mail/sasl/client.hpp"
#include "mail/smtp/client_dialogue.hpp"
#include "relay/options.hpp"
#include "routing/route.hpp"

namespace understudy::relay {

/// What a session goes by.
struct SessionPlan {
  std::string host;  ///< as named by MX or route: SNI, and the name on the certificate
  routing::TlsPolicy tls = routing::TlsPolicy::may;
  std::string certificate;                 ///< "sha256:…": the host must show exactly this one; empty: any that `tls` takes
  std::optional<mail::sasl::Login> login;  ///< log in before the first transaction
  std::string ehlo_name;
  OutboundWaits waits;
  /// By then the first MAIL has to be answered, however each single wait may go.
  base::SteadyTime open_until = base::SteadyTime::max();
};

/// One connection, one coroutine.
class SmtpSession {
 public:
  SmtpSession(std::unique_ptr<net::Link> link, SessionPlan plan, std::shared_ptr<const net::TlsContext> tls,
              const base::Clock& clock);

  /// Up to the first transaction. false: failure() says why, and in_handshake() whether it was the handshake (then a policy of
  /// `may` tries again in the clear).
  net::Task<bool> open();
  bool in_handshake() const { return in_handshake_; }
  const std::optional<mail::smtp::SessionFailure>& failure() const { return dialogue_.failure(); }
  const mail::smtp::Capabilities& capabilities() const { return dialogue_.capabilities(); }
  const std::string& host() const { return plan_.host; }
  const net::TlsInfo* tls() const { return link_->tls(); }  ///< nullptr: in the clear

  /// One transaction. The results are in the order of the envelope's recipients.
  net::Task<std::vector<mail::smtp::RecipientResult>> send(mail::smtp::Envelope envelope, mail::smtp::MessageShape shape,
                                                           archive::BodyToRead body);
  /// Was the last message's custody number said?
  bool said_custody() const { return dialogue_.said_custody(); }
  /// Was the connection closed, during the last message, before the host had said anything to it? Whoever kept it open for so
  /// long or for so many messages closes it between two of them.
  bool unheard() const { return unheard_; }
  bool usable() const { return usable_; }
  net::Task<> quit();

 private:
  using Step = mail::smtp::Step;
  net::Task<> run(Step step);  // until ready or close
  net::Task<Step> act(Step step);
  net::Task<Step> read_reply();
  net::Task<Step> handshake();
  bool shows_its_certificate() const;
  Step authenticate();
  net::Task<Step> send_body(bool chunked);
  std::chrono::milliseconds reply_wait() const;
  std::chrono::milliseconds bounded(std::chrono::milliseconds wait) const;
  Step lost(const base::Error& error);

  std::unique_ptr<net::Link> link_;
  SessionPlan plan_;
  std::shared_ptr<const net::TlsContext> tls_;
  const base::Clock& clock_;
  net::LineReader reader_;
  mail::smtp::ClientDialogue dialogue_;
  std::unique_ptr<mail::sasl::ClientSession> sasl_;
  archive::BodyToRead body_;
  std::uint64_t octets_ = 0;    ///< of body_, as the next hop was told
  bool mail_answered_ = false;  ///< once at least
  bool answered_ = false;       ///< anything was, of the last message
  bool unheard_ = false;
  bool in_handshake_ = false;
  bool usable_ = false;
};

}  // namespace understudy::relay
