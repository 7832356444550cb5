/// What the server must know of a message before it decides what to do with it, read from its header in one go.
/// Works on the head of a message: the first octets, as many as hold the header or as the caller is willing to keep.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/header/address_list.hpp"
#include "mail/header/scan.hpp"

namespace understudy::mail::header {

struct HeaderFacts {
  std::size_t received_count = 0;
  std::size_t own_count = 0;                       ///< Received fields with our own name behind "by"
  bool has_message_id = false;                     ///< a field of that name, whatever it says
  std::optional<std::string> message_id;           ///< of the first such field, without brackets
  std::optional<std::uint64_t> message_id_offset;  ///< where that field begins
  bool has_date = false;
  std::size_t from_fields = 0;  ///< more than one is a fraud or a mistake; `from` is of the first
  std::vector<Mailbox> from;
  bool automatic = false;  ///< is_automatic()
  bool complete = false;   ///< the header ended within the head, and no limit cut it short
  bool truncated = false;  ///< there are more fields, or octets of them, than the limits allow: the facts are of the first ones
  std::uint64_t body = 0;  ///< the first octet after the header; the size of the head if that did not end
  std::string subject;     ///< on one line, escaped and cut, for logs and lists; encoded words as they are
};

HeaderFacts scan_facts(std::string_view head, std::string_view own_host, const Limits& limits = {});

}  // namespace understudy::mail::header
