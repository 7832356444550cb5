/// What lists look like on a terminal: which members of a row are shown, in which order.
#pragma once

#include <span>

#include "app/verbs/ask.hpp"

namespace understudy::app::columns {

extern const std::span<const Column> accounts, mailboxes, shares, messages, bin, queue, journal, heads, orders, custody,
    custody_gaps, custody_clients, settings;

}  // namespace understudy::app::columns
