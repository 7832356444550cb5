#include "archive/access/imap/reply.hpp"

#include "base/log.hpp"

namespace understudy::archive::access::imap {

std::string Reply::line(std::string_view tag) const {
  std::string out(tag);
  out += kind == Kind::ok ? " OK " : kind == Kind::no ? " NO " : " BAD ";
  if (!code.empty()) out.append("[").append(code).append("] ");
  return out.append(text).append("\r\n");
}

Reply reply_for(const base::Error& error) {
  using base::errc;
  const auto& code = error.code;
  if (code == errc::not_found) return Reply::no("no such mailbox", "NONEXISTENT");
  if (code == errc::exists) return Reply::no("there is a mailbox of that name already", "ALREADYEXISTS");
  if (code == errc::malformed) return Reply::no("a mailbox cannot have that name", "CANNOT");
  if (code == errc::refused) return Reply::no("that cannot be done with this mailbox", "CANNOT");
  if (code == errc::too_long) return Reply::no("that is more than this server takes", "LIMIT");
  base::log::warn("imap.failed", {{"reason", error.text()}});
  if (code == errc::busy) return Reply::no("there is no room at the moment, try again later", "UNAVAILABLE");
  if (code == errc::no_key) return Reply::no("the key of this mailbox is not here", "UNAVAILABLE");
  if (code == errc::damaged || code == errc::unsupported)
    return Reply::no("what is stored of it is damaged; the administrator can tell more", "CORRUPTION");
  if (code == errc::shutting_down || code == errc::stopped) return Reply::no("the server is stopping", "UNAVAILABLE");
  return Reply::no("that did not succeed, try again later", "SERVERBUG");
}

}  // namespace understudy::archive::access::imap
