/// Serves one IMAP connection (RFC 3501, RFC 9051): reads commands, answers from the images and summaries of the account, and
/// submits what the user changes. Grammar is mail/imap's; numbers and truth are the mailbox owner's. Never on the path of mail.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "archive/access/auditor.hpp"
#include "archive/access/heading_cache.hpp"
#include "archive/access/imap/message_fetch.hpp"
#include "archive/access/imap/notify_news.hpp"
#include "archive/access/imap/place.hpp"
#include "archive/access/imap/reply.hpp"
#include "archive/access/imap/selected.hpp"
#include "archive/access/services.hpp"
#include "archive/access/turns.hpp"
#include "archive/login/exchange.hpp"
#include "base/net/link.hpp"
#include "base/net/listener.hpp"
#include "base/net/workers.hpp"
#include "mail/imap/command.hpp"
#include "mail/imap/command_reader.hpp"

namespace understudy::archive::access::imap {

enum class Tls : std::uint8_t { none, starttls, implicit };

/// Flags by name; names that are no flags of anybody's to set are left out. nullopt: more keywords than a message may have.
std::optional<mailbox::Flags> flags_of(const std::vector<std::string>& names);

/// Whether a key asks for MODSEQ, or one below it.
bool asks_mod_sequence(const mail::imap::SearchKey& key);

constexpr std::size_t looked_at_once =
    16;  ///< messages between two looks at the clock, where each takes a microsecond or a few
constexpr std::size_t output_limit = 64 * 1024;  ///< octets of answers that are gathered for one write

/// One per connection, on the link's executor.
class Session {
 public:
  Session(net::Connection connection, const Services& services, Tls tls);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  net::Task<> run();

 private:
  template <class T = void>
  using Task = net::Task<T>;
  using Command = mail::imap::Command;
  using Event = mail::imap::CommandReader::Event;
  enum class Stage : std::uint8_t { not_authenticated, authenticated, logout };

  // session.cpp: the connection
  Task<bool> prepare();
  Task<bool> serve_commands();
  Task<Event> next_event();
  Task<bool> fill(net::Timeout timeout);
  Task<bool> flush();
  Task<bool> flush_if_large();
  Task<bool> give_way();
  /// give_way() where this session has worked for long enough. False: the server is stopping.
  Task<bool> take_turns();
  Task<bool> take_turns_while_heard();
  /// False: the connection has ended. `taken`: what came of `take`, which is not called again after an error.
  Task<bool> read_literal(std::uint64_t octets, std::function<base::Result<>(std::string_view)> take, base::Result<>& taken);
  Task<std::optional<std::string>> read_line(net::Timeout timeout);
  net::Timeout command_wait() const;
  void use_limits();
  void bye(std::string_view text);
  void throw_out(std::string_view why);
  void log_thrown_out(std::string_view why) const;
  void bye_dismissed();

  // commands.cpp
  Task<bool> execute(std::string_view text);
  bool has_authority();
  Task<Reply> dispatch(Command& command);
  std::optional<Reply> out_of_place(const Command& command) const;
  /// What other sessions, mail and rules did to the mailbox. nullopt: the connection has ended.
  Task<std::optional<base::Result<>>> tell(Selected::Told told);
  Task<bool> tell_changes(const Command& command);
  bool may_tell_expunges(const Command& command) const;
  std::string capabilities() const;
  template <class Other>
  Task<Reply> on(Other& command);
  Task<Reply> on(mail::imap::command::Capability& command);
  Task<Reply> on(mail::imap::command::Noop& command);
  Task<Reply> on(mail::imap::command::Check& command);
  Task<Reply> on(mail::imap::command::Logout& command);
  Task<Reply> on(mail::imap::command::Id& command);
  Task<Reply> on(mail::imap::command::Enable& command);
  Task<Reply> on(mail::imap::command::Namespace& command);

  // session_login.cpp
  Task<Reply> on(mail::imap::command::StartTls& command);
  Task<Reply> on(mail::imap::command::Login& command);
  Task<Reply> on(mail::imap::command::Authenticate& command);
  Task<login::Exchange::Outcome> exchange(std::string mechanism, std::optional<std::string> initial);
  Task<Reply> logged_in(const login::Exchange::Outcome& outcome, std::string_view mechanism);
  Reply login_failed(const login::Exchange::Outcome& outcome, std::string_view mechanism);
  bool may_log_in() const { return link_->tls() != nullptr; }

  // session_audit.cpp
  Auditor::Parts audit_parts() const;
  Task<Reply> log_in_auditor(const login::Exchange::Outcome& outcome);
  Task<> log_out_auditor();
  /// Before anything of these messages is given, where an auditor asks: an answer that says why not.
  Task<std::optional<Reply>> audit_reading(const std::vector<mail::imap::FetchItem>& items, const mail::imap::Ranges& messages);
  Task<std::optional<Reply>> audit_search(const mail::imap::SearchKey& key);
  std::string selected_name() const;
  /// Of the account, as who has logged in may see it.
  base::Result<std::shared_ptr<const mailbox::Image>> image_of(mailbox::LiveAccount& account, mailbox::FolderNumber folder);

  // session_compress.cpp
  Task<Reply> on(mail::imap::command::CompressDeflate& command);

  // session_idle.cpp
  Task<Reply> on(mail::imap::command::Idle& command);
  enum class Waits : std::uint8_t { in_idle, between_commands };
  void begin_pushing(Waits where);
  Task<bool> end_pushing();
  /// fill() between two commands, while the client hears of what NOTIFY has asked for.
  Task<bool> fill_and_push(net::Timeout timeout);
  Task<> push_changes();
  Task<> keep_alive();
  void wake_up();

  // session_notify.cpp
  Task<Reply> on(mail::imap::command::Notify& command);
  bool is_notified() const;
  Task<std::optional<base::Result<>>> tell_first_status();
  /// What the client is to hear beside what sync() tells. nullopt: the connection has ended.
  Task<std::optional<base::Result<>>> tell_notified(std::size_t most_fetched);
  Task<std::optional<base::Result<>>> tell_fetched(std::size_t most);
  Task<std::optional<base::Result<>>> tell_news();
  std::optional<ByOthers> others_since(const mailbox::Folders& now);
  void put_listed(const NotifyNews::Listed& listed);
  void put_noted(const NotifyNews::Noted& noted);
  void end_notifying();
  /// What this session changes is not told to it.
  Change noted_as_own(Change wanted, std::shared_ptr<OwnChanges> own) const;
  /// Nothing is selected any more.
  void leave_selected();

  // session_folders.cpp
  Task<Reply> on(mail::imap::command::Create& command);
  Task<Reply> on(mail::imap::command::Delete& command);
  Task<Reply> on(mail::imap::command::Rename& command);
  Task<Reply> rename_of_others(const Place& from, std::string to);
  Task<Reply> empty_inbox(const mail::imap::MailboxName& inbox, std::string to);
  enum class Last : std::uint8_t { goes, stays };  ///< the last part
  Task<base::Result<>> in_parts(Place place, Last last, std::function<Change(mailbox::Uids)> part);
  Task<Reply> on(mail::imap::command::Subscribe& command);
  Task<Reply> on(mail::imap::command::Unsubscribe& command);
  Task<Reply> subscribe(const mail::imap::MailboxName& name, mailbox::Subscribed::To to);
  Task<Reply> on(mail::imap::command::List& command);
  Task<Reply> on(mail::imap::command::Lsub& command);
  Task<Reply> on(mail::imap::command::Status& command);
  base::Result<std::string> status_of(const Place& place, std::string_view name, const mailbox::Folder& folder,
                                      const std::vector<mail::imap::StatusItem>& items);
  base::Result<> put_status_beside(const mail::imap::command::List& asked, const Place& place, const std::string& name);
  void put_beside_of_others(const mail::imap::command::List& asked, const Shown& shown, const std::string& name);
  base::Result<> put_beside(const mail::imap::command::List& asked, const Place& place, const std::string& name);
  std::string written(std::string_view mailbox_name) const;

  // session_select.cpp
  Task<Reply> on(mail::imap::command::Select& command);
  Task<Reply> on(mail::imap::command::Close& command);
  Task<Reply> on(mail::imap::command::Unselect& command);
  void tell_selected(const Place& place, std::string_view name);
  std::string attributes_of(const Place& place, std::string_view name) const;
  /// By a command that asks for what CONDSTORE has (RFC 7162 §3.1).
  void enable_condstore();
  std::string mailbox_id_of(mailbox::AccountNumber account, mailbox::FolderNumber folder) const;
  std::optional<mailbox::Uids> left_since(mailbox::ModSeq since) const;
  void tell_vanished_since(mailbox::ModSeq since, const mailbox::Uids* among);

  // session_fetch.cpp
  Task<Reply> on(mail::imap::command::Fetch& command);
  Task<std::optional<base::Result<>>> fetch_one(SummaryReader& summaries, std::uint32_t number, const mailbox::Item& item,
                                                const std::vector<mail::imap::FetchItem>& items);
  void put_quick(std::uint32_t number, const mailbox::Item& item, const std::vector<mail::imap::FetchItem>& items);
  Task<bool> send(Streamed streamed);
  mail::imap::Ranges changed_since(const mail::imap::Ranges& messages, mailbox::ModSeq since) const;
  Task<Reply> set_seen(const mail::imap::command::Fetch& command, const mail::imap::Ranges& messages);

  // session_store.cpp
  Task<Reply> on(mail::imap::command::Store& command);
  Task<Reply> on(mail::imap::command::Copy& command);
  Task<Reply> on(mail::imap::command::Expunge& command);
  Task<Reply> move(const mailbox::Uids& uids, const Place& target);
  Task<Reply> tell_expunged(std::string_view text);
  using FlagSteps = std::vector<std::pair<mailbox::FlagsChanged::How, mailbox::Flags>>;
  std::optional<FlagSteps> steps_of(mailbox::FlagsChanged::How how, const mailbox::Flags& flags,
                                    const mailbox::Uids& uids) const;
  Task<base::Result<>> change(Change wanted);
  mailbox::Uids numbers_of(const mailbox::Uids& uids, bool as_uids) const;

  // session_append.cpp
  Task<bool> on_message();
  Task<bool> on_refused();
  std::optional<Reply> why_no_message();
  std::optional<Reply> why_not_replace() const;
  std::optional<Reply> why_not_append(const mail::imap::MailboxName& mailbox, const mail::imap::AppendMessage& message);
  Task<Reply> on(mail::imap::command::Append& command);
  Task<Reply> on(mail::imap::command::Replace& command);
  Task<Reply> file_appended(const mail::imap::MailboxName& mailbox, const std::vector<mail::imap::AppendMessage>& asked,
                            std::optional<mailbox::Uid> replaces);
  std::optional<mailbox::Uid> replaced(bool is_uid, std::uint32_t target) const;

  // session_catenate.cpp
  using Messages = std::vector<mail::imap::AppendMessage>;
  Task<std::optional<Reply>> assemble(const Messages& asked, std::size_t whole, std::size_t parts);
  Task<std::optional<Reply>> append_url(std::string text);
  std::optional<Reply> seal_appended();
  Reply too_big() const;
  std::optional<Reply> why_no_octets(std::uint64_t more);

  // session_search.cpp
  Task<Reply> on(mail::imap::command::Search& command);
  Task<std::optional<mail::imap::Ranges>> search(const mail::imap::SearchKey& key);
  std::optional<Reply> why_not_search(mail::imap::SearchKey& key, const std::string& charset,
                                      const mail::imap::ReturnOptions& options);

  // session_sort.cpp
  Task<Reply> on(mail::imap::command::Sort& command);
  Task<Reply> on(mail::imap::command::Thread& command);
  void tell_sorted(const mail::imap::command::Sort& command, std::vector<std::uint32_t> order);
  /// What `work` returns; run by the workers where it is much, so that it holds up nobody else. nullopt: they have too much to
  /// do.
  template <class Work, class T = std::invoke_result_t<Work&>>
  Task<std::optional<T>> aside(bool much, Work work) {
    if (!much) co_return work();
    auto done = co_await net::run_by(services_.workers, std::move(work));
    co_return done;
  }
  SummaryReader summary_reader() const { return summary_reader(selected_->account().number()); }
  SummaryReader summary_reader(mailbox::AccountNumber account) const;

  // session_headings.cpp
  Task<HeadingCache::Kept> headings(SummaryReader& summaries, const mailbox::Item& item);

  // session_metadata.cpp
  Task<Reply> on(mail::imap::command::GetMetadata& command);
  Task<Reply> on(mail::imap::command::SetMetadata& command);
  /// Of the folder, or of the account; nothing where there is nothing to tell.
  base::Result<std::string> metadata_of(mailbox::FolderNumber folder, std::string_view name,
                                        const mail::imap::command::GetMetadata& asked, std::uint64_t& longest) const;

  // session_quota.cpp
  Task<Reply> on(mail::imap::command::GetQuota& command);
  Task<Reply> on(mail::imap::command::GetQuotaRoot& command);
  Task<Reply> on(mail::imap::command::SetQuota& command);
  mailbox::Quota quota(const routing::AccountName& owner) const;
  std::string quota_line(const mailbox::Quota& quota, const mailbox::Folders& folders) const;
  /// What the user's quota says of a message that is announced.
  std::optional<Reply> why_no_room(const Place& place, const mailbox::Usage& more);
  /// The same change, that fails with errc::refused where it would bring the owner of the place over his quota.
  Change within_quota(const Place& place, Change wanted) const;

  /// What may be changed, or the answer that says why not.
  std::optional<Reply> why_not_change() const;

  // session_shared.cpp
  bool shares_mailboxes() const;
  mailbox::Rights rights_to(mailbox::AccountNumber owner, mailbox::FolderNumber folder) const;
  std::optional<std::pair<directory::AccountRecord, std::string>> owner_in(std::string_view name) const;
  /// A mailbox in which one may do what is needed, or the answer: NO with the fault of the name, NOPERM, or `code`.
  std::expected<Place, Reply> find(const mail::imap::MailboxName& name, mailbox::Rights needed,
                                   std::string_view code = "NONEXISTENT");
  std::expected<Target, Reply> find_target(std::string_view name);
  std::vector<Shown> shown_of_others() const;
  base::Result<Place> place_of(const Shown& shown);
  Place own_place(mailbox::FolderNumber folder) const;
  Place selected_place() const;
  mailbox::FolderNumber selected_own() const;  ///< of what is selected, where it is one's own; else 0
  Change still_allowed(const Place& place, mailbox::Rights needed, Change wanted, std::string name = std::string()) const;
  bool keeps_selected();
  Reply nothing_selected() const;
  /// Of a mailbox of somebody else: who did what there, which its change log does not say.
  void log_changed(const Place& place, std::string_view what, std::uint64_t messages = 0) const;
  void log_opened(const Place& place, std::string_view name) const;
  bool must_carry(const Place& to) const;
  Change copied(const mailbox::Uids& uids, const Place& to, std::shared_ptr<mailbox::Owner::Placed> result) const;
  Task<base::Result<>> carry_away(mailbox::Uids uids, Place to, std::shared_ptr<mailbox::Owner::Placed> result);

  // session_acl.cpp
  Task<Reply> on(mail::imap::command::SetAcl& command);
  Task<Reply> on(mail::imap::command::DeleteAcl& command);
  Task<Reply> on(mail::imap::command::GetAcl& command);
  Task<Reply> on(mail::imap::command::ListRights& command);
  Task<Reply> on(mail::imap::command::MyRights& command);
  std::optional<mailbox::Grant> grant_for(std::string_view identifier) const;
  std::expected<Place, Reply> find_to_administer(const mail::imap::MailboxName& mailbox);
  Task<Reply> give_rights(const mail::imap::MailboxName& mailbox, std::string identifier, mailbox::Rights rights,
                          mailbox::Owner::Give how);
  std::string my_rights(std::string_view name, mailbox::Rights rights) const;

  net::ConnectionLimits::Place place_;
  std::unique_ptr<net::Link> link_;
  std::shared_ptr<net::Shield> shield_;
  const Services& services_;
  std::shared_ptr<const Settings> settings_;
  Tls tls_;
  std::string peer_;
  bool compressed_ = false;

  mail::imap::ParseContext context_;
  mail::imap::CommandReader reader_;
  std::string input_;
  std::size_t input_begin_ = 0;
  std::string output_;
  base::SteadyTime looked_for_client_{};
  Turns turns_;
  Presence presence_;
  base::SteadyTime began_{};
  base::SteadyTime authority_{};  ///< when it was last looked at

  Stage stage_ = Stage::not_authenticated;
  std::uint32_t errors_ = 0;
  std::string tag_;
  bool lost_ = false;           ///< the connection ended in the middle of a command
  bool revision2_ = false;      ///< ENABLE IMAP4rev2: what RFC 9051 says otherwise than RFC 3501
  bool utf8_accepted_ = false;  ///< ENABLE UTF8=ACCEPT
  bool condstore_ = false;
  bool qresync_ = false;

  routing::AccountName user_;
  std::string verifier_;  ///< of the password that he has logged in with
  mailbox::AccountNumber account_number_ = 0;
  Serve serve_ = Serve::everything;
  std::shared_ptr<mailbox::LiveAccount> account_;
  std::unique_ptr<Auditor> auditor_;  ///< who opens the account of somebody else; nullptr: its user does
  std::string over_;                  ///< why the auditor's login is over
  std::unique_ptr<Selected> selected_;
  bool taken_away_ = false;  ///< its owner has closed what was selected: a command for it is no mistake of the client's
  mailbox::Uids saved_;      ///< SEARCHRES: "$"

  struct Appending;
  std::unique_ptr<Appending> appending_;
  struct Idling;
  std::unique_ptr<Idling> idling_;
  struct Notifying;
  std::unique_ptr<Notifying> notify_;  ///< nullptr: NOTIFY was not sent yet
};

}  // namespace understudy::archive::access::imap
