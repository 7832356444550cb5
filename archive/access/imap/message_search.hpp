/// Whether messages of a mailbox meet what SEARCH asks (RFC 9051 §6.4.4): by the image where it can, by the summary where it
/// must, by the octets last, which are read once for all that is looked for in them, a piece at a time. Right first; an index
/// may come before it. Never changes anything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "archive/access/heading_cache.hpp"
#include "archive/archive.hpp"
#include "archive/mailbox/live_account.hpp"
#include "archive/summaries.hpp"
#include "mail/imap/search_key.hpp"
#include "mail/imap/text_search.hpp"

namespace understudy::archive::access::imap {

/// One command, one thread.
class MessageSearch {
 public:
  struct Where {
    const Archive& archive;
    SummaryReader& summaries;
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
  /// `more`: its octets must be read, and go_on() is to be called until it says otherwise, each time some 256 KiB of work.
  /// `headings`: those that it has a row in are to be given by use(); then it is looked at again.
  enum class Verdict : std::uint8_t { no, yes, more, headings };
  /// The message at an index of the view. A message that cannot be read does not meet what needs its octets.
  Verdict look_at(std::size_t index);
  Verdict go_on();
  void use(HeadingCache::Kept headings);

 private:
  struct Node;
  struct Message;
  /// nullopt: that depends on octets that were not searched yet.
  using Answer = std::optional<bool>;
  std::unique_ptr<Node> plan(const Where& where, const mail::imap::SearchKey& key);
  Verdict verdict();
  Verdict begin_reading();
  Answer judge(const Node& node);
  Answer judge_each(const Node& node);
  Answer judge_record(const mail::imap::SearchKey& key);
  Answer judge_summary(const Node& node);
  std::optional<bool> judge_heading(const Node& node, std::size_t row);
  Answer judge_octets(const Node& node);

  Where where_;
  std::vector<mail::imap::Needle> needles_;  ///< of the whole key
  HeadingCache::Kept headings_;
  std::vector<std::optional<std::vector<bool>>> found_in_;  ///< of each needle: the rows of the headings that hold it
  std::unique_ptr<Node> root_;
  std::unique_ptr<Message> message_;
  mail::imap::Ranges candidates_;
};

}  // namespace understudy::archive::access::imap
