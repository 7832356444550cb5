/// A message as RETR and TOP send it: RFC 1939 §3 (lines that end in CRLF, dot stuffing, the end), §5 RETR, §7 TOP.
///
/// Stored messages may have line ends that POP3 cannot say. An LF, with all CRs before it, is a line end, as everywhere in
/// mail/header, and becomes CRLF: a client that takes a bare LF for a line end, and one that does not, both see the same lines,
/// and no message can hold what one of them would take for the end of the response. A CR that no LF follows is an octet like
/// others and stays, and so does everything else, NUL too. A message whose every line ends in CRLF comes out octet for octet.
/// smtp::BodyEncoder is not used here because it refuses what has to be given to its owner all the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace understudy::mail::pop3 {

class MessageEncoder {  // one per response, one thread
 public:
  /// `body_lines`: for TOP, lines after the blank line that ends the header (the first that is empty); none: all of them.
  explicit MessageEncoder(std::optional<std::uint64_t> body_lines = std::nullopt) : lines_left_(body_lines) {}

  /// Appends the next octets of the message (pieces of any size) to `out`: at most twice as many, and three.
  void feed(std::string_view octets, std::string& out);
  /// Nothing of what follows will be sent: the rest need not be read. finish() is needed all the same.
  bool done() const { return done_; }
  /// Appends the end of the response, after a CRLF where the last line lacks its own.
  void finish(std::string& out);

 private:
  void end_line(std::string& out);
  void put(std::string_view octets, std::string& out);

  std::optional<std::uint64_t> lines_left_;
  std::uint64_t held_crs_ = 0;  // written once it is known what follows
  bool line_start_ = true;
  bool in_header_ = true;
  bool done_ = false;
};

}  // namespace understudy::mail::pop3
