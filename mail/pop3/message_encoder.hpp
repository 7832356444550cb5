/// A message as RETR and TOP send it: RFC 1939 §3 (lines that end in CRLF, dot stuffing, the end), §5 RETR, §7 TOP.
///
/// Stored messages may have line ends that POP3 cannot say. A bare LF becomes CRLF: a client that takes it for a line end, and
/// one that does not, both see the same lines then, and no message can hold what one of them would take for the end of the
/// response. A bare CR is an octet like others and stays, as does everything else, NUL too; a message without a single LF is
/// one line. A message without bare LFs comes out octet for octet, but for a CRLF at its end where that is missing.
/// smtp::BodyEncoder is not used here because it refuses what has to be given to its owner all the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace understudy::mail::pop3 {

class MessageEncoder {  // one per response, one thread
 public:
  /// `body_lines`: for TOP, lines after the one that ends the header, which is the first that is empty but for CRs; none: all.
  explicit MessageEncoder(std::optional<std::uint64_t> body_lines = std::nullopt) : lines_left_(body_lines) {}

  /// Appends the next octets of the message (pieces of any size) to `out`: at most twice as many, and one.
  void feed(std::string_view octets, std::string& out);
  /// Nothing of what follows will be sent: the rest need not be read. finish() is needed all the same.
  bool done() const { return done_; }
  /// Appends the end of the response, after a CRLF where the last line lacks its own.
  void finish(std::string& out);

 private:
  void put(std::string_view octets, std::string& out);
  void put_held(std::string& out);
  void end_line(std::string& out);

  std::optional<std::uint64_t> lines_left_;
  bool held_cr_ = false;  // written once it is known what follows
  bool line_start_ = true;
  bool blank_ = true;  // the line so far
  bool in_header_ = true;
  bool done_ = false;
};

}  // namespace understudy::mail::pop3
