/// Dot stuffing for the sending side of DATA: RFC 5321 §4.5.2. Never emits a bare CR or LF, nor a NUL, so that nothing that it
/// writes can end a message anywhere else than here; a message that has them goes by BDAT (RFC 3030), unchanged, or not at all.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "mail/smtp/octet_check.hpp"

namespace understudy::mail::smtp {

class BodyEncoder {  // one per message, one thread
 public:
  /// Appends the next octets of the message (pieces of any size), stuffed, to `out`. errc::bare_newline or nul_octet: `out`
  /// is as before the call, and since DATA cannot be taken back the connection must be cut; see OctetFacts::needs_chunking.
  base::Result<> feed(std::string_view octets, std::string& out);

  /// Appends the end of the data. A message whose last line lacks its CRLF gains one here, since DATA cannot say it
  /// otherwise: the next hop then stores two octets more than we have. BDAT does not do that.
  base::Result<> finish(std::string& out);

 private:
  base::Result<> judge() const;
  void stuff(std::string_view octets, std::string& out);

  OctetCheck check_;
  bool line_start_ = true;
  bool held_cr_ = false;  // the last CR is written only with its LF
};

}  // namespace understudy::mail::smtp
