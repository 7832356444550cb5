/// An operator who has an account open by mail access: asks the door of the audit journal before each thing that he is given,
/// and knows what he was given already (docs/audit.md, "By a mail client"). The door judges; what it is asked for is said here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "archive/audit/door.hpp"
#include "archive/login/auditor_name.hpp"
#include "archive/mailbox/image_window.hpp"
#include "base/net/link.hpp"
#include "base/net/timers.hpp"

namespace understudy::archive::access {

/// For one session, on its executor. References outlive it.
class Auditor {
 public:
  struct Parts {
    audit::Door& door;
    net::Timers& timers;
    boost::asio::any_io_executor executor;
    std::string protocol;  ///< "imap"
    std::string peer;      ///< the address of his client
  };
  /// `account`: its canonical name; empty: there is none of the name that he gave.
  Auditor(Parts parts, login::AuditorName name, std::string account);
  ~Auditor();
  Auditor(const Auditor&) = delete;
  Auditor& operator=(const Auditor&) = delete;

  // Each answers when the entry is durable. errc::refused: a sentence for him, and nothing may be given; any other error: it
  // could not be written, and nothing may be given either.
  net::Task<base::Result<>> log_in();
  /// Before octets of these messages are given. Nothing is written where each was recorded before and may still be read.
  net::Task<base::Result<>> before_reading(mailbox::FolderNumber folder, std::string name, mailbox::Uids uids);
  /// Before messages of a folder are searched for words in their octets.
  net::Task<base::Result<>> before_searching(std::string folder);
  /// Octets of a message were given.
  void gave(mailbox::FolderNumber folder, mailbox::Uid uid, std::uint64_t octets);
  /// What came of the session; nothing where log_in() gave an error.
  net::Task<> log_out();

  /// Of a login that came to nothing: a wrong password, or a protocol that does not serve him. Not waited for, so that nobody
  /// learns by it who is an operator; nothing is written of somebody who is none.
  static void refused(const Parts& parts, const login::AuditorName& name, std::string account, std::string why);

  /// Why this session may not go on, by what is said of cases and operators now; empty: it may.
  std::string why_over() const;
  /// Looks each second, and calls `over` once with the reason. Until this object goes.
  void watch(std::function<void(std::string why)> over);
  /// What he may see of a folder; nullptr: all.
  const std::shared_ptr<mailbox::ImageWindow>& window() const { return window_; }
  const std::string& by() const { return name_.by_operator; }

 private:
  using Permit = std::shared_ptr<const audit::Permit>;
  net::Task<base::Result<Permit>> ask(audit::Kind kind, std::string what, audit::Fields object, std::string uids);
  const audit::Operator* find(const audit::Policy& policy) const;
  audit::Actor actor_of(const audit::Operator& found) const;

  struct Watching;
  static net::Task<> look(std::shared_ptr<Watching> watching);

  const Parts parts_;
  const login::AuditorName name_;
  const std::string account_;
  std::string verifier_;  ///< of the password that he has logged in with
  Permit login_, reading_;
  std::shared_ptr<mailbox::ImageWindow> window_;
  std::map<mailbox::FolderNumber, mailbox::Uids> recorded_, given_;
  std::uint64_t octets_ = 0;
  std::shared_ptr<Watching> watching_;
};

}  // namespace understudy::archive::access
