#include "app/admin/server.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/admin/operators.hpp"
#include "app/admin/session.hpp"
#include "base/log.hpp"
#include "base/net/task_group.hpp"

namespace understudy::app {
namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;

constexpr auto quiet = std::chrono::minutes(1);                ///< between two lines of the log about who is turned away
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

/// As the system says, which nobody at the other end can forge; not yet by which name. nullopt: it says nothing.
std::optional<AdminPeer> peer_of(Protocol::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return AdminPeer{peer.uid, peer.pid, {}};
}

/// Lets the members of a group connect; who of them is let in further is said by the roles.
base::Result<> open_to_group(const std::string& path, const std::string& group) {
  if (group.empty()) return {};
  const auto number = gid_of(group);
  if (!number) return base::fail("server.admin_group: no group " + group, base::errc::not_found);
  if (::chown(path.c_str(), static_cast<uid_t>(-1), *number) != 0 || ::chmod(path.c_str(), 0660) != 0)
    return base::fail("admin socket " + path + " for the group " + group, last_error());
  return {};
}

}  // namespace

struct AdminServer::Impl : std::enable_shared_from_this<AdminServer::Impl> {
  Impl(asio::any_io_executor home_, net::Timers& timers, AdminSocket socket_, AdminApi& api_)
      : home(home_),
        path(std::move(socket_.path)),
        group(std::move(socket_.group)),
        api(api_),
        acceptor(home_),
        pause(timers.make(home_)),
        tasks(home_, timers),
        refusals(home_, timers) {}

  base::Result<> listen();
  static net::Task<> accept_all(std::shared_ptr<Impl> self);
  static net::Task<> serve(std::shared_ptr<Impl> self, std::unique_ptr<AdminSession> session);
  static net::Task<> turn_away(std::shared_ptr<Impl> self, Protocol::socket socket);
  void welcome(Protocol::socket socket, const AdminPeer& peer);
  bool has_room(std::uint32_t user);
  bool make_room(std::optional<std::uint32_t> user);
  void tell_turned_away(std::string_view reason, const std::string& user);
  void close();

  asio::any_io_executor home;
  std::string path, group;
  AdminApi& api;
  Protocol::acceptor acceptor;
  std::unique_ptr<net::Timer> pause;
  std::set<AdminSession*> sessions;
  net::TaskGroup tasks;
  net::TaskGroup refusals;
  bool listening = false;
  std::optional<std::chrono::steady_clock::time_point> told;  ///< when the log was told last of who is turned away
  std::uint64_t turned_away = 0;                              ///< since then
};

base::Result<> AdminServer::Impl::listen() {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return base::fail("admin socket " + path, base::errc::too_long);
  if (auto clear = clear_path(path, home); !clear) return clear;
  boost::system::error_code error;
  acceptor.open(Protocol(), error);
  // The file that bind() makes takes the mode of the socket: nobody else can connect, not even for a moment.
  if (!error && ::fchmod(acceptor.native_handle(), S_IRUSR | S_IWUSR) != 0) error = last_error();
  if (!error) acceptor.bind(Protocol::endpoint(path), error);
  if (auto opened = !error ? open_to_group(path, group) : base::Result<>(); !opened) return opened;
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
    auto peer = peer_of(socket);
    if (peer && self->api.admits(peer->uid, ::geteuid()) == Admission::let_in) {
      peer->account = account_of(peer->uid);  // of those alone who are let in: it may ask a directory far away
      self->welcome(std::move(socket), *peer);
    } else {
      self->tell_turned_away("another user", peer ? std::to_string(peer->uid) : std::string());
    }
  }
}

void AdminServer::Impl::welcome(Protocol::socket socket, const AdminPeer& peer) {
  if (has_room(peer.uid)) {
    auto session = std::make_unique<AdminSession>(std::move(socket), peer, api);
    auto* raw = session.get();
    sessions.insert(raw);
    const auto spawned = tasks.spawn(home, "admin", serve(shared_from_this(), std::move(session)));
    if (spawned == net::TaskGroup::Spawned::stopping) sessions.erase(raw);
    return;
  }
  tell_turned_away("too many connections", std::to_string(peer.uid));
  if (refusals.size() < max_connections)
    refusals.spawn(home, "admin.refusal", turn_away(shared_from_this(), std::move(socket)));
}

/// For one more connection of this user, if need be in the place of one that waits.
bool AdminServer::Impl::has_room(std::uint32_t user) {
  const auto his = [user](const AdminSession* session) { return session->user() == user; };
  if (static_cast<std::size_t>(std::ranges::count_if(sessions, his)) >= max_of_one_user) return make_room(user);
  return sessions.size() < max_connections || make_room(std::nullopt);
}

/// A line a minute, with how many there were since the last one: who may connect could fill the log else.
void AdminServer::Impl::tell_turned_away(std::string_view reason, const std::string& user) {
  turned_away += 1;
  const auto now = std::chrono::steady_clock::now();
  if (told && now < *told + quiet) return;
  told = now;
  base::log::warn("admin.turned_away", {{"reason", reason}, {"uid", user}, {"times", std::exchange(turned_away, 0)}});
}

/// Ends the session, of this user or of anybody, that has waited longest for a request. False: none waits.
bool AdminServer::Impl::make_room(std::optional<std::uint32_t> user) {
  AdminSession* longest = nullptr;
  for (auto* session : sessions)
    if ((!user || session->user() == *user) && session->idle_since() &&
        (!longest || *session->idle_since() < *longest->idle_since()))
      longest = session;
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
  AdminSession session(std::move(socket), AdminPeer{}, self->api);
  co_await session.turn_away();
}

void AdminServer::Impl::close() {
  if (!listening) return;
  listening = false;
  boost::system::error_code ignored;
  acceptor.close(ignored);
  ::unlink(path.c_str());
}

AdminServer::AdminServer(asio::any_io_executor home, net::Timers& timers, AdminSocket socket, AdminApi& api)
    : impl_(std::make_shared<Impl>(std::move(home), timers, std::move(socket), api)) {}

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

AdminSocket admin_socket(const conf::Server& server) {
  return {server.admin_socket.empty() ? admin_socket_path(server.data) : server.admin_socket, server.admin_group};
}

}  // namespace understudy::app
