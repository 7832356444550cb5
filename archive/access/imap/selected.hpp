/// The mailbox that a session has selected, as its client was told of it, and what he is told of what changes (RFC 9051 §5.2,
/// RFC 7162 §3.2.10). Sequence numbers are those of the view, whatever other sessions do meanwhile.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "archive/mailbox/image_window.hpp"
#include "archive/mailbox/live_account.hpp"
#include "archive/mailbox/rights.hpp"
#include "base/text.hpp"
#include "mail/imap/sequence_set.hpp"

namespace understudy::archive::access::imap {

/// "(\Seen $Junk)" of a message; "()" without any.
void put_flags(std::string& out, std::uint8_t system, const std::vector<std::string>& keywords);

enum class Numbers : std::uint8_t { sequence, uid };
/// The messages of a set that a client names, as ranges of sequence numbers; `saved`: what "$" stands for, in UIDs. nullopt: a
/// sequence number that there is none of (BAD).
std::optional<mail::imap::Ranges> sequence_numbers(const mailbox::Image& view, const mail::imap::SequenceSet& set,
                                                   Numbers numbers, const mailbox::Uids& saved);

/// One session, one thread at a time.
class Selected {
 public:
  enum class Mode : std::uint8_t { read_write, read_only };

  Selected(std::shared_ptr<mailbox::LiveAccount> account, mailbox::FolderNumber folder,
           std::shared_ptr<const mailbox::Image> view, Mode mode, std::shared_ptr<mailbox::ImageWindow> window = nullptr,
           mailbox::Rights rights = mailbox::Rights::all());

  mailbox::LiveAccount& account() const { return *account_; }
  const std::shared_ptr<mailbox::LiveAccount>& account_ptr() const { return account_; }
  mailbox::Rights rights() const { return rights_; }  ///< of who has selected it
  void set_rights(mailbox::Rights rights) { rights_ = rights; }
  mailbox::FolderNumber folder() const { return folder_; }
  const mailbox::Image& view() const { return *view_; }
  const std::shared_ptr<const mailbox::Image>& view_ptr() const { return view_; }
  bool read_only() const { return mode_ == Mode::read_only; }
  bool has_gone() const { return gone_; }  ///< messages are shown that were expunged meanwhile

  /// What the client may be told now.
  struct Told {
    bool expunges = true;   ///< not in the middle of FETCH, STORE or SEARCH by sequence number (RFC 9051 §7.5.1)
    bool vanished = false;  ///< QRESYNC is enabled: VANISHED in place of EXPUNGE
    bool mod_sequence = false;
    /// What the client has changed himself, and need not be told: MODSEQ at most, unless somebody else had a hand in it.
    const mailbox::FlagsChanged* silent = nullptr;
    /// Told of whether they have changed or not: what STORE has looked at (RFC 9051 §6.4.6, RFC 7162 §3.1.3).
    const mailbox::Uids* asked = nullptr;
    bool asked_with_flags = true;
    /// NOTIFY may have it that a client does not hear of these (RFC 5465 §3.1). Without news he keeps the messages that he
    /// knows, with their flags as they are, but for those that he has expunged himself.
    bool news = true;                ///< messages that came or were expunged
    bool flags = true;               ///< flags that others have changed
    mailbox::Uids* added = nullptr;  ///< gets the UIDs of those that he is told of for the first time
  };
  /// Brings the view to what is durable, and appends what the client is told of it, but for changed flags: those come with
  /// tell_changed(), which is to be called until it is through, before anything else here.
  base::Result<> sync(std::string& out, const Told& told);
  /// The client has expunged them himself, and is to hear of it whatever he may be told.
  void note_own_expunged(const mailbox::Uids& uids) { own_expunged_.unite(uids); }
  /// Has tell_changed() tell of all that changed behind `since`, of these UIDs where some are named (RFC 7162 §3.2.5).
  void tell_since(mailbox::ModSeq since, const std::optional<mailbox::Uids>& uids);
  /// Appends FLAGS and PERMANENTFLAGS (RFC 9051 §7.3.5, §7.1).
  void tell_keywords(std::string& out);
  /// Appends FETCH responses until `out` has `most` octets or more. false: that was all.
  bool tell_changed(std::string& out, std::size_t most);
  /// As sequence_numbers() of the view.
  std::optional<mail::imap::Ranges> messages(const mail::imap::SequenceSet& set, Numbers numbers,
                                             const mailbox::Uids& saved) const {
    return sequence_numbers(*view_, set, numbers, saved);
  }
  mailbox::Uids uids_of(const mail::imap::Ranges& sequence_numbers) const;

 private:
  /// Without case, as clients compare them (RFC 9051 §2.3.2).
  struct WithoutCase {
    bool operator()(const std::string& a, const std::string& b) const { return base::to_lower(a) < base::to_lower(b); }
  };
  bool learn_keywords(const mailbox::Item& item);
  void note_asked(const Told& told);
  std::shared_ptr<const mailbox::Image> without_news(const std::shared_ptr<const mailbox::Image>& now, const Told& told);
  /// A message whose change is still to be told.
  struct Change {
    std::uint32_t index = 0;
    bool with_flags = true;
  };
  void note_changed(const mailbox::Difference& differences, const mailbox::Image& now, const Told& told);

  std::shared_ptr<mailbox::LiveAccount> account_;
  mailbox::FolderNumber folder_;
  std::shared_ptr<const mailbox::Image> view_;
  Mode mode_;
  mailbox::Rights rights_;
  std::shared_ptr<mailbox::ImageWindow> window_;  ///< what of the folder is shown; nullptr: all
  bool gone_ = false;
  std::shared_ptr<const mailbox::Image> looked_at_;  ///< by the last sync() without news
  mailbox::Uids own_expunged_;
  std::vector<Change> changes_;  ///< to be told, the last one first
  bool with_mod_sequence_ = false;
  std::set<std::string, WithoutCase> keywords_;  ///< that the client knows of
  std::vector<bool> known_sets_;                 ///< by number: all of the list are among them
};

}  // namespace understudy::archive::access::imap
