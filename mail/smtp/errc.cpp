#include "mail/smtp/errc.hpp"

namespace understudy::mail::smtp {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "understudy.smtp"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::bare_newline:
        return "bare CR or LF in the message";
      case errc::nul_octet:
        return "NUL in the message";
      case errc::line_too_long:
        return "line of the message over its limit";
      case errc::too_big:
        return "message over the size limit";
    }
    return "unknown error";
  }
};

Reply reply_for_message(errc fault) {
  switch (fault) {
    case errc::bare_newline:
      return {554, "5.6.0", "Message refused: bare CR or LF in it; every line must end in CRLF (RFC 5321)"};
    case errc::nul_octet:
      return {554, "5.6.0", "Message refused: it contains a NUL octet"};
    case errc::line_too_long:
      return {554, "5.6.0", "Message refused: a line in it is too long"};
    case errc::too_big:
      return {552, "5.3.4", "Message exceeds the size limit"};
  }
  return {451, "4.3.0", "Local error in processing"};
}

}  // namespace

const boost::system::error_category& category() noexcept {
  static const Category instance;
  return instance;
}

Reply reply_for(const boost::system::error_code& code) {
  if (code.category() == category()) return reply_for_message(static_cast<errc>(code.value()));
  if (code == base::errc::busy) return {452, "4.3.1", "Insufficient system storage or resources, try again later"};
  if (code == base::errc::shutting_down) return {421, "4.3.2", "Service shutting down"};
  if (code == base::errc::stopped) return {451, "4.3.2", "System not accepting messages at the moment"};
  return {451, "4.3.0", "Local error in processing"};
}

}  // namespace understudy::mail::smtp
