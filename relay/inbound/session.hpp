/// Serves one SMTP connection: does the I/O that the dialogue asks for, collects the facts, asks routing, hands the message to
/// the archive, and says 250 only when it is safe. RFC 5321, RFC 6409. Holds no protocol rule of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "archive/login/exchange.hpp"
#include "base/net/line_reader.hpp"
#include "base/net/link.hpp"
#include "base/net/listener.hpp"
#include "mail/sasl/server.hpp"
#include "mail/smtp/dialogue.hpp"
#include "relay/inbound/incoming_message.hpp"
#include "relay/inbound/pace.hpp"
#include "relay/inbound/services.hpp"

namespace understudy::relay {

/// One per connection; everything on the link's executor. Told to leave, it says 421 and goes; while the data of a message are
/// under way it stays until that message is answered. At the limit of connections a stranger who is waited for makes room
/// likewise.
class InboundSession {
 public:
  /// `listener`: of the settings as they are now. Its limits and its TLS hold for the whole session; policy, routes, clients
  /// and sender checks are those in force at each MAIL.
  InboundSession(net::Connection connection, const InboundServices& services, std::shared_ptr<const Settings> settings,
                 const Listener& listener);
  ~InboundSession();

  net::Task<> run();

 private:
  using Next = mail::smtp::Next;
  class Wait {  // for the peer, while it lives: a newcomer may need the place, and gets it where that is allowed
   public:
    explicit Wait(InboundSession& session);
    ~Wait();
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    InboundSession& session_;
  };

  net::Task<bool> prepare();  // implicit TLS
  net::Task<std::optional<Next>> act(mail::smtp::Want want);
  net::Task<bool> flush();
  net::Task<std::optional<Next>> on_command();
  net::Task<std::optional<Next>> on_tls();
  std::optional<Next> on_silence(const base::Error& error);  // nothing more came
  std::optional<base::SteadyTime> grace() const;             // before a wait may be ended for a newcomer's sake; nullopt: never
  net::Timeout command_wait() const;
  Next on_mail_verdict();
  Next on_verdict();
  void take_settings();  // those in force now, for the transaction that begins
  void recognise();      // who is connected, from address and certificate
  routing::World world() const;

  // session_message.cpp: the octets of a message.
  net::Task<std::optional<Next>> on_body();
  net::Task<std::optional<Next>> on_chunk();
  net::Task<std::optional<Next>> on_end_of_message();
  net::Task<base::Result<std::size_t>> fill();
  void begin_message();
  IncomingMessage& incoming();
  mail::smtp::BodyOptions body_options() const;
  std::string trace_field() const;

  // session_login.cpp
  net::Task<std::optional<Next>> on_auth();
  void begin_login();

  net::ConnectionLimits::Place place_;
  std::unique_ptr<net::Link> link_;
  std::shared_ptr<net::Shield> shield_;  // up while a message is under way, until it is answered
  const InboundServices& services_;
  std::shared_ptr<const Settings> settings_;  // of the transaction under way
  std::shared_ptr<const net::TlsContext> server_tls_;
  Listener listener_;
  net::LineReader reader_;
  mail::smtp::ServerDialogue dialogue_;
  routing::Origin origin_;
  mail::smtp::OddOctets odd_octets_ = mail::smtp::OddOctets::refuse;
  std::unique_ptr<IncomingMessage> incoming_;        // the message under way
  std::optional<Pace> pace_;                         // of the transaction under way, and of a chunk that belongs to none
  std::unique_ptr<archive::login::Exchange> login_;  ///< the SASL exchange under way
  std::string output_;                               // replies that wait to be sent together
};

}  // namespace understudy::relay
