/// The headings of a chunk's messages in one record, so that who searches or sorts a mailbox for the first time reads one for
/// each 64 messages. A cache, made of the headings when the chunk has got its last UID, gone when a message of it goes: then
/// the headings themselves are read. Never says what they do not.
#pragma once

#include <span>
#include <string>

#include "archive/commit/stage.hpp"
#include "archive/mailbox/message_chunk.hpp"

namespace understudy::archive::mailbox {

/// Of what is staged, too. Empty: one of them has no heading, or they are too long for a record.
base::Result<std::string> heading_pack(const commit::Stage& stage, store::Shard account,
                                       std::span<const ListedMessage> messages);

}  // namespace understudy::archive::mailbox
