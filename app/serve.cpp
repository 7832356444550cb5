#include "app/serve.hpp"

#include <csignal>
#include <future>
#include <iostream>
#include <thread>

#include <boost/asio/co_spawn.hpp>

#include "app/admin/api.hpp"
#include "app/admin/machine_parts.hpp"
#include "app/admin/server.hpp"
#include "app/configuration_digest.hpp"
#include "app/key_ring.hpp"
#include "app/machine.hpp"
#include "app/problems.hpp"
#include "app/reloader.hpp"
#include "app/version.hpp"
#include "archive/await.hpp"
#include "archive/store/open.hpp"
#include "base/descriptors.hpp"
#include "base/log.hpp"
#include "base/net/dns_ares.hpp"
#include "base/net/dns_cache.hpp"
#include "base/net/interfaces.hpp"
#include "base/net/loops.hpp"
#include "conf/check_files.hpp"
#include "conf/convert.hpp"
#include "conf/describe.hpp"
#include "conf/load.hpp"
#include "routing/describe.hpp"

namespace understudy::app {
namespace {

void complain(const base::Error& error) {
  std::cerr << "understudy: " << error.text() << '\n';
}

void complain_of_store(const base::Error& error) {
  if (error.code != base::errc::busy) return complain(error);
  std::cerr << "understudy: " << error.context  // names the process
            << ", another understudy; stop that one first, or give this one a `server.data` of its own\n";
}

std::optional<conf::Config> load(const std::string& file) {
  auto loaded = conf::load_and_check(file, net::interface_addresses());
  say(std::cerr, loaded ? loaded->warnings : loaded.error());
  if (!loaded) return std::nullopt;
  return std::move(loaded->config);
}

constexpr auto admin_wait = std::chrono::seconds(2);  ///< for requests under way when the server ends

/// What a machine lives in, for real.
class World {
 public:
  static base::Result<std::unique_ptr<World>> make(const conf::Config& config, std::uint64_t descriptors) {
    std::unique_ptr<World> world(new World(descriptors));
    auto ring = open_ring(config, world->random_, world->clock_);
    if (!ring) return std::unexpected(ring.error());
    auto options = conf::to_store_options(config);
    options.keys = std::move(*ring);
    auto store = archive::store::open_store(options, world->clock_, world->random_);
    if (!store) return std::unexpected(explain_store(store.error(), config));
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
            workers_,
            std::move(listen),
            loops_.executor(0),
            worker_executor,
            archive::Threading::own,
            &net::interface_addresses,
            descriptors_,
            [this](const net::Endpoint& endpoint) {
              return net::listen_tcp(loops_.executor(0), endpoint, [this] { return loops_.executor(0); });
            }};
  }
  /// What the workers have taken ends, then the loops do.
  void end() {
    workers_.stop();
    loops_.stop();
  }
  net::Loops& loops() { return loops_; }
  net::Timers& timers() { return timers_; }
  net::Workers& workers() { return workers_; }

 private:
  static constexpr std::size_t worker_threads = 2;
  static constexpr std::size_t waiting_jobs =
      64;  ///< a password hash takes some milliseconds: what comes last waits under a second
  explicit World(std::uint64_t descriptors)
      : descriptors_(descriptors),
        loops_(std::max(1u, std::thread::hardware_concurrency())),
        workers_(worker_threads, waiting_jobs) {}

  const std::uint64_t descriptors_;
  base::SystemClock clock_;
  base::SystemRandom random_;
  net::SystemTimers timers_;
  net::TcpConnector connector_;
  std::unique_ptr<archive::store::Store> store_;
  net::Loops loops_;
  net::WorkerThreads workers_;
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

void say_ready(const Machine& machine, const conf::Config& config) {
  std::cout << "ready\nrole " << routing::name_of(machine.role()) << "\nhostname " << config.server.hostname << '\n';
  for (const auto& bound : machine.bound()) std::cout << conf::name_of(bound.protocol) << ' ' << bound.endpoint.text() << '\n';
  std::cout << std::flush;
}

/// How many descriptors the process has from now on; nullopt: too few, which is said.
std::optional<std::uint64_t> enough_descriptors(const conf::Config& config, const std::string& config_file) {
  const auto descriptors = base::raise_descriptors();
  if (descriptors == base::most_descriptors()) return descriptors;  // what the configuration was checked against
  const auto problems = conf::check_descriptors(config, config_file, descriptors);
  say(std::cerr, problems);
  if (conf::has_error(problems)) return std::nullopt;
  return descriptors;
}

/// The machine, its admin socket and its reloads: they begin and end together.
class Service {
 public:
  Service(World& world, Machine& machine, const std::string& config_file)
      : world_(world),
        machine_(machine),
        reloader_(machine, world.workers(), config_file),
        api_(machine.archive(), machine.door(), admin_parts(machine, reloader_)),
        admin_(machine.home(), world.timers(), admin_socket(machine.config().server), api_),
        signalled_(machine.home(), world.timers()) {}

  net::Task<base::Result<>> begin() {
    // Before anything is taken or asked: a life of the server that the audit journal does not know of never was.
    archive::audit::Fields taken;
    taken.push_back(configuration_field(machine_.config()));
    auto noted = co_await note("server/start", std::move(taken), "starts as version " + std::string(version));
    if (!noted) co_return base::fail("audit journal", noted.error());
    if (auto started = machine_.start(); !started) co_return started;
    if (auto started = admin_.start(); !started) co_return started;
    signalled_.spawn(machine_.home(), "reload", reloader_.on_hangup(world_.timers()));
    co_return base::Result<>();
  }
  net::Task<> end() {
    machine_.leave();
    signalled_.cancel();
    co_await admin_.stop(admin_wait);
    co_await signalled_.wait(admin_wait);
    auto noted = co_await note("server/stop", archive::audit::Fields(), "stops");
    if (!noted) base::log::warn("audit.stop_not_noted", {{"reason", noted.error().text()}});
    co_await machine_.stop();
  }

 private:
  net::Task<base::Result<>> note(std::string action, archive::audit::Fields object, std::string outcome) {
    auto start = [&](archive::Done<> done) {
      machine_.door().note(std::move(action), std::move(object), std::move(outcome), std::move(done));
    };
    co_return co_await archive::wait_for<void>(std::move(start));
  }

  World& world_;
  Machine& machine_;
  Reloader reloader_;
  AdminApi api_;
  AdminServer admin_;
  net::TaskGroup signalled_;
};

/// Those that wait_for_end() waits for. Blocked here, before any thread starts, they are in all of them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);  // until Reloader::on_hangup() listens
  return signals;
}

enum class End : std::uint8_t { told, archive_stopped };

/// Until a signal tells us to end; blocked in every thread before any starts. An archive that has stopped takes nothing until
/// it is opened anew: then a process that stays would only be in the way of the next one.
End wait_for_end(const sigset_t& signals, Machine& machine) {
  constexpr timespec pause{1, 0};
  for (;;) {
    const int signal = sigtimedwait(&signals, nullptr, &pause);
    if (signal > 0) {
      base::log::info("serve.stopping", {{"signal", signal}});
      return End::told;
    }
    machine.space();  // a change is logged also while nobody hands over mail
    if (!machine.archive().stopped()) continue;
    base::log::error("serve.stopping", {{"reason", "the archive takes nothing any more; the log says why above"}});
    return End::archive_stopped;
  }
}

}  // namespace

int serve(const std::string& config_file) {
  auto config = load(config_file);
  if (!config) return 2;
  const auto signals = block_signals();
  const auto descriptors = enough_descriptors(*config, config_file);
  if (!descriptors) return 2;
  auto world = World::make(*config, *descriptors);
  if (!world) {
    complain_of_store(world.error());
    return 1;
  }
  auto machine = Machine::open(*config, (*world)->surroundings());
  if (!machine) {
    complain(machine.error());
    return 1;
  }
  const auto home = (*machine)->home();
  Service service(**world, **machine, config_file);
  (*world)->loops().start();
  auto started = run_on<base::Result<>>(home, service.begin());
  auto why = End::told;
  if (started) {
    say_ready(**machine, *config);
    base::log::info("serve.ready", {{"role", routing::name_of((*machine)->role())}});
    why = wait_for_end(signals, **machine);
  } else {
    complain(started.error());
  }
  run_on(home, service.end());
  (*world)->end();
  if (!started) return 1;
  base::log::info("serve.stopped", {});
  return why == End::told ? 0 : 1;
}

}  // namespace understudy::app
