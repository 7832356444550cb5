/// The headings of a chunk's messages in one record, so that who searches or sorts a mailbox for the first time reads one for
/// each 64 messages. A cache, made of the headings when the chunk has got its last UID, gone when a message of it goes: then
/// the headings themselves are read. Never says what they do not.
#pragma once

#include <span>
#include <string>

#include "archive/commit/stage.hpp"
#include "archive/mailbox/message_chunk.hpp"
#include "mail/imap/headings.hpp"

namespace understudy::archive::mailbox {

/// Of what is staged, too. Empty: one of them has no heading that can be read, or they are too long for a record. Never an
/// error: nothing that is only a cache keeps a message from being filed.
std::string heading_pack(const commit::Stage& stage, store::Shard account, std::span<const ListedMessage> messages);

/// The record of a pack that somebody had to put together, since there was none; empty: of one of them nothing is known, or
/// they are too long. Any thread.
std::string record_of(const mail::imap::Headings& headings);
/// Stages it for who asks after him, where the chunk has its last UID and these messages still. Never an error, as above. The
/// committer's thread.
void keep_pack(commit::Stage& stage, store::Shard account, FolderNumber folder, MessageChunk::Number chunk,
               const mail::imap::Headings& headings, std::string record);

}  // namespace understudy::archive::mailbox
