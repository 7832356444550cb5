/// Two machines with whole links over real sockets and real TLS in one process, and strangers who knock at their ports.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/log.hpp"
#include "base/net/tls_pinned.hpp"
#include "relay/peer/peer_link.hpp"
#include "tests/support/knot.hpp"
#include "tests/support/real_loop.hpp"
#include "tests/support/sim_dns.hpp"

namespace understudy::test {

using namespace relay::peer;
using namespace std::chrono_literals;
using net::Task;

class Letters final : public Source {
 public:
  base::Result<std::optional<Next>> next(Position from) override {
    const auto at = all.lower_bound(from);
    if (at == all.end()) return std::nullopt;
    return Next{at->first, at->second};
  }
  std::uint64_t behind(Position from) override {
    return static_cast<std::uint64_t>(std::distance(all.lower_bound(from), all.end()));
  }
  void on_more(std::function<void()> wake) override { wake_ = std::move(wake); }
  void write(Position position, std::string octets) {
    all[position] = std::move(octets);
    if (wake_) wake_();
  }
  std::map<Position, std::string> all;

 private:
  std::function<void()> wake_;
};

class Shelf final : public Sink {
 public:
  Position wanted() override { return durable.empty() ? 0 : durable.rbegin()->first + 1; }
  void take(Position position, std::string octets, Done done) override {
    durable[position] = std::move(octets);
    done({});
  }
  std::map<Position, std::string> durable;
};

class Spelling final : public Responder {
 public:
  void answer(std::string question, Done done) override {
    Answer answer;
    answer.octets = question + "!";
    done(std::move(answer));
  }
};

inline base::SigningKey new_key() {
  base::SystemRandom random;
  return base::SigningKey::make(random);
}

inline net::Endpoint free_place() {
  return {*net::IpAddress::parse("127.0.0.1"), sim::free_port()};
}

struct World {
  ~World() { base::log::set_silent(); }

  /// Runs the loop until it is so; false: not within seconds.
  template <class Condition>
  bool until(Condition condition, std::chrono::seconds limit = 10s) {
    bool reached = false;
    loop.run(watch(std::move(condition), limit, reached), limit + 5s);
    return reached;
  }
  void sleep(std::chrono::milliseconds how_long) { loop.run(pause(how_long)); }

  sim::RealLoop loop;
  net::SystemTimers timers;
  net::TcpConnector connector;
  base::SystemClock clock;
  base::SystemRandom random;
  sim::SimFaults faults;
  sim::SimResolver resolver{faults};

 private:
  template <class Condition>
  Task<> watch(Condition condition, std::chrono::seconds limit, bool& reached) {
    auto timer = timers.make(loop.executor());
    const auto end = clock.steady() + limit;
    while (!(reached = condition()) && clock.steady() < end) co_await timer->wait(2ms);
  }
  Task<> pause(std::chrono::milliseconds how_long) {
    auto timer = timers.make(loop.executor());
    co_await timer->wait(how_long);
  }
};

/// One end of a pair; dials `other`, listens at `at`.
struct End {
  End(World& with, base::SigningKey own, std::optional<base::PublicKey> pin, net::Endpoint at, net::Endpoint other)
      : world(with), key(std::move(own)) {
    options.host = other.address.text();
    options.port = other.port;
    if (pin) options.key = pin->text();
    options.binds = {at};
    options.retry = 50ms;
    options.retry_max = 200ms;
    options.idle = 1s;
    options.window = 100'000;
  }
  ~End() { stop(); }
  End(const End&) = delete;

  void start() {
    auto& loop = world.loop;
    auto listen = [&loop](const net::Endpoint& at) {
      return net::listen_tcp(loop.executor(), at, [&loop] { return loop.executor(); });
    };
    Parts parts{world.connector, world.resolver, world.timers, world.clock, world.random, loop.executor(), listen};
    Identity identity{"understudy test", std::string(16, 'i'), std::string(16, 'c'), "machine.example"};
    link.emplace(std::move(parts), options, key, std::move(identity));
    link->registry().add("letters", "letters/1", static_cast<Source&>(letters));
    link->registry().add("letters", "letters/1", static_cast<Sink&>(shelf));
    link->registry().add("spell", "letters/1", spelling);
    for (const auto& feature : needed) link->registry().need(feature);
    BOOST_REQUIRE(link->start());
  }
  void stop() {
    if (!link) return;
    world.loop.run(link->stop());
    link.reset();
  }
  bool up() const { return link && link->status().connected.has_value(); }
  std::uint64_t refused(const std::string& reason) const {
    const auto counts = link->status().refused;
    const auto found = counts.find(reason);
    return found == counts.end() ? 0 : found->second;
  }

  World& world;
  base::SigningKey key;
  Options options;
  std::vector<std::string> needed;
  Letters letters;
  Shelf shelf;
  Spelling spelling;
  std::optional<PeerLink> link;
};

struct Pair {
  explicit Pair(World& world)
      : keys{new_key(), new_key()},
        at{free_place(), free_place()},
        one(world, keys[0], keys[1].public_key(), at[0], at[1]),
        other(world, keys[1], keys[0].public_key(), at[1], at[0]) {}
  base::SigningKey keys[2];
  net::Endpoint at[2];
  End one, other;
};

/// A machine that holds the right key and is no Understudy behind it: says `first`, reads as long as `reads`.
struct Stranger {
  std::unique_ptr<net::Link> link;
  std::string heard;
  bool shaken = false;
  bool over = false;
};
inline Task<> knock(World& world, net::Endpoint at, base::SigningKey key, base::PublicKey pin, std::string first, bool reads,
                    Stranger& stranger) {
  auto link = co_await world.connector.connect(at, std::nullopt, 5s);
  if (!link) co_return;
  stranger.link = std::move(*link);
  auto tls = net::PinnedTls::make(net::TlsRole::client, key, pin, "understudy-peer");
  auto shaken = co_await tls->start(*stranger.link, 5s);
  stranger.shaken = shaken.has_value();
  auto said = co_await stranger.link->write(first, 5s);
  std::vector<char> room(1000);
  while (said && reads) {
    auto got = co_await stranger.link->read_some(room, 20s);
    if (!got) break;
    stranger.heard.append(room.data(), *got);
  }
  stranger.over = true;
}

inline std::string frames(const std::vector<AnyRecord>& records) {
  std::string out;
  for (const auto& record : records) append_record(out, record);
  return out;
}
inline Hello hello(std::uint16_t lowest = 1, std::vector<std::string> features = {"letters/1"}) {
  return {lowest, lowest, "stranger 7", std::string(16, 's'), std::string(16, 's'), "stranger.example", std::move(features)};
}

}  // namespace understudy::test
