#include "base/net/http_post.hpp"

#include "base/net/acceptor.hpp"
#include "base/text.hpp"
#include "tests/support/sim_world.hpp"
#include "tests/support/tls_files.hpp"

using namespace understudy;
using namespace std::chrono_literals;
using net::HttpPost;
using net::HttpUrl;
using net::Task;

namespace {

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: 5\r\n\r\nhello";

/// What a server does with one connection.
struct Script {
  std::string answer = ok;
  enum class Then { close, abort, silence } then = Then::close;
  std::string until = "question";  ///< the end of what it waits for
  net::Timeout pause{0};           ///< before each octet of the answer; 0: all at once
  bool tls = false;
};

Task<> serve(sim::SimWorld& world, std::unique_ptr<net::Acceptor> acceptor, Script script,
             std::shared_ptr<const net::TlsContext> tls, std::string& heard) {
  auto link = co_await acceptor->accept();
  if (!link) co_return;
  if (script.tls) {
    net::TlsExpect nothing;
    auto started = co_await (*link)->start_tls(*tls, nothing, 5s);
    if (!started) co_return;
  }
  std::array<char, 4096> buffer{};
  while (!heard.ends_with(script.until)) {
    auto got = co_await (*link)->read_some(buffer, 10s);
    if (!got) co_return;
    heard.append(buffer.data(), *got);
  }
  const std::size_t piece = script.pause > 0ms ? 1 : std::max<std::size_t>(script.answer.size(), 1);
  auto timer = world.timers.make(world.executor());
  for (std::size_t at = 0; at < script.answer.size(); at += piece) {
    if (script.pause > 0ms) co_await timer->wait(script.pause);
    const std::string part = script.answer.substr(at, piece);
    auto said = co_await (*link)->write(part, 60s);
    if (!said) co_return;
  }
  if (script.then == Script::Then::silence) co_await timer->wait(1h);
  if (script.then == Script::Then::abort)
    (*link)->abort();
  else
    co_await (*link)->close(1s);
}

struct World : sim::SimWorld {
  sim::TlsFiles files{"tsa.example.org"};
  std::shared_ptr<const net::TlsContext> server_tls = files.server(), client_tls = files.client();
  std::string heard;

  World() { dns.set_addresses("tsa.example.org", {"192.0.2.80"}); }
  base::Result<net::HttpAnswer> post(const std::string& url, const Script& script = {}, std::size_t max_answer = 1000) {
    const auto parsed = HttpUrl::parse(url);
    BOOST_REQUIRE(parsed.has_value());
    const net::Endpoint at{*net::IpAddress::parse("192.0.2.80"), parsed->port};
    auto acceptor = network.listen(at);
    BOOST_REQUIRE(acceptor.has_value());
    spawn(serve(*this, std::move(*acceptor), script, server_tls, heard));
    return run(ask(*parsed, max_answer));
  }
  Task<base::Result<net::HttpAnswer>> ask(HttpUrl url, std::size_t max_answer) {
    HttpPost post;
    post.url = std::move(url);
    post.content_type = "application/timestamp-query";
    post.accept = "application/timestamp-reply";
    post.body = "question";
    post.max_answer = max_answer;
    net::HttpParts parts{dns, network.from(*net::IpAddress::parse("192.0.2.1")), clock, *client_tls};
    co_return co_await net::http_post(std::move(post), parts);
  }
};

template <class T>
std::string code_of(const base::Result<T>& result) {
  return result ? "" : result.error().code.message();
}
std::string text(boost::system::error_code code) {
  return code.message();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_post)

BOOST_AUTO_TEST_CASE(a_post_asks_as_HTTP_1_1_does_and_gives_the_answer) {  // RFC 9112 §3
  World world;
  const auto answer = world.post("http://TSA.example.org:8080/stamp?policy=1");
  BOOST_REQUIRE_MESSAGE(answer.has_value(), code_of(answer));
  BOOST_TEST((answer->status == 200u && answer->body == "hello" && answer->content_type == "application/timestamp-reply"));
  BOOST_TEST(world.heard ==
             "POST /stamp?policy=1 HTTP/1.1\r\nHost: tsa.example.org:8080\r\nUser-Agent: understudy\r\n"
             "Content-Type: application/timestamp-query\r\nAccept: application/timestamp-reply\r\n"
             "Content-Length: 8\r\nConnection: close\r\n\r\nquestion");
}

BOOST_AUTO_TEST_CASE(an_answer_is_the_same_in_pieces_of_any_size) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n";
  const std::string to_the_end = "HTTP/1.0 200 OK\r\n\r\nhello";
  for (const auto& text : {ok, chunked, to_the_end})
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      World world;
      world.network.wire().max_read = piece;
      Script script;
      script.answer = text;
      const auto answer = world.post("http://192.0.2.80/", script);
      BOOST_TEST((answer && answer->status == 200 && answer->body == "hello"),
                 "pieces of " << piece << ": " << code_of(answer));
    }
}

BOOST_AUTO_TEST_CASE(a_status_is_told_and_no_redirection_is_followed) {
  for (const unsigned status : {302u, 404u, 500u, 503u}) {
    World world;
    Script script;
    script.answer = "HTTP/1.1 " + std::to_string(status) + " No\r\nLocation: http://192.0.2.80/b\r\nContent-Length: 0\r\n\r\n";
    const auto answer = world.post("http://192.0.2.80/a", script);
    BOOST_TEST((answer && answer->status == status));
    BOOST_TEST(world.network.connects() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_answer_ends_the_post_by_name) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const std::string many(1001, 'x');
  std::string wrapped;  // few octets in many
  for (int i = 0; i < 500; ++i) wrapped += "1;y=" + std::string(100, 'y') + "\r\nx\r\n";
  const auto malformed = text(base::errc::malformed), too_long = text(net::errc::too_long), slow = text(net::errc::timed_out);
  const struct {
    Script script;
    std::string why;
  } rows[] = {
      {{"", Script::Then::close}, malformed},
      {{"", Script::Then::silence}, slow},
      {{head, Script::Then::silence}, slow},
      {{head + "Content-Length: 9\r\n\r\nhello", Script::Then::close}, malformed},
      {{head + "Content-Length: 9\r\n\r\nhello", Script::Then::silence}, slow},
      {{head + "Content-Length: 9\r\n\r\nhello", Script::Then::abort}, malformed},
      {{"220 mail.example.org ESMTP\r\n"}, malformed},
      {{head + "Content-Length: -1\r\n\r\n"}, malformed},
      {{head + "Content-Length: 1001\r\n\r\n" + many}, too_long},
      {{head + "\r\n" + many}, too_long},
      {{head + "Transfer-Encoding: chunked\r\n\r\n3E9\r\n" + many + "\r\n0\r\n\r\n"}, too_long},
      {{head + "X: " + std::string(20'000, 'x') + "\r\n\r\n"}, too_long},
      {{std::string(20'000, 'x')}, malformed},
      {{head + "Transfer-Encoding: chunked\r\n\r\n" + wrapped + "0\r\n\r\n"}, too_long},
      {{ok, Script::Then::close, "question", 500ms}, slow},  // an octet now and then gains nothing
  };
  for (const auto& row : rows) {
    World world;
    const auto begun = world.clock.steady();
    const auto answer = world.post("http://192.0.2.80/", row.script);
    BOOST_TEST(code_of(answer) == row.why, base::escape(row.script.answer.substr(0, 60)) << ": " << code_of(answer));
    BOOST_TEST((world.clock.steady() - begun <= 31s));
  }
}

BOOST_AUTO_TEST_CASE(a_host_that_nobody_finds_or_that_is_silent_is_told) {
  World world;
  const auto ask = [&](const std::string& url) { return code_of(world.run(world.ask(*HttpUrl::parse(url), 1000))); };
  BOOST_TEST(ask("http://nowhere.example.org/") == text(net::errc::unreachable));
  BOOST_TEST(ask("http://tsa.example.org/") == text(net::errc::refused));
  world.network.set_weather(*net::IpAddress::parse("192.0.2.80"), sim::SimNetwork::Weather::silent);
  BOOST_TEST(ask("http://tsa.example.org/") == text(net::errc::timed_out));
}

BOOST_AUTO_TEST_CASE(the_next_address_is_tried_where_one_is_silent) {
  World world;
  world.dns.set_addresses("tsa.example.org", {"2001:db8::80", "192.0.2.80"});
  world.network.set_weather(*net::IpAddress::parse("2001:db8::80"), sim::SimNetwork::Weather::silent);
  const auto answer = world.post("http://tsa.example.org/");
  BOOST_TEST((answer && answer->body == "hello"));
}

BOOST_AUTO_TEST_CASE(https_demands_a_certificate_that_verifies_for_the_name) {
  Script script;
  script.tls = true;
  World trusted, stranger;
  trusted.network.trust({*net::IpAddress::parse("192.0.2.80"), 443}, {"tsa.example.org"});
  const auto answer = trusted.post("https://tsa.example.org/", script);
  BOOST_TEST((answer && answer->body == "hello"), code_of(answer));
  BOOST_TEST(code_of(stranger.post("https://tsa.example.org/", script)) == text(net::errc::certificate));
  BOOST_TEST(stranger.heard.empty());
}

BOOST_AUTO_TEST_CASE(every_failure_of_the_wire_ends_the_post_without_an_answer) {
  const auto failures = sim::with_every_failure([](sim::SimWorld& world) {
    const sim::TlsFiles files("tsa.example.org");
    const auto server = files.server(), client = files.client();
    std::string heard;
    const net::Endpoint at{*net::IpAddress::parse("192.0.2.80"), 80};
    auto acceptor = world.network.listen(at);
    BOOST_REQUIRE(acceptor.has_value());
    world.spawn(serve(world, std::move(*acceptor), {}, server, heard));
    HttpPost post;
    post.url = *HttpUrl::parse("http://192.0.2.80/");
    post.body = "question";
    net::HttpParts parts{world.dns, world.network.from(*net::IpAddress::parse("192.0.2.1")), world.clock, *client};
    const auto answer = world.run(net::http_post(post, parts));
    BOOST_TEST((!answer || answer->body == "hello"));
  });
  BOOST_TEST(failures >= 3u);
}

BOOST_AUTO_TEST_CASE(a_URL_is_taken_apart_or_refused) {  // RFC 9110 §4.2
  const struct {
    std::string text, host, authority, target;
    std::uint16_t port;
  } good[] = {
      {"http://tsa.example.org", "tsa.example.org", "tsa.example.org", "/", 80},
      {"HTTPS://TSA.example.org/", "tsa.example.org", "tsa.example.org", "/", 443},
      {"http://tsa.example.org:8080/a/b?c=d:e/f", "tsa.example.org", "tsa.example.org:8080", "/a/b?c=d:e/f", 8080},
      {"http://tsa.example.org?q", "tsa.example.org", "tsa.example.org", "/?q", 80},
      {"https://tsa.example.org:80", "tsa.example.org", "tsa.example.org:80", "/", 80},
      {"http://192.0.2.1:3161/x", "192.0.2.1", "192.0.2.1:3161", "/x", 3161},
      {"http://[2001:DB8::1]/x", "2001:db8::1", "[2001:db8::1]", "/x", 80},
      {"http://[2001:db8::1]:81", "2001:db8::1", "[2001:db8::1]:81", "/", 81},
  };
  for (const auto& row : good) {
    const auto url = HttpUrl::parse(row.text);
    BOOST_REQUIRE_MESSAGE(url.has_value(), row.text);
    BOOST_TEST((url->host == row.host && url->authority() == row.authority && url->target == row.target), row.text);
    BOOST_TEST(url->port == row.port);
  }
  const std::string bad[] = {"",
                             "tsa.example.org",
                             "ftp://tsa.example.org/",
                             "http:/tsa.example.org",
                             "http://",
                             "http:///path",
                             "http://:80/",
                             "http://user@tsa.example.org/",
                             "http://user:secret@tsa.example.org/",
                             "http://tsa.example.org:/",
                             "http://tsa.example.org:0/",
                             "http://tsa.example.org:65536/",
                             "http://tsa.example.org:+80/",
                             "http://tsa.example.org/#there",
                             "http://tsa.example.org/a b",
                             "http://tsa.example.org/a\r\nX: y",
                             "http://tsa..example.org/",
                             "http://2001:db8::1/",
                             "http://[192.0.2.1]/",
                             "http://[2001:db8::1/",
                             "http://[2001:db8::1]x/",
                             "https://192.0.2.1/",
                             "http://tsa.example.org/" + std::string(2000, 'x')};
  for (const auto& text : bad) BOOST_TEST(!HttpUrl::parse(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
