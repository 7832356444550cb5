/// What the configuration says of domains, lists and templates. Filled by conf; swapped whole at reload.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "routing/directory.hpp"

namespace understudy::archive::directory {

/// [[account]]: seeds an account at first sight and is never applied again.
struct Seed {
  routing::AccountName name;
  std::vector<std::string> aliases;
  std::string verifier;
};

/// [[template]]
struct Template {
  std::vector<std::string> folders = {"INBOX", "Sent", "Drafts", "Junk", "Trash", "Archive"};
  std::uint64_t quota = 0;
  bool login = false;
};

/// Of UIDVALIDITY of the folders that are made here. The two machines of a pair have different ones, so that no mail program
/// takes one's mailbox for the other's.
enum class Parity : std::uint8_t { even, odd };

struct Options {
  std::map<std::string, std::string> domains;                        ///< canonical domain or domain alias -> local domain
  std::map<std::string, std::vector<mail::address::Address>> lists;  ///< [[alias]]: canonical address -> members
  std::map<std::string, Template> templates;
  std::string create_template = "default";  ///< of `templates`, for mailboxes that mail makes
  std::vector<Seed> seeds;
  routing::AccountName postmaster;
  routing::AccountName undelivered;  ///< takes what create_limit keeps from a mailbox of its own
  std::uint32_t create_limit = 200;  ///< mailboxes made by mail, a day and domain
  char detail_separator = '+';
  Parity uid_validity = Parity::even;
};

}  // namespace understudy::archive::directory
