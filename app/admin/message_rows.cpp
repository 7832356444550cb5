#include "app/admin/message_rows.hpp"

#include "app/admin/answers.hpp"
#include "app/admin/flags.hpp"
#include "archive/reading.hpp"
#include "archive/summaries.hpp"
#include "mail/mime/encoded_word.hpp"

namespace understudy::app {
namespace {

namespace mailbox = archive::mailbox;
using archive::audit::Permit;

boost::json::array flags_of(const mailbox::Flags& flags) {
  boost::json::array array;
  for (const auto& flag : flag_words(flags)) array.emplace_back(json_text(flag));
  return array;
}

}  // namespace

boost::json::object message_row(const Permit& permit, mailbox::AccountNumber account, mailbox::Uid uid,
                                const mailbox::Message& message) {
  const auto& store = permit.archive().store();
  const auto listing = archive::listing_of(store, store.bodies(), account, message);
  boost::json::object row;
  row["uid"] = uid;
  row["size"] = message.body.size;
  row["flags"] = flags_of(message.flags);
  row["received_at"] = json_time(message.internal_date);
  row["from"] = json_text(listing.from);
  row["subject"] = json_text(mail::mime::decode_encoded_words(listing.subject));
  row["name"] = json_digest(message.name);
  row["journal"] = message.source == mailbox::Source::arrival ? boost::json::value(message.position.text()) : nullptr;
  row["modseq"] = message.modseq;
  return row;
}

}  // namespace understudy::app
