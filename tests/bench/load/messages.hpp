/// What the load sends: message i is the same whoever asks for it, and no message is like another, so that no server can take
/// it for one that it had before. Every message carries its id in a field `X-Bench-Id`, by which the sink counts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace understudy::bench {

struct Message {
  std::string reverse_path;
  std::vector<std::string> recipients;
  std::string head;       ///< what is made for this message
  std::string_view body;  ///< what follows; lives as long as the source. Both are stuffed with dots and end with CRLF
};

class Messages {
 public:
  virtual ~Messages() = default;
  virtual Message message(std::uint64_t number) const = 0;  ///< any thread
};

struct Crowd {  ///< who writes to whom: userX@domain to userY@domain
  std::uint64_t users = 50;
  std::string domain = "a.test";
  std::string also;  ///< a domain: userY of it is a second recipient. Empty: there is none
};

Message between(const Crowd& crowd, std::uint64_t number);  ///< the envelope of this message; no octets yet

/// Messages of `size` octets, head included (never less than a head), of lines that no compression makes much smaller. `run` is
/// a word that no earlier run used.
std::unique_ptr<Messages> artificial_messages(std::uint64_t size, Crowd crowd, std::string run);

/// Short letters of words, as people write them: half of `average` octets to one and a half, header included (never less than
/// that). They compress as such letters do, and no two are alike.
std::unique_ptr<Messages> letters(std::uint64_t average, Crowd crowd, std::string run);

/// The messages of a list as corpus.py writes it, from the first again after the last. All of them are read into memory.
/// not_found: a file that is not there; malformed: a line without its five columns, or no line.
base::Result<std::unique_ptr<Messages>> listed_messages(const std::string& path, std::string run);

}  // namespace understudy::bench
