#include <future>
#include <random>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/admin/server.hpp"
#include "app/verbs/client.hpp"
#include "base/net/loops.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/app/admin_world.hpp"

using namespace understudy;

namespace {

/// A connection without any manners.
class Raw {
 public:
  explicit Raw(const std::string& path) : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected_ = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const timeval wait{5, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  }
  ~Raw() { ::close(descriptor_); }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;

  bool connected() const { return connected_; }
  void send(const std::string& octets) { static_cast<void>(::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL)); }
  void end() { ::shutdown(descriptor_, SHUT_WR); }
  /// Until the server closes, or says no more for 5 seconds.
  std::string read_all() {
    std::string all;
    char room[4096];
    for (ssize_t got = 0; (got = ::recv(descriptor_, room, sizeof room, 0)) > 0;)
      all.append(room, static_cast<std::size_t>(got));
    return all;
  }
  bool is_closed() {
    char octet = 0;
    const auto got = ::recv(descriptor_, &octet, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
  }

 private:
  int descriptor_;
  bool connected_ = false;
};

struct World : test::AdminWorld {
  World() { loops.start(); }
  ~World() {
    if (server) stop();
    loops.stop();
    server.reset();
  }
  template <class Do>
  void on_loop(Do act) {
    std::promise<void> done;
    boost::asio::post(loops.executor(0), [&] {
      act();
      done.set_value();
    });
    done.get_future().wait();
  }
  base::Result<> start() {
    archive().set_waker([this] { boost::asio::post(loops.executor(0), [this] { pump(); }); });
    server.emplace(loops.executor(0), timers, app::AdminSocket{path, {}}, *api);
    base::Result<> started;
    on_loop([&] { started = server->start(); });
    return started;
  }
  void stop() {
    std::promise<void> done;
    boost::asio::co_spawn(loops.executor(0), server->stop(), [&done](std::exception_ptr) { done.set_value(); });
    done.get_future().wait();
  }
  app::Asked<boost::json::value> ask_socket(std::string_view verb, boost::json::object arguments = {}) {
    auto client = app::AdminClient::connect_to(path);
    if (!client) return std::unexpected(client.error());
    return client->ask(verb, std::move(arguments));
  }

  sim::TempDir directory;
  std::string path = (directory.path() / "admin.sock").string();
  net::SystemTimers timers;
  net::Loops loops{1};
  std::optional<app::AdminServer> server;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(socket_, World)

BOOST_AUTO_TEST_CASE(a_verb_is_asked_and_answered_through_the_socket) {
  BOOST_REQUIRE(start());
  auto client = app::AdminClient::connect_to(path);
  BOOST_REQUIRE(client.has_value());
  for (int i = 0; i < 3; ++i) BOOST_TEST(test::text_of(*client->ask("server/status", {}), "role") == "archive");
  const auto wrong = client->ask("account/show", {{"account", "nobody@example.org"}});
  BOOST_REQUIRE(!wrong.has_value());
  BOOST_TEST((wrong.error().how == app::Exit::failed));
  BOOST_TEST(wrong.error().what == "account nobody@example.org: not found");
  BOOST_TEST((client->ask("account/show", {}).error().how == app::Exit::wrong_usage));
}

BOOST_AUTO_TEST_CASE(a_message_of_many_pieces_comes_through_whole) {
  const test::Letter letter("Subject: long\r\n\r\n" + std::string(3'000'000, 'z'));
  BOOST_REQUIRE(accept(test::Letter(letter).to("bob@example.org").file("bob@example.org")));
  BOOST_REQUIRE(start());
  auto client = app::AdminClient::connect_to(path);
  BOOST_REQUIRE(client.has_value());
  std::string all;
  const auto take = [&all](std::string_view octets) {
    all += octets;
    return true;
  };
  const boost::json::object words = {{"account", "bob@example.org"}, {"folder", "INBOX"}, {"uid", 1}};
  BOOST_REQUIRE(client->ask_octets("message/export", words, take).has_value());
  BOOST_TEST((all == letter.handed()));
  BOOST_TEST(client->ask("server/status", {}).has_value());  // the connection is in step
  const boost::json::object none = {{"account", "bob@example.org"}, {"folder", "INBOX"}, {"uid", 2}};
  BOOST_TEST(client->ask_octets("message/export", none, take).error().what == "message 2: not found");
}

BOOST_AUTO_TEST_CASE(the_socket_is_its_owners_alone_and_goes_with_the_server) {
  const mode_t before = ::umask(0);
  BOOST_REQUIRE(start());
  ::umask(before);
  struct stat found {};
  BOOST_REQUIRE(::lstat(path.c_str(), &found) == 0);
  BOOST_TEST(S_ISSOCK(found.st_mode));
  BOOST_TEST((found.st_mode & 0777) == 0600u);
  stop();
  BOOST_TEST(::lstat(path.c_str(), &found) != 0);
  BOOST_TEST(ask_socket("server/status").error().what.starts_with("the server does not run"));
}

BOOST_AUTO_TEST_CASE(a_dead_socket_is_replaced_a_live_one_and_any_other_file_is_not) {
  {
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    BOOST_REQUIRE(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(dead);
  }
  BOOST_REQUIRE(start());
  BOOST_TEST(ask_socket("server/status").has_value());
  app::AdminServer second(loops.executor(0), timers, app::AdminSocket{path, {}}, *api);
  base::Result<> refused;
  on_loop([&] { refused = second.start(); });
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == base::errc::busy));
  BOOST_TEST(ask_socket("server/status").has_value());
  stop();
  directory.write("admin.sock", "somebody's text");
  const auto blocked = start();
  BOOST_REQUIRE(!blocked);
  BOOST_TEST((blocked.error().code == base::errc::exists));
  BOOST_TEST(std::filesystem::file_size(path) == 15u);
}

BOOST_AUTO_TEST_CASE(a_path_that_fits_no_socket_is_refused) {
  path = (directory.path() / std::string(120, 'x')).string();
  const auto refused = start();
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == base::errc::too_long));
}

BOOST_AUTO_TEST_CASE(garbage_ends_its_own_connection_and_disturbs_nobody) {
  BOOST_REQUIRE(start());
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 chance(seed);
  for (int round = 0; round < 200; ++round) {
    Raw raw(path);
    BOOST_REQUIRE_MESSAGE(raw.connected(), "seed " << seed << " round " << round);
    std::string octets(chance() % 3000, '\0');
    for (auto& octet : octets) octet = static_cast<char>(chance());
    if (round % 3 == 0)  // with no octets at all it would be a request
      octets = "POST /account/list HTTP/1.1\r\nContent-Length: " + std::to_string(1 + chance() % 5000) + "\r\n\r\n" + octets;
    if (round % 3 == 1) octets += "\r\n\r\n";
    raw.send(octets);
    raw.end();
    BOOST_REQUIRE_MESSAGE(raw.read_all().find("200 OK") == std::string::npos, "seed " << seed << " round " << round);
  }
  BOOST_TEST(ask_socket("server/status").has_value());
}

BOOST_AUTO_TEST_CASE(each_limit_of_a_request_is_said_and_held) {
  BOOST_REQUIRE(start());
  const std::string head = "POST /account/list HTTP/1.1\r\nHost: x\r\n";
  const std::pair<std::string, const char*> cases[] = {
      {head + "X: " + std::string(app::AdminServer::max_header, 'x') + "\r\n\r\n", "HTTP/1.1 431"},
      {head + "Content-Length: " + std::to_string(app::AdminServer::max_body + 1) + "\r\n\r\n", "HTTP/1.1 413"},
      {"GET /account/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 400"},
      {head + "Connection: close\r\nContent-Length: 1\r\n\r\n[", "HTTP/1.1 400"},
      {head + "Connection: close\r\nContent-Length: 2\r\n\r\n[]", "HTTP/1.1 400"},
      {head + "Connection: close\r\nContent-Length: 200\r\n\r\n" + std::string(200, '['), "HTTP/1.1 400"},
      {head + "Connection: close\r\n\r\n", "HTTP/1.1 200"},
  };
  for (const auto& [request, answer] : cases) {
    Raw raw(path);
    raw.send(request);
    const auto said = raw.read_all();
    BOOST_TEST(said.starts_with(answer), said);
  }
}

BOOST_AUTO_TEST_CASE(connections_that_say_nothing_make_room_for_who_asks) {
  BOOST_REQUIRE(start());
  std::vector<std::unique_ptr<Raw>> open;
  for (std::size_t i = 0; i < app::AdminServer::max_of_one_user + 1; ++i) open.push_back(std::make_unique<Raw>(path));
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(ask_socket("server/status").has_value());
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(2)));
  BOOST_TEST(open[0]->is_closed());
  BOOST_TEST(open[1]->is_closed());
  open[2]->send("POST /server/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  BOOST_TEST(open[2]->read_all().starts_with("HTTP/1.1 200"));
}

BOOST_AUTO_TEST_CASE(who_comes_while_all_connections_are_at_work_hears_503_and_nobody_is_cut) {
  BOOST_REQUIRE(start());
  std::vector<std::unique_ptr<Raw>> open;
  hold_reload = true;
  for (std::size_t i = 0; i < app::AdminServer::max_of_one_user; ++i) {
    open.push_back(std::make_unique<Raw>(path));
    open.back()->send("POST /server/reload HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  for (int i = 0; i < 500 && reloads < static_cast<int>(open.size()); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const auto over = ask_socket("server/status");
  BOOST_REQUIRE(!over.has_value());
  BOOST_TEST(over.error().what.find("busy") != std::string::npos, over.error().what);
  hold_reload = false;
  for (const auto& each : open) BOOST_TEST(each->read_all().starts_with("HTTP/1.1 200"));
}

BOOST_AUTO_TEST_CASE(stop_does_not_wait_for_who_says_nothing) {
  BOOST_REQUIRE(start());
  Raw silent(path), half(path);
  half.send("POST /server/status HT");
  BOOST_TEST(ask_socket("server/status").has_value());
  const auto begin = std::chrono::steady_clock::now();
  stop();
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(3)));
  BOOST_TEST(silent.is_closed());
}

BOOST_AUTO_TEST_SUITE_END()
