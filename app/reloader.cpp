#include "app/reloader.hpp"

#include <csignal>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "app/configuration_digest.hpp"
#include "archive/await.hpp"
#include "base/log.hpp"
#include "conf/check_files.hpp"
#include "conf/difference.hpp"

namespace understudy::app {
namespace {

constexpr auto busy_wait = std::chrono::milliseconds(200);

struct Loaded {
  std::vector<std::string> changes;
  Machine::Prepared prepared;
};

/// All that waits for files. On a worker's thread.
base::Result<Loaded> load(const Machine& machine, const conf::Config& running, const std::string& file) {
  auto loaded = conf::load_and_check(file, {});  // an address of ours is worth a warning, and only errors are told here
  if (!loaded) {
    std::string all;
    for (const auto& problem : loaded.error()) all += (all.empty() ? "" : "\n") + problem.text();
    return base::fail(all, base::errc::malformed);
  }
  Loaded result;
  for (const auto& change : conf::difference(running, loaded->config)) {
    const bool later = change.takes == conf::Change::Takes::restart;
    result.changes.push_back(change.text + (later ? " (after a restart)" : ""));
  }
  auto prepared = machine.prepare(running, std::move(loaded->config));
  if (!prepared) return std::unexpected(prepared.error());
  result.prepared = std::move(*prepared);
  return result;
}

}  // namespace

net::Task<base::Result<std::vector<std::string>>> Reloader::reload(By by) {
  if (under_way_) co_return base::fail("another reload is under way", base::errc::busy);
  under_way_ = true;
  auto lines = co_await load_and_take(by);
  under_way_ = false;
  co_return lines;
}

net::Task<base::Result<std::vector<std::string>>> Reloader::load_and_take(By by) {
  auto work = [machine = &machine_, running = machine_.config(), file = file_] { return load(*machine, running, file); };
  auto loaded = co_await net::run_by(workers_, std::move(work));
  if (!loaded) co_return base::fail("the server has too much to do, try again", base::errc::busy);
  if (!*loaded) co_return std::unexpected(loaded->error());
  if (by == By::signal) {
    auto noted = co_await note((*loaded)->changes, (*loaded)->prepared.config);
    if (!noted) co_return base::fail("audit journal", noted.error());
  }
  machine_.take(std::move((*loaded)->prepared));
  for (const auto& change : (*loaded)->changes) base::log::info("reload.change", {{"change", change}});
  co_return std::move((*loaded)->changes);
}

/// What is about to change, before it does.
net::Task<base::Result<>> Reloader::note(const std::vector<std::string>& changes, const conf::Config& taken) {
  std::string lines = changes.empty() ? "takes the configuration; nothing changed" : "takes the configuration: ";
  for (const auto& change : changes) lines += (&change == &changes.front() ? "" : "; ") + change;
  archive::audit::Fields object;
  object.push_back({"by", "SIGHUP"});
  object.push_back(configuration_field(taken));
  auto start = [this, &object, &lines](archive::Done<> done) {
    machine_.door().note("server/reload", std::move(object), std::move(lines), std::move(done));
  };
  co_return co_await archive::wait_for<void>(std::move(start));
}

net::Task<> Reloader::on_hangup(net::Timers& timers) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::signal_set signals(executor, SIGHUP);
  auto pause = timers.make(executor);
  for (;;) {
    boost::system::error_code error;
    co_await signals.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) co_return;
    auto done = co_await reload(By::signal);
    while (!done && done.error().code == base::errc::busy) {  // what it reads may be older than the signal
      if (co_await pause->wait(busy_wait) == net::Waited::cancelled) co_return;
      done = co_await reload(By::signal);
    }
    if (!done) base::log::error("reload.refused", {{"reason", done.error().text()}});
  }
}

}  // namespace understudy::app
