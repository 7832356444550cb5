/// Whether messages of a mailbox meet what SEARCH asks (RFC 9051 §6.4.4): by the image where it can, by the summary where it
/// must, by the octets last. Right first; an index may come before it. Never changes anything.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "archive/archive.hpp"
#include "archive/mailbox/live_account.hpp"
#include "mail/imap/search_key.hpp"

namespace understudy::archive::access::imap {

/// One command, one thread.
class MessageSearch {
 public:
  struct Where {
    const Archive& archive;
    mailbox::LiveAccount& account;
    mailbox::FolderNumber folder = 0;
    const mailbox::Image& view;
    const mailbox::Uids& saved;  ///< "$"
    base::WallTime now;          ///< for OLDER and YOUNGER
  };
  /// `key`: its texts in UTF-8.
  MessageSearch(const Where& where, const mail::imap::SearchKey& key);
  ~MessageSearch();

  /// Only these need be asked: none of the others can meet it. As sequence numbers.
  const mail::imap::Ranges& candidates() const { return candidates_; }
  /// The message at an index of the view. A message that cannot be read does not meet what needs its octets.
  bool meets(std::size_t index);

 private:
  struct Node;
  struct Message;
  static std::unique_ptr<Node> plan(const Where& where, const mail::imap::SearchKey& key);
  bool judge(const Node& node, Message& message);
  bool judge_record(const mail::imap::SearchKey& key, Message& message);
  bool judge_summary(const Node& node, Message& message);
  bool judge_octets(const Node& node, Message& message);

  Where where_;
  std::unique_ptr<Node> root_;
  mail::imap::Ranges candidates_;
};

}  // namespace understudy::archive::access::imap
