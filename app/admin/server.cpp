#include "app/admin/server.hpp"

#include <cerrno>
#include <set>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/admin/session.hpp"
#include "base/log.hpp"
#include "base/net/task_group.hpp"

namespace understudy::app {
namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

constexpr auto trouble_wait = std::chrono::milliseconds(200);  ///< after an accept that failed for want of resources

boost::system::error_code last_error() {
  return {errno, boost::system::system_category()};
}

/// Takes a socket of a dead process out of the way.
base::Result<> clear_path(const std::string& path, asio::any_io_executor executor) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return base::fail("admin socket " + path, last_error());
  }
  if (!S_ISSOCK(found.st_mode)) return base::fail("admin socket " + path + " (another file has this name)", base::errc::exists);
  boost::system::error_code error;
  Protocol::socket probe(executor);
  probe.connect(Protocol::endpoint(path), error);
  if (!error) return base::fail("admin socket " + path + " (a server answers there)", base::errc::busy);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return base::fail("admin socket " + path, last_error());
  return {};
}

/// The server's own user, and root.
bool may_ask(Protocol::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

}  // namespace

struct AdminServer::Impl : std::enable_shared_from_this<AdminServer::Impl> {
  Impl(asio::any_io_executor home_, net::Timers& timers, std::string path_, AdminApi& api_)
      : home(home_),
        path(std::move(path_)),
        api(api_),
        acceptor(home_),
        pause(timers.make(home_)),
        tasks(home_, timers),
        refusals(home_, timers) {}

  base::Result<> listen();
  static net::Task<> accept_all(std::shared_ptr<Impl> self);
  static net::Task<> serve(std::shared_ptr<Impl> self, std::unique_ptr<AdminSession> session);
  static net::Task<> turn_away(std::shared_ptr<Impl> self, Protocol::socket socket);
  void welcome(Protocol::socket socket);
  bool make_room();
  void close();

  asio::any_io_executor home;
  std::string path;
  AdminApi& api;
  Protocol::acceptor acceptor;
  std::unique_ptr<net::Timer> pause;
  std::set<AdminSession*> sessions;
  net::TaskGroup tasks;
  net::TaskGroup refusals;
  bool listening = false;
};

base::Result<> AdminServer::Impl::listen() {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return base::fail("admin socket " + path, base::errc::too_long);
  if (auto clear = clear_path(path, home); !clear) return clear;
  boost::system::error_code error;
  acceptor.open(Protocol(), error);
  // The file that bind() makes takes the mode of the socket: nobody else can connect, not even for a moment.
  if (!error && ::fchmod(acceptor.native_handle(), S_IRUSR | S_IWUSR) != 0) error = last_error();
  if (!error) acceptor.bind(Protocol::endpoint(path), error);
  if (!error) acceptor.listen(static_cast<int>(max_connections), error);
  if (error) return base::fail("admin socket " + path, error);
  listening = true;
  return {};
}

net::Task<> AdminServer::Impl::accept_all(std::shared_ptr<Impl> self) {
  while (self->acceptor.is_open()) {
    boost::system::error_code error;
    auto socket = co_await self->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      base::log::warn("admin.accept", {{"reason", error.message()}});
      co_await self->pause->wait(trouble_wait);
      continue;
    }
    if (may_ask(socket)) {
      self->welcome(std::move(socket));
    } else {
      base::log::warn("admin.turned_away", {{"reason", "another user"}});
    }
  }
}

void AdminServer::Impl::welcome(Protocol::socket socket) {
  if (sessions.size() < max_connections || make_room()) {
    auto session = std::make_unique<AdminSession>(std::move(socket), api);
    auto* raw = session.get();
    sessions.insert(raw);
    const auto spawned = tasks.spawn(home, "admin", serve(shared_from_this(), std::move(session)));
    if (spawned == net::TaskGroup::Spawned::stopping) sessions.erase(raw);
    return;
  }
  base::log::warn("admin.turned_away", {{"connections", sessions.size()}});
  if (refusals.size() < max_connections)
    refusals.spawn(home, "admin.refusal", turn_away(shared_from_this(), std::move(socket)));
}

/// Ends the session that has waited longest for a request. False: none waits.
bool AdminServer::Impl::make_room() {
  AdminSession* longest = nullptr;
  for (auto* session : sessions)
    if (session->idle_since() && (!longest || *session->idle_since() < *longest->idle_since())) longest = session;
  if (!longest) return false;
  sessions.erase(longest);  // its task ends by itself
  longest->abort();
  return true;
}

net::Task<> AdminServer::Impl::serve(std::shared_ptr<Impl> self, std::unique_ptr<AdminSession> session) {
  try {
    co_await session->run();
  } catch (const std::exception& thrown) {
    base::log::error("admin.exception", {{"what", thrown.what()}});
  }
  self->sessions.erase(session.get());
}

net::Task<> AdminServer::Impl::turn_away(std::shared_ptr<Impl> self, Protocol::socket socket) {
  AdminSession session(std::move(socket), self->api);
  co_await session.turn_away();
}

void AdminServer::Impl::close() {
  if (!listening) return;
  listening = false;
  boost::system::error_code ignored;
  acceptor.close(ignored);
  ::unlink(path.c_str());
}

AdminServer::AdminServer(asio::any_io_executor home, net::Timers& timers, std::string socket_path, AdminApi& api)
    : impl_(std::make_shared<Impl>(std::move(home), timers, std::move(socket_path), api)) {}

AdminServer::~AdminServer() {
  impl_->close();
}

base::Result<> AdminServer::start() {
  if (auto listening = impl_->listen(); !listening) return listening;
  impl_->tasks.spawn(impl_->home, "admin.accept", Impl::accept_all(impl_));
  return {};
}

net::Task<> AdminServer::stop(std::chrono::milliseconds wait) {
  const auto impl = impl_;
  impl->close();
  impl->pause->cancel();
  impl->refusals.cancel();
  for (auto* session : impl->sessions) session->finish();
  if (co_await impl->tasks.wait(wait) == 0) co_return;
  for (auto* session : impl->sessions) session->abort();
  impl->tasks.cancel();
  co_await impl->tasks.wait(std::chrono::seconds(1));
}

std::string admin_socket_path(const std::string& data) {
  return data + "/admin.sock";
}

}  // namespace understudy::app
