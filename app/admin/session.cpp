#include "app/admin/session.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/admin/answers.hpp"
#include "app/admin/server.hpp"
#include "base/log.hpp"

namespace understudy::app {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr auto request_wait = std::chrono::seconds(30);  ///< for a whole request, from the end of the one before
constexpr auto refusal_wait = std::chrono::seconds(2);   ///< for the request of a client that is turned away
constexpr auto write_wait = std::chrono::seconds(60);    ///< for each piece of an answer

unsigned status_of(AdminAnswer::Status status) {
  switch (status) {
    case AdminAnswer::Status::done:
      return 200;
    case AdminAnswer::Status::failed:
      return 500;
    case AdminAnswer::Status::not_found:
      return 404;
    case AdminAnswer::Status::wrong_usage:
      return 400;
    case AdminAnswer::Status::refused:
      return 403;
  }
  return 500;
}

std::string text_of(AdminAnswer answer) {
  if (answer.status != AdminAnswer::Status::done) return boost::json::serialize(answer.value);
  boost::json::object whole;
  whole["value"] = std::move(answer.value);
  if (!answer.next.empty()) whole["next"] = json_text(answer.next);
  return boost::json::serialize(whole);
}

}  // namespace

AdminSession::AdminSession(Socket socket, AdminPeer peer, AdminApi& api)
    : api_(api), peer_(peer), stream_(std::move(socket)), buffer_(AdminServer::max_header + AdminServer::max_body) {}

void AdminSession::finish() {
  finishing_ = true;
  if (!busy_) abort();
}

void AdminSession::abort() {
  stream_.close();
}

net::Task<> AdminSession::run() {
  for (;;) {
    const Next next = co_await serve_one();
    busy_ = false;
    idle_since_ = std::chrono::steady_clock::now();
    if (next == Next::close || finishing_) break;
  }
  stream_.close();
  co_await api_.leave(visit_);
}

std::optional<std::chrono::steady_clock::time_point> AdminSession::idle_since() const {
  if (busy_) return std::nullopt;
  return idle_since_;
}

/// The request is read although nobody looks at it: a socket that is closed with unread octets breaks the client's writing.
net::Task<> AdminSession::turn_away() {
  http::request_parser<http::string_body> parser;
  parser.header_limit(AdminServer::max_header);
  parser.body_limit(AdminServer::max_body);
  boost::system::error_code error;
  stream_.expires_after(refusal_wait);
  co_await http::async_read(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
  co_await refuse(503, "the server is busy with other requests of administrators; try again in a moment");
  stream_.close();
}

net::Task<AdminSession::Next> AdminSession::serve_one() {
  http::request_parser<http::string_body> parser;
  parser.header_limit(AdminServer::max_header);
  parser.body_limit(AdminServer::max_body);
  boost::system::error_code error;
  stream_.expires_after(request_wait);
  co_await http::async_read(stream_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    co_await refuse(431, "the request's head is too long");
    co_return Next::close;
  }
  if (error == http::error::body_limit) {
    co_await refuse(413, "the arguments are too long");
    co_return Next::close;
  }
  if (error && error != http::error::end_of_stream && error != http::error::partial_message &&
      error.category() == http::make_error_code(http::error::end_of_stream).category())
    co_await refuse(400, "this is no request of understudy's admin socket");
  if (error) co_return Next::close;
  busy_ = true;
  const Request request = parser.release();
  AdminAnswer result = co_await answer(request);
  co_return co_await send(std::move(result), request.version(), request.keep_alive() && !finishing_);
}

net::Task<AdminAnswer> AdminSession::answer(const Request& request) {
  if (request.method() != http::verb::post) co_return wrong_usage("only POST is known here");
  const std::string_view target = request.target();
  if (!target.starts_with('/')) co_return wrong_usage("no such verb");
  AdminRequest asked;
  asked.peer = peer_;
  asked.visit = &visit_;
  asked.verb = target.substr(1);
  if (!request.body().empty()) {
    boost::system::error_code unfit;
    auto value = boost::json::parse(request.body(), unfit);
    if (unfit || !value.is_object()) co_return wrong_usage("the arguments must be one JSON object");
    asked.arguments = std::move(value.get_object());
  }
  co_return co_await api_.handle(std::move(asked));
}

net::Task<AdminSession::Next> AdminSession::send(AdminAnswer answer, unsigned version, bool keep_alive) {
  if (answer.octets) co_return co_await send_octets(std::move(*answer.octets), version, keep_alive);
  http::response<http::string_body> response(http::int_to_status(status_of(answer.status)), version);
  response.set(http::field::content_type, "application/json");
  response.keep_alive(keep_alive);
  response.body() = text_of(std::move(answer));
  response.prepare_payload();
  boost::system::error_code error;
  stream_.expires_after(write_wait);
  co_await http::async_write(stream_, response, asio::redirect_error(asio::use_awaitable, error));
  co_return error || !keep_alive ? Next::close : Next::read;
}

net::Task<AdminSession::Next> AdminSession::send_octets(OctetStream octets, unsigned version, bool keep_alive) {
  http::response<http::empty_body> response(http::status::ok, version);
  response.set(http::field::content_type, "application/octet-stream");
  response.content_length(octets.size);
  response.keep_alive(keep_alive);
  http::response_serializer<http::empty_body> head(response);
  boost::system::error_code error;
  stream_.expires_after(write_wait);
  co_await http::async_write_header(stream_, head, asio::redirect_error(asio::use_awaitable, error));
  for (std::uint64_t sent = 0; !error && sent < octets.size;) {
    auto piece = octets.read(sent);
    if (!piece || piece->empty()) {  // the length was promised: an early end tells the client
      base::log::error("admin.octets", {{"offset", sent}, {"reason", piece ? "no more octets" : piece.error().text()}});
      co_return Next::close;
    }
    sent += piece->size();
    stream_.expires_after(write_wait);
    co_await asio::async_write(stream_, asio::buffer(*piece), asio::redirect_error(asio::use_awaitable, error));
  }
  co_return error || !keep_alive ? Next::close : Next::read;
}

net::Task<> AdminSession::refuse(unsigned status, std::string_view why) {
  http::response<http::string_body> response(http::int_to_status(status), 11);
  response.set(http::field::content_type, "application/json");
  response.keep_alive(false);
  boost::json::object told;
  told["error"] = why;
  response.body() = boost::json::serialize(told);
  response.prepare_payload();
  boost::system::error_code error;
  stream_.expires_after(write_wait);
  co_await http::async_write(stream_, response, asio::redirect_error(asio::use_awaitable, error));
}

}  // namespace understudy::app
