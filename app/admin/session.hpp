/// One connection to the admin socket: HTTP/1.1 requests, one after the other (RFC 9112). Every wait has an end; what is no
/// request is answered with 400 and ends the connection.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/string_body.hpp>

#include "app/admin/api.hpp"

namespace understudy::app {

class AdminSession {  // one executor
 public:
  using Socket = boost::asio::local::stream_protocol::socket;

  AdminSession(Socket socket, AdminApi& api);

  net::Task<> run();
  /// After the answer that is under way, if one is, no further request is read.
  void finish();
  void abort();

 private:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  enum class Next { read, close };

  net::Task<Next> serve_one();
  net::Task<AdminAnswer> answer(const Request& request);
  net::Task<Next> send(AdminAnswer answer, unsigned version, bool keep_alive);
  net::Task<Next> send_octets(OctetStream octets, unsigned version, bool keep_alive);
  net::Task<> refuse(unsigned status, std::string_view why);

  AdminApi& api_;
  boost::beast::basic_stream<boost::asio::local::stream_protocol> stream_;
  boost::beast::flat_buffer buffer_;
  bool busy_ = false;
  bool finishing_ = false;
};

}  // namespace understudy::app
