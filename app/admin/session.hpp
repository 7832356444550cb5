/// One connection to the admin socket: HTTP/1.1 requests, one after the other (RFC 9112). Every wait has an end; what is no
/// request is answered with 400 and ends the connection.
#pragma once

#include <chrono>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/string_body.hpp>

#include "app/admin/api.hpp"
#include "app/admin/visit.hpp"

namespace understudy::app {

class AdminSession {  // one executor
 public:
  using Socket = boost::asio::local::stream_protocol::socket;

  AdminSession(Socket socket, AdminPeer peer, AdminApi& api);

  net::Task<> run();
  /// Instead of run(), where too many are here already: hears the request, answers it with 503.
  net::Task<> turn_away();
  std::uint32_t user() const { return peer_.uid; }
  /// Since when it waits for a request; nullopt: it has one.
  std::optional<std::chrono::steady_clock::time_point> idle_since() const;
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
  const AdminPeer peer_;
  AdminVisit visit_;
  boost::beast::basic_stream<boost::asio::local::stream_protocol> stream_;
  boost::beast::flat_buffer buffer_;
  std::chrono::steady_clock::time_point idle_since_ = std::chrono::steady_clock::now();
  bool busy_ = false;
  bool finishing_ = false;
};

}  // namespace understudy::app
