#include "archive/access/imap/session.hpp"
#include "base/net/deflate_link.hpp"

namespace understudy::archive::access::imap {

/// RFC 4978: everything behind the tagged line is compressed, both ways.
net::Task<Reply> Session::on(mail::imap::command::CompressDeflate&) {
  if (compressed_) co_return Reply::no("compression is on already", "COMPRESSIONACTIVE");
  output_ += Reply::ok("compression begins now").line(tag_);
  const bool flushed = co_await flush();
  if (!flushed) co_return Reply::lost();
  auto already = input_.substr(input_begin_);
  std::string().swap(input_);
  input_begin_ = 0;
  link_ = std::make_unique<net::DeflateLink>(std::move(link_), std::move(already));
  compressed_ = true;
  co_return Reply::none();
}

}  // namespace understudy::archive::access::imap
