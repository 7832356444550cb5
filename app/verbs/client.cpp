#include "app/verbs/client.hpp"

#include <array>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/admin/server.hpp"
#include "base/text.hpp"
#include "conf/load.hpp"

namespace understudy::app {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr auto answer_wait = std::chrono::seconds(120);  ///< a change waits for the disk, perhaps behind much mail
constexpr std::uint64_t max_answer = 64u << 20;          ///< octets of one page

std::unexpected<Failure> broken(std::string_view what, const boost::system::error_code& error) {
  return std::unexpected(Failure{Exit::failed, "the server broke off while " + std::string(what) + ": " + error.message()});
}

/// What the server said of a verb that it did not do.
Failure failure_of(unsigned status, const std::string& body) {
  boost::system::error_code unfit;
  const auto value = boost::json::parse(body, unfit);
  std::string what = "the server answered with status " + std::to_string(status);
  if (!unfit && value.is_object())
    if (const auto* told = value.get_object().if_contains("error"); told && told->is_string())
      what = std::string(told->get_string());
  return {status == 400 ? Exit::wrong_usage : Exit::failed, std::move(what), {}, status == 403};
}

}  // namespace

struct AdminClient::Impl {
  asio::io_context context{1};
  boost::beast::basic_stream<asio::local::stream_protocol> stream{context};
  boost::beast::flat_buffer buffer;
  boost::json::object audit;  ///< goes along with each request; empty: nothing does

  /// Runs one operation to its end.
  template <class Start>
  boost::system::error_code wait(Start start) {
    boost::system::error_code result;
    stream.expires_after(answer_wait);
    start([&result](boost::system::error_code error, std::size_t) { result = error; });
    context.restart();
    context.run();
    return result;
  }

  boost::system::error_code send(std::string_view verb, const boost::json::object& arguments) {
    http::request<http::string_body> request(http::verb::post, "/" + std::string(verb), 11);
    request.set(http::field::host, "understudy");
    request.set(http::field::content_type, "application/json");
    auto told = arguments;
    if (!audit.empty()) told["audit"] = audit;
    request.body() = boost::json::serialize(told);
    request.prepare_payload();
    return wait([&](auto handler) { http::async_write(stream, request, std::move(handler)); });
  }
};

AdminClient::AdminClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AdminClient::AdminClient(AdminClient&&) noexcept = default;
AdminClient::~AdminClient() = default;

Asked<AdminClient> AdminClient::connect(const Context& context) {
  auto path = context.socket;
  if (path.empty()) {
    const auto loaded = conf::load_file(context.config_file);
    if (!loaded) return std::unexpected(Failure{Exit::wrong_usage, {}, loaded.error()});
    path = admin_socket(loaded->config.server).path;
  }
  auto client = connect_to(path);
  if (client && !context.reason.empty()) client->impl_->audit["reason"] = context.reason;
  if (client && !context.in_case.empty()) client->impl_->audit["case"] = context.in_case;
  return client;
}

Asked<AdminClient> AdminClient::connect_to(const std::string& socket_path) {
  if (socket_path.size() >= sizeof(sockaddr_un::sun_path))
    return std::unexpected(Failure{Exit::failed, "the path of the admin socket is too long: " + socket_path});
  auto impl = std::make_unique<Impl>();
  boost::system::error_code error;
  impl->stream.socket().connect(asio::local::stream_protocol::endpoint(socket_path), error);
  if (error == boost::system::errc::permission_denied)
    return std::unexpected(Failure{
        Exit::failed, "no access to " + socket_path +
                          ": ask as the server's own user, as root, or as an operator ([[operator]], server.admin_group)"});
  if (error == boost::system::errc::no_such_file_or_directory || error == boost::system::errc::connection_refused)
    return std::unexpected(Failure{
        Exit::failed, "the server does not run: no admin socket at " + socket_path + " (`understudy serve` starts it)"});
  if (error) return std::unexpected(Failure{Exit::failed, "cannot connect to " + socket_path + ": " + error.message()});
  return AdminClient(std::move(impl));
}

Asked<boost::json::object> AdminClient::ask_page(std::string_view verb, const boost::json::object& arguments) {
  if (auto error = impl_->send(verb, arguments)) return broken("it was asked", error);
  http::response_parser<http::string_body> parser;
  parser.body_limit(max_answer);
  auto error = impl_->wait([&](auto handler) { http::async_read(impl_->stream, impl_->buffer, parser, std::move(handler)); });
  if (error) return broken("it answered", error);
  const auto response = parser.release();
  if (response.result() != http::status::ok) return std::unexpected(failure_of(response.result_int(), response.body()));
  boost::system::error_code unfit;
  auto value = boost::json::parse(response.body(), unfit);
  if (unfit || !value.is_object()) return std::unexpected(Failure{Exit::failed, "the server's answer is no JSON object"});
  return std::move(value.get_object());
}

Asked<boost::json::value> AdminClient::ask(std::string_view verb, boost::json::object arguments) {
  auto page = ask_page(verb, arguments);
  if (!page) return std::unexpected(page.error());
  return std::move((*page)["value"]);
}

Asked<void> AdminClient::ask_list(std::string_view verb, boost::json::object arguments,
                                  const std::function<bool(const boost::json::array&)>& take) {
  for (;;) {
    auto page = ask_page(verb, arguments);
    if (!page) return std::unexpected(page.error());
    const auto* rows = page->if_contains("value");
    if (!rows || !rows->is_array()) return std::unexpected(Failure{Exit::failed, "the server's answer is no list"});
    if (!take(rows->get_array())) return {};
    const auto* next = page->if_contains("next");
    if (!next || !next->is_string()) return {};
    arguments["after"] = *next;
  }
}

Asked<void> AdminClient::ask_octets(std::string_view verb, boost::json::object arguments,
                                    const std::function<bool(std::string_view)>& take) {
  if (auto error = impl_->send(verb, arguments)) return broken("it was asked", error);
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(boost::none);
  auto error =
      impl_->wait([&](auto handler) { http::async_read_header(impl_->stream, impl_->buffer, parser, std::move(handler)); });
  if (error) return broken("it answered", error);
  const auto status = parser.get().result_int();
  std::array<char, 64 * 1024> room;
  std::string refusal;
  while (!parser.is_done()) {
    parser.get().body().data = room.data();
    parser.get().body().size = room.size();
    error = impl_->wait([&](auto handler) { http::async_read_some(impl_->stream, impl_->buffer, parser, std::move(handler)); });
    if (error && error != http::error::need_buffer) return broken("it sent octets", error);
    const std::string_view octets(room.data(), room.size() - parser.get().body().size);
    if (status != 200) {
      if (refusal.size() < room.size()) refusal += octets;
    } else if (!take(octets)) {
      return std::unexpected(Failure{Exit::failed, "cannot write the octets"});
    }
  }
  if (status != 200) return std::unexpected(failure_of(status, refusal));
  return {};
}

}  // namespace understudy::app
