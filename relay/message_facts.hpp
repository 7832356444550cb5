/// What the plan, the journal and the log must know of a message, from its header: read in one way of mail that comes in and of
/// mail that is made here, so that both machines name a message alike.
#pragma once

#include "mail/header/identity.hpp"
#include "routing/facts.hpp"

namespace understudy::relay {

/// All that stands in the header. Digests, size and the kinds of octets are the caller's to fill in.
routing::MessageFacts facts_of(const mail::header::HeaderFacts& header);

}  // namespace understudy::relay
