/// Message-IDs of messages made here (RFC 5322 §3.6.4). The keyed form lets us know a message of our own when it comes back,
/// whoever put trace fields on top of it. Such a message carries Message-ID as its very first field, so that the octets from
/// that field on are the octets that went out, and can be compared by digest.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace understudy::mail::header {

/// "<unique@hostname>". `unique`: letters, digits, '-', '_' and inner single dots, never said twice.
std::string make_message_id(std::string_view unique, std::string_view hostname);

/// "<unique.MAC@hostname>": MAC is the first 16 octets of HMAC-SHA-256(key, unique "@" hostname), in hexadecimal.
std::string make_message_id(std::string_view unique, std::string_view hostname, std::string_view key);

/// The `unique` of an id that was made here with `key`; nullopt for every other. `id` with or without its angle brackets.
/// The MAC is compared in constant time.
std::optional<std::string> recognise_message_id(std::string_view id, std::string_view hostname, std::string_view key);

}  // namespace understudy::mail::header
