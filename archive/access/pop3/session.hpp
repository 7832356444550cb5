/// Serves one POP3 connection: does the I/O that the dialogue of mail/pop3 asks for, reads INBOX, and at QUIT submits what the
/// user has taken away. Holds no protocol rule of its own, never on the path of mail. RFC 1939.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "archive/access/pop3/locks.hpp"
#include "archive/access/services.hpp"
#include "archive/access/turns.hpp"
#include "archive/login/exchange.hpp"
#include "base/net/line_reader.hpp"
#include "base/net/listener.hpp"
#include "mail/pop3/dialogue.hpp"
#include "mail/pop3/surrogate.hpp"

namespace understudy::archive::access::pop3 {

/// One per connection, on the link's executor.
class Session {
 public:
  Session(net::Connection connection, const Services& services, Locks& locks, mail::pop3::ServerTls tls);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  net::Task<> run();

 private:
  using Next = mail::pop3::Next;
  using Want = mail::pop3::Want;
  /// A message of the maildrop, as it was when the lock was taken.
  struct Listed {
    mailbox::Uid uid = 0;
    store::BodyRef body;
  };

  net::Task<bool> prepare();
  net::Task<bool> flush();
  void log_thrown_out(std::string_view why) const;
  net::Task<std::optional<Next>> act(Want want);
  net::Task<std::optional<Next>> on_command();
  net::Task<std::optional<Next>> on_login();
  net::Task<std::optional<Next>> on_auth();
  Next judged(const login::Exchange::Outcome& outcome, std::string_view mechanism);
  Next judged_auditor(const login::Exchange::Outcome& outcome, std::string_view mechanism);
  net::Task<std::optional<Next>> on_maildrop();
  net::Task<base::Result<std::vector<mail::pop3::Entry>>> list();
  Next on_message();
  base::Result<mail::pop3::Surrogate> surrogate_of(const store::BodyRef& body) const;
  net::Task<std::optional<Next>> on_body();
  net::Task<std::optional<Next>> on_update();
  net::Task<std::optional<Next>> on_tls();
  std::unique_ptr<login::Exchange> begin_login(std::string_view mechanism);
  net::Task<bool> give_way();
  /// give_way() where this session has worked for long enough. False: the server is stopping.
  net::Task<bool> take_turns();
  void offer_mechanisms();
  bool has_authority() const;

  net::ConnectionLimits::Place place_;
  std::unique_ptr<net::Link> link_;
  std::shared_ptr<net::Shield> shield_;
  const Services& services_;
  Locks& locks_;
  std::shared_ptr<const Settings> settings_;
  mail::pop3::ServerTls tls_;
  std::string peer_;
  net::LineReader reader_;
  mail::pop3::ServerDialogue dialogue_;
  std::string output_;
  Turns turns_;
  Presence presence_;
  bool asked_ = false;  ///< a command came, and was not refused so far

  std::unique_ptr<login::Exchange> login_;
  base::SteadyTime began_{};
  mailbox::AccountNumber account_ = 0;
  routing::AccountName user_;
  std::string verifier_;  ///< of the password that he has logged in with
  Serve serve_ = Serve::everything;
  std::unique_ptr<Locks::Lock> lock_;
  mailbox::FolderNumber inbox_ = 0;
  std::vector<Listed> listed_;
  BodyToRead body_;
  std::string first_;                               ///< of the message that is about to be sent
  std::optional<mail::pop3::Surrogate> surrogate_;  ///< of it; none: it is sent as it is
};

}  // namespace understudy::archive::access::pop3
