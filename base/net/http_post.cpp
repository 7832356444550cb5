#include "base/net/http_post.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace understudy::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t max_header = 16 * 1024;
constexpr std::size_t max_addresses_tried = 4;
/// Of all that comes, beside the body: the head, and what chunks are wrapped in.
constexpr std::size_t most_octets_for(std::size_t body) {
  return max_header + 8 * body;
}

class Deadline {
 public:
  Deadline(const base::Clock& clock, Timeout timeout) : clock_(clock), end_(clock.steady() + timeout) {}
  Timeout left() const { return std::max(Timeout(0), Timeout(end_ - clock_.steady())); }

 private:
  const base::Clock& clock_;
  base::SteadyTime end_;
};

std::string text_of(const HttpPost& post) {
  std::string text = "POST " + post.url.target + " HTTP/1.1\r\nHost: " + post.url.authority();
  text += "\r\nUser-Agent: understudy\r\nContent-Type: " + post.content_type + "\r\nAccept: " + post.accept;
  text += "\r\nContent-Length: " + std::to_string(post.body.size()) + "\r\nConnection: close\r\n\r\n";
  return text + post.body;
}

/// Eats an answer in pieces of any size.
class Reading {
 public:
  explicit Reading(std::size_t max_body) : most_(most_octets_for(max_body)) {
    parser_.eager(true);
    parser_.header_limit(max_header);
    parser_.body_limit(max_body);
  }

  /// true: the answer is whole.
  base::Result<bool> feed(std::string_view octets) {
    total_ += octets.size();
    if (total_ > most_) return base::fail("HTTP answer", errc::too_long);
    pending_ += octets;
    while (!pending_.empty() && !parser_.is_done()) {
      boost::system::error_code error;
      const auto eaten = parser_.put(boost::asio::buffer(pending_), error);
      pending_.erase(0, eaten);
      if (error == http::error::need_more) break;
      if (error) return failed(error);
      if (eaten == 0) break;
    }
    return parser_.is_done();
  }
  /// The server has ended the connection.
  base::Result<> end() {
    boost::system::error_code error;
    if (parser_.got_some()) parser_.put_eof(error);
    if (error) return failed(error);
    if (!parser_.is_done()) return base::fail("HTTP answer: cut short", base::errc::malformed);
    return {};
  }
  HttpAnswer take() {
    auto& message = parser_.get();
    const auto type = message[http::field::content_type];
    return {message.result_int(), std::string(type.data(), type.size()), std::move(message.body())};
  }

 private:
  static std::unexpected<base::Error> failed(const boost::system::error_code& error) {
    const bool long_one =
        error == http::error::body_limit || error == http::error::header_limit || error == http::error::buffer_overflow;
    if (long_one) return base::fail("HTTP answer", errc::too_long);
    return base::fail("HTTP answer: " + error.message(), base::errc::malformed);
  }

  std::size_t most_;
  std::size_t total_ = 0;
  std::string pending_;
  http::response_parser<http::string_body> parser_;
};

Task<base::Result<std::vector<IpAddress>>> addresses_of(const HttpUrl& url, Resolver& resolver) {
  if (const auto literal = IpAddress::parse(url.host)) co_return std::vector<IpAddress>{*literal};
  auto found = co_await resolver.addresses(url.host, Families::both);
  if (!found) co_return std::unexpected(found.error());
  if (found->addresses.empty())
    co_return base::fail(url.host + " has no address" + (found->detail.empty() ? "" : " (" + found->detail + ")"),
                         errc::unreachable);
  if (found->addresses.size() > max_addresses_tried) found->addresses.resize(max_addresses_tried);
  co_return std::move(found->addresses);
}

/// To the first address that answers. One that is silent leaves time for the others.
Task<base::Result<std::unique_ptr<Link>>> connect(const HttpUrl& url, const HttpParts& parts, const Deadline& deadline) {
  auto addresses = co_await addresses_of(url, parts.resolver);
  if (!addresses) co_return std::unexpected(addresses.error());
  base::Result<std::unique_ptr<Link>> link = base::fail(url.host, errc::unreachable);
  for (std::size_t i = 0; i < addresses->size() && deadline.left() > Timeout(0); ++i) {
    const Endpoint to{(*addresses)[i], url.port};
    const Timeout share = deadline.left() / static_cast<int>(addresses->size() - i);
    link = co_await parts.connector.connect(to, std::nullopt, share);
    if (link || link.error().code == errc::cancelled) break;
  }
  co_return link;
}

Task<base::Result<HttpAnswer>> read_answer(Link& link, std::size_t max_body, const Deadline& deadline) {
  Reading reading(max_body);
  std::array<char, 8192> buffer{};
  for (;;) {
    if (deadline.left() == Timeout(0)) co_return base::fail("HTTP answer", errc::timed_out);
    auto got = co_await link.read_some(buffer, deadline.left());
    if (!got && got.error().code != errc::closed) co_return std::unexpected(got.error());
    if (!got) {
      if (auto ended = reading.end(); !ended) co_return std::unexpected(ended.error());
      co_return reading.take();
    }
    auto whole = reading.feed(std::string_view(buffer.data(), *got));
    if (!whole) co_return std::unexpected(whole.error());
    if (*whole) co_return reading.take();
  }
}

}  // namespace

Task<base::Result<HttpAnswer>> http_post(HttpPost post, HttpParts parts) {
  const Deadline deadline(parts.clock, post.timeout);
  auto link = co_await connect(post.url, parts, deadline);
  if (!link) co_return std::unexpected(link.error());
  if (post.url.scheme == HttpUrl::Scheme::https) {
    TlsExpect expect{post.url.host, TlsExpect::Verify::demand};
    auto started = co_await (*link)->start_tls(parts.tls, std::move(expect), deadline.left());
    if (!started) co_return std::unexpected(started.error());
  }
  const std::string text = text_of(post);
  auto sent = co_await (*link)->write(text, deadline.left());
  if (!sent) co_return std::unexpected(sent.error());
  auto answer = co_await read_answer(**link, post.max_answer, deadline);
  (*link)->abort();
  co_return answer;
}

}  // namespace understudy::net
