#include "app/serve.hpp"

#include <csignal>
#include <future>
#include <iostream>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "app/admin/api.hpp"
#include "app/admin/machine_parts.hpp"
#include "app/admin/server.hpp"
#include "app/machine.hpp"
#include "archive/store/open.hpp"
#include "base/log.hpp"
#include "base/net/dns_ares.hpp"
#include "base/net/dns_cache.hpp"
#include "base/net/interfaces.hpp"
#include "base/net/loops.hpp"
#include "conf/check_files.hpp"
#include "conf/convert.hpp"
#include "conf/describe.hpp"
#include "conf/difference.hpp"
#include "conf/load.hpp"
#include "routing/describe.hpp"

namespace understudy::app {
namespace {

void print(const conf::Problems& problems) {
  for (const auto& problem : problems) std::cerr << problem.text() << '\n';
}

std::optional<conf::Config> load(const std::string& file) {
  auto loaded = conf::load_and_check(file, net::interface_addresses());
  print(loaded ? loaded->warnings : loaded.error());
  if (!loaded) return std::nullopt;
  return std::move(loaded->config);
}

/// What a machine lives in, for real.
class World {
 public:
  static base::Result<std::unique_ptr<World>> make(const conf::Config& config) {
    std::unique_ptr<World> world(new World);
    auto store = archive::store::open_store(conf::to_store_options(config), world->clock_, world->random_);
    if (!store) return std::unexpected(store.error());
    world->store_ = std::move(*store);
    net::AresResolver::Options dns;
    for (const auto& server : config.relay.dns.servers) dns.servers.push_back(server.text());
    auto resolver = net::AresResolver::make(world->loops_.executor(0), dns);
    if (!resolver) return std::unexpected(resolver.error());
    world->resolver_ = std::move(*resolver);
    world->cache_ = std::make_unique<net::CachingResolver>(*world->resolver_, world->clock_);
    return world;
  }

  Surroundings surroundings() {
    auto listen = [this](const net::Endpoint& endpoint) {
      return net::listen_tcp(loops_.executor(0), endpoint, [this] { return loops_.next_executor(); });
    };
    auto worker_executor = [this] { return loops_.next_executor(); };
    return {*store_,
            clock_,
            random_,
            timers_,
            *cache_,
            connector_,
            std::move(listen),
            loops_.executor(0),
            worker_executor,
            archive::Threading::own,
            &net::interface_addresses};
  }
  net::Loops& loops() { return loops_; }
  net::Timers& timers() { return timers_; }

 private:
  World() : loops_(std::max(1u, std::thread::hardware_concurrency())) {}

  base::SystemClock clock_;
  base::SystemRandom random_;
  net::SystemTimers timers_;
  net::TcpConnector connector_;
  std::unique_ptr<archive::store::Store> store_;
  net::Loops loops_;
  std::unique_ptr<net::AresResolver> resolver_;
  std::unique_ptr<net::CachingResolver> cache_;
};

/// Runs a coroutine on `home` and waits for it from outside of all loops.
template <class T>
T run_on(boost::asio::any_io_executor home, net::Task<T> task) {
  std::promise<T> promise;
  auto future = promise.get_future();
  boost::asio::co_spawn(home, std::move(task), [&promise](std::exception_ptr failure, T value) {
    if (failure) return promise.set_exception(failure);
    promise.set_value(std::move(value));
  });
  return future.get();
}

void run_on(boost::asio::any_io_executor home, net::Task<> task) {
  auto wrapped = [](net::Task<> inner) -> net::Task<int> {
    co_await std::move(inner);
    co_return 0;
  };
  run_on<int>(std::move(home), wrapped(std::move(task)));
}

/// Loads the file again and hands it to the machine; says what changed.
base::Result<std::vector<std::string>> reload(Machine& machine, const std::string& file) {
  auto loaded = conf::load_file(file);
  if (!loaded) {
    std::string all;
    for (const auto& problem : loaded.error()) all += (all.empty() ? "" : "\n") + problem.text();
    return base::fail(all, base::errc::malformed);
  }
  const auto files = conf::check_files(loaded->config, file);
  for (const auto& problem : files)
    if (problem.severity == conf::Severity::error) return base::fail(problem.text(), base::errc::malformed);
  std::vector<std::string> lines;
  for (const auto& change : conf::difference(machine.config(), loaded->config)) {
    const bool later = change.takes == conf::Change::Takes::restart;
    lines.push_back(change.text + (later ? " (after a restart)" : ""));
    base::log::info("reload.change", {{"change", lines.back()}});
  }
  if (auto taken = machine.reload(std::move(loaded->config)); !taken) return std::unexpected(taken.error());
  return lines;
}

net::Task<> reload_on_hangup(Machine& machine, std::string file) {
  boost::asio::signal_set signals(co_await boost::asio::this_coro::executor, SIGHUP);
  for (;;) {
    co_await signals.async_wait(boost::asio::use_awaitable);
    auto done = reload(machine, file);
    if (!done) base::log::error("reload.refused", {{"reason", done.error().text()}});
  }
}

void say_ready(const Machine& machine, const conf::Config& config) {
  std::cout << "ready\nrole " << routing::name_of(machine.role()) << "\nhostname " << config.server.hostname << '\n';
  for (const auto& bound : machine.bound()) std::cout << conf::name_of(bound.protocol) << ' ' << bound.endpoint.text() << '\n';
  std::cout << std::flush;
}

/// Waits for the signal that ends the server. Blocked in every thread before any starts.
int wait_for_end(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  return signal;
}

}  // namespace

int serve(const std::string& config_file) {
  auto config = load(config_file);
  if (!config) return 2;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);  // until reload_on_hangup() listens

  auto world = World::make(*config);
  if (!world) {
    std::cerr << "understudy: " << world.error().text() << '\n';
    return 1;
  }
  const auto home = (*world)->loops().executor(0);
  auto machine = Machine::open(*config, (*world)->surroundings());
  if (!machine) {
    std::cerr << "understudy: " << machine.error().text() << '\n';
    return 1;
  }
  AdminApi api(admin_parts(**machine, [&machine, &config_file] { return reload(**machine, config_file); }));
  AdminServer admin(home, (*world)->timers(), admin_socket_path(config->server.data), api);
  (*world)->loops().start();
  auto begin = [](Machine& it, AdminServer& socket) -> net::Task<base::Result<>> {
    if (auto started = it.start(); !started) co_return started;
    co_return socket.start();
  };
  auto started = run_on<base::Result<>>(home, begin(**machine, admin));
  if (!started) {
    std::cerr << "understudy: " << started.error().text() << '\n';
    (*world)->loops().stop();
    return 1;
  }
  boost::asio::co_spawn(home, reload_on_hangup(**machine, config_file), boost::asio::detached);
  say_ready(**machine, *config);
  base::log::info("serve.ready", {{"role", routing::name_of((*machine)->role())}});

  const int signal = wait_for_end(signals);
  base::log::info("serve.stopping", {{"signal", signal}});
  auto end = [](Machine& it, AdminServer& socket) -> net::Task<> {
    co_await socket.stop();
    co_await it.stop();
  };
  run_on(home, end(**machine, admin));
  (*world)->loops().stop();
  base::log::info("serve.stopped", {});
  return 0;
}

}  // namespace understudy::app
