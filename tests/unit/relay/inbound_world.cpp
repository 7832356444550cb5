#include "tests/unit/relay/inbound_world.hpp"

#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "mail/sasl/verifier.hpp"

namespace understudy::test {
namespace {
constexpr net::Timeout for_ever = std::chrono::hours(24 * 365);
const net::Endpoint door = *net::Endpoint::parse("192.0.2.1:25");

net::Task<> listen_to(std::shared_ptr<InboundWorld::Client> client) {
  std::array<char, 4096> room;
  for (;;) {
    auto got = co_await client->link->read_some(room, for_ever);
    if (!got) break;
    client->heard.append(room.data(), *got);
  }
  client->closed = true;
}

net::Task<> write_all(net::Link* link, std::string octets) {
  auto written = co_await link->write(octets, for_ever);
  static_cast<void>(written);
}
}  // namespace

InboundWorld::InboundWorld() {
  base::log::set_silent();
  policy.hostname = "mx.example.org";
  auto& made = options.listeners.emplace_back();
  made.binds = {door};
  made.tls = mail::smtp::ServerTls::none;
}

InboundWorld::~InboundWorld() {
  if (listener) world.run(listener->drain(net::Timeout(0)));
  listener.reset();
  world.settle();
}

void InboundWorld::listen() {
  archive::directory::Options directory;
  directory.domains = {{"example.org", "example.org"}, {"copy.example.org", "example.org"}};
  directory.templates["default"] = archive::directory::Template{};
  const auto verifier = mail::sasl::make_verifier(password, world.random, 4096);
  directory.seeds.push_back({std::string(alice), {"al@example.org"}, verifier->text()});
  auto opened = archive::Archive::open(store_, directory, world.clock, world.random, archive::Threading::inline_);
  BOOST_REQUIRE(opened);
  archive_ = std::move(*opened);
  archive_->set_waker([this] { boost::asio::post(world.executor(), [this] { pump(); }); });
  net::ConnectionLimits::Options limits;
  limits.total = options.connections.total;
  limits.per_address = options.connections.per_address;
  limits_.replace_options(std::move(limits));
  auto settings = std::make_shared<relay::Settings>();
  settings->options = options;
  settings->policy = policy;
  settings->domain_name = "example.org";
  settings->server_tls = tls_.server();
  settings_ = std::make_unique<relay::CurrentSettings>(std::move(settings));
  services_ = std::make_unique<relay::InboundServices>(relay::InboundServices{
      *archive_, *settings_, world.clock, world.timers, world.random, "key", "salt", workers, guard_, counts_, space_});
  auto handler = [this](net::Connection connection) -> net::Task<> {
    auto current = settings_->get();
    const auto& at = current->options.listeners.front();
    relay::InboundSession session(std::move(connection), *services_, current, at);
    co_await session.run();
  };
  listener = std::make_unique<net::Listener>(std::move(*world.network.listen(door)), limits_, world.timers, std::move(handler),
                                             net::Listener::Options{});
  listener->start();
}

void InboundWorld::pump() {
  while (archive_->pump()) {
  }
}

std::shared_ptr<InboundWorld::Client> InboundWorld::connect(const std::string& from) {
  auto client = std::make_shared<Client>();
  auto link = world.run(world.network.from(*net::IpAddress::parse(from)).connect(door, std::nullopt, std::chrono::seconds(5)));
  BOOST_REQUIRE(link);
  client->link = std::move(*link);
  if (options.listeners.front().tls == mail::smtp::ServerTls::implicit) start_tls(*client);
  world.spawn(listen_to(client));
  world.settle();
  return client;
}

void InboundWorld::start_tls(Client& client) {
  const auto context = tls_.client();
  net::TlsExpect expect;
  auto started = world.run(client.link->start_tls(*context, expect, std::chrono::seconds(5)));
  BOOST_REQUIRE(started);
}

void InboundWorld::send(Client& client, std::string octets) {
  world.spawn(write_all(client.link.get(), std::move(octets)));
  world.settle();
}

std::string InboundWorld::hear(Client& client) {
  world.settle();
  return std::exchange(client.heard, {});
}

std::shared_ptr<InboundWorld::Client> InboundWorld::connect_with_envelope() {
  auto client = connect();
  hear(*client);
  ask(*client, "EHLO client.example\r\n");
  const auto said = ask(*client, "MAIL FROM:<>\r\nRCPT TO:<alice@example.org>\r\n");
  BOOST_REQUIRE_EQUAL(said, "250 2.1.0 ok\r\n250 2.1.5 ok\r\n");
  return client;
}

}  // namespace understudy::test
