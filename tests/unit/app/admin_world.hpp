/// The admin verbs on an archive in memory, asked without a socket.
#pragma once

#include <atomic>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/admin/api.hpp"
#include "app/admin/visit.hpp"
#include "archive/await.hpp"
#include "tests/support/archive_world.hpp"

namespace understudy::test {

struct AdminWorld : ArchiveWorld {
  explicit AdminWorld(archive::audit::Pace::Limit pace = {1e9, 1e9, 0}) {
    BOOST_REQUIRE(open());
    auto signer = archive::HeadSigner::make(archive(), clock, base::SigningKey::make(random));
    BOOST_REQUIRE(signer.has_value());
    head_signer = std::move(*signer);
    witness = std::make_unique<archive::witness::Witness>(archive(), *head_signer, clock);
    audit_witness = std::make_unique<archive::witness::Witness>(archive(), *head_signer, clock, archive::journal::audit_log);
    door = std::make_unique<archive::audit::Door>(archive(), clock, archive::audit::Policy(), pace);
    auto report = [](base::WallTime, base::WallTime) { return no_report(); };
    const app::Acts acts({*head_signer, *witness, *audit_witness, nullptr, [this] { retried_all += 1; },
                          [this](const archive::outbox::Id& id) { retried.push_back(id.text()); },
                          [this] { return replace_key(this); }, [this] { return reload(this); }, report});
    api.emplace(archive(), *door,
                app::AdminParts{acts, *door, *witness, *audit_witness, nullptr, clock, [this] { return machine_status; },
                                [this] { return settings; }, [this] { return policy; }, [this] { return held_hops; },
                                [](const routing::Hop& hop) { return "next of " + hop.text; },
                                [this](std::chrono::milliseconds wait) { return pause(this, wait); }});
  }
  ~AdminWorld() { api.reset(); }

  app::AdminAnswer ask(const std::string& verb, boost::json::object arguments = {}) {
    std::optional<app::AdminAnswer> answer;
    app::AdminRequest request{verb, std::move(arguments), peer, visit};
    boost::asio::co_spawn(context, api->handle(std::move(request)), [&](std::exception_ptr thrown, app::AdminAnswer given) {
      if (thrown) std::rethrow_exception(thrown);
      answer = std::move(given);
    });
    for (int turn = 0; !answer && turn < 1000; ++turn) {
      context.restart();
      context.poll();
      pump();
    }
    BOOST_REQUIRE(answer.has_value());
    return std::move(*answer);
  }
  /// The value of an answer that must be Status::done.
  boost::json::value get(const std::string& verb, boost::json::object arguments = {}) {
    auto answer = ask(verb, std::move(arguments));
    BOOST_REQUIRE_MESSAGE(answer.status == app::AdminAnswer::Status::done,
                          verb << ": " << boost::json::serialize(answer.value));
    return std::move(answer.value);
  }
  app::AdminAnswer::Status status(const std::string& verb, boost::json::object arguments = {}) {
    return ask(verb, std::move(arguments)).status;
  }
  /// All pages of a list.
  boost::json::array list(const std::string& verb, boost::json::object arguments = {}) {
    boost::json::array all;
    for (int page = 0; page < 1000; ++page) {
      auto answer = ask(verb, arguments);
      BOOST_REQUIRE_MESSAGE(answer.status == app::AdminAnswer::Status::done,
                            verb << ": " << boost::json::serialize(answer.value));
      pages = page + 1;
      for (auto& row : answer.value.as_array()) all.push_back(std::move(row));
      if (answer.next.empty()) return all;
      arguments["after"] = answer.next;
    }
    BOOST_FAIL("the list has no end");
    return all;
  }

  /// All that is stored but the audit journal, in which each request is written.
  Dump kept() {
    auto all = dump(store());
    std::erase_if(
        all, [](const auto& table) { return table.first.second == archive::journal::shard_of(archive::journal::audit_log); });
    return all;
  }

  static net::Task<bool> pause(AdminWorld* world, std::chrono::milliseconds wait) {
    world->paused.push_back(wait);
    world->clock.advance(wait);
    if (world->while_paused) world->while_paused();
    co_return true;
  }
  static net::Task<base::Result<boost::json::object>> no_report() { co_return boost::json::object(); }

  static net::Task<base::Result<std::vector<std::string>>> reload(AdminWorld* world) {
    boost::asio::steady_timer turn(co_await boost::asio::this_coro::executor);
    for (++world->reloads; world->hold_reload;) {
      turn.expires_after(std::chrono::milliseconds(5));
      co_await turn.async_wait(boost::asio::use_awaitable);
    }
    co_return world->reloaded;
  }

  static net::Task<base::Result<base::PublicKey>> replace_key(AdminWorld* world) {
    const auto key = base::SigningKey::make(world->random);
    auto start = [world, &key](archive::Done<> done) { world->head_signer->replace_key(key, std::move(done)); };
    const auto told = co_await archive::wait_for<void>(std::move(start));
    if (!told) co_return std::unexpected(told.error());
    co_return key.public_key();
  }

  boost::asio::io_context context{1};
  std::unique_ptr<archive::HeadSigner> head_signer;
  std::unique_ptr<archive::witness::Witness> witness, audit_witness;
  std::unique_ptr<archive::audit::Door> door;
  app::AdminPeer peer{0, 1, "root"};              ///< who asks
  app::AdminVisit* visit = nullptr;               ///< his connection; nullptr: one for each request
  std::vector<std::chrono::milliseconds> paused;  ///< until their turn came
  std::function<void()> while_paused;             ///< happens while somebody waits for his turn
  std::optional<app::AdminApi> api;
  int retried_all = 0;
  int pages = 0;  ///< of the last list
  std::vector<std::string> retried;
  boost::json::object machine_status{{"role", "archive"}};
  std::vector<conf::Setting> settings;
  routing::Policy policy;
  std::map<std::string, app::HeldHop> held_hops;
  std::atomic<int> reloads{0};
  std::atomic<bool> hold_reload{false};  ///< as long as this, no reload ends
  base::Result<std::vector<std::string>> reloaded = std::vector<std::string>{};
};

inline std::string text_of(const boost::json::value& row, std::string_view key) {
  return std::string(row.as_object().at(key).as_string());
}

}  // namespace understudy::test

namespace understudy::app {
inline std::ostream& operator<<(std::ostream& out, AdminAnswer::Status status) {
  static constexpr const char* names[] = {"done", "failed", "not_found", "wrong_usage", "refused"};
  return out << names[static_cast<std::size_t>(status)];
}
}  // namespace understudy::app
