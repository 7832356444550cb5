/// How addresses, envelopes and replies are written into records: shared by journal and outbox.
#pragma once

#include "base/bytes.hpp"
#include "mail/smtp/envelope.hpp"
#include "mail/smtp/reply.hpp"

namespace understudy::archive {

void encode(base::Writer& out, const mail::address::Address& address);
mail::address::Address decode_address(base::Reader& in);

/// One octet says whether it is null.
void encode(base::Writer& out, const mail::address::ReversePath& reverse_path);
mail::address::ReversePath decode_reverse_path(base::Reader& in);

void encode(base::Writer& out, const mail::smtp::Recipient& recipient);
mail::smtp::Recipient decode_recipient(base::Reader& in);

/// All but the recipients.
void encode_transaction(base::Writer& out, const mail::smtp::Envelope& envelope);
mail::smtp::Envelope decode_transaction(base::Reader& in);

void encode(base::Writer& out, const mail::smtp::Reply& reply);
mail::smtp::Reply decode_reply(base::Reader& in);

}  // namespace understudy::archive
