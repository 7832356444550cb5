#include <exception>
#include <limits>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "archive/access/imap/session.hpp"
#include "archive/access/imap/session_parts.hpp"

namespace understudy::archive::access::imap {

namespace command = mail::imap::command;

namespace {
constexpr std::chrono::seconds look_every(15);  // at the login, while nothing happens
/// At the rights to a mailbox of somebody else: the commit that changes them may wake us before they are known.
constexpr std::chrono::seconds look_at_rights_every(1);
constexpr std::chrono::minutes word_every(2);  // routers forget a connection after some minutes

/// However it ends, also by an exception, of which nobody else would hear: whoever waits for it goes on.
struct Ends {
  Ends(bool& of, net::Timer& waited_on, bool& is_lost) : runs(of), waited(waited_on), lost(is_lost) {}
  ~Ends() {
    runs = false;
    lost = lost || std::uncaught_exceptions() > before;
    waited.cancel();
  }
  bool& runs;
  net::Timer& waited;
  bool& lost;
  const int before = std::uncaught_exceptions();
};

/// `runs` is true as long as the task does; where it cannot begin it is not, and the exception goes on.
template <class Task>
void begin(bool& runs, boost::asio::any_io_executor executor, Task task) {
  runs = true;
  try {
    boost::asio::co_spawn(std::move(executor), task(), boost::asio::detached);
  } catch (...) {
    runs = false;
    throw;
  }
}
}  // namespace

/// Looks after the login, and lets the ways between know that the connection is alive: a router forgets one that says nothing.
net::Task<> Session::keep_alive() {
  auto& idling = *idling_;
  const Ends ends(idling.ticking, *idling.pushed, idling.lost);
  auto next_word = services_.clock.steady() + word_every;
  while (!idling.over) {
    const bool of_others = selected_ && selected_own() == 0;
    const auto waited = co_await idling.tick->wait(of_others ? look_at_rights_every : look_every);
    if (waited == net::Waited::cancelled || idling.over) break;
    const bool over = !has_authority();
    const bool is_time = services_.clock.steady() >= next_word;
    if (is_time) next_word = services_.clock.steady() + word_every;
    idling.still_here = idling.still_here || is_time;
    bool has_other_rights = false;
    if (selected_ && selected_own() == 0)
      has_other_rights = rights_to(selected_->account().number(), selected_->folder()) != selected_->rights();
    if (over || is_time || has_other_rights) wake_up();
  }
}

/// Writes what commits bring, in IDLE and behind NOTIFY SET between commands, for as long as something comes; the session reads
/// meanwhile. One at a time.
net::Task<> Session::push_changes() {
  auto& idling = *idling_;
  const Ends ends(idling.pushing, *idling.pushed, idling.lost);
  while (idling.again && !idling.over) {
    idling.again = false;
    if (!has_authority()) {
      bye("this login is over");
      co_await flush();
      idling.lost = true;
      link_->abort();  // ends the reading, too
      break;
    }
    static_cast<void>(keeps_selected());
    if (std::exchange(idling.still_here, false)) output_ += "* OK still here\r\n";
    Selected::Told told;
    told.expunges = idling.expunges;
    told.vanished = qresync_;
    told.mod_sequence = condstore_;
    std::optional<base::Result<>> done = base::Result<>();
    const bool hears = !notify_ || notify_->set.selected() != NotifySet::Selected::untold;
    if (selected_ && hears) done = co_await tell(told);
    if (done && *done) done = co_await tell_notified(std::numeric_limits<std::size_t>::max());
    if (done && !*done) static_cast<void>(reply_for(done->error()));  // into the log; the next command will meet it again
    idling.lost = !done;
    if (!done || !*done) break;
    const bool flushed = co_await flush();
    idling.lost = !flushed;
    if (!flushed) break;
  }
}

/// RFC 2177: until DONE the client hears of each change as it is committed.
net::Task<Reply> Session::on(command::Idle&) {
  output_ += "+ idling\r\n";
  const bool flushed = co_await flush();  // before there is a second one who writes
  if (!flushed) co_return Reply::lost();
  std::optional<std::string> line;
  std::exception_ptr thrown;
  presence_.is(Standing::idle);
  try {
    begin_pushing(Waits::in_idle);
    line = co_await read_line(command_wait());
  } catch (...) {  // the tasks work with this session: they end first
    thrown = std::current_exception();
  }
  const bool pushed = co_await end_pushing();
  presence_.is(Standing::user);
  if (thrown) std::rethrow_exception(thrown);
  if (!line || !pushed) co_return Reply::lost();
  if (!mail::imap::is_done(*line)) co_return Reply::bad("DONE was expected");
  co_return Reply::ok("done");
}

net::Task<bool> Session::fill_and_push(net::Timeout timeout) {
  bool filled = false;
  std::exception_ptr thrown;
  try {
    begin_pushing(Waits::between_commands);
    filled = co_await fill(timeout);
  } catch (...) {
    thrown = std::current_exception();
  }
  const bool pushed = co_await end_pushing();
  if (thrown) std::rethrow_exception(thrown);
  co_return filled&& pushed;
}

void Session::begin_pushing(Waits where) {
  idling_ = std::make_unique<Idling>();
  auto& idling = *idling_;
  const bool may_expunge = where == Waits::in_idle || notify_->set.selected() == NotifySet::Selected::at_once;
  idling.expunges = may_expunge;
  idling.pushed = services_.timers.make(link_->executor());
  idling.tick = services_.timers.make(link_->executor());
  begin(idling.ticking, link_->executor(), [this] { return keep_alive(); });
  if (!selected_ && !is_notified()) return;
  // The wake-up comes on the committing thread and may outlast this wait: it finds out whether the session still waits.
  auto here = std::make_shared<Session*>(this);
  idling.here = here;
  auto wake = [executor = link_->executor(), weak = std::weak_ptr(here)] {
    boost::asio::post(executor, [weak] {
      const auto session = weak.lock();
      if (session && *session) (*session)->wake_up();
    });
  };
  idling.watch = mailbox::LiveAccount::watch(account_, wake);
  if (selected_ && selected_own() == 0)
    idling.watch_of_selected = mailbox::LiveAccount::watch(selected_->account_ptr(), std::move(wake));
  wake_up();  // what came before the watch was there
}

/// False: what was written has not arrived, and the client knows less than the session.
net::Task<bool> Session::end_pushing() {
  if (!idling_) co_return true;  // it did not even begin
  auto& idling = *idling_;
  idling.over = true;
  idling.watch.reset();
  idling.watch_of_selected.reset();
  idling.here.reset();
  if (idling.tick) idling.tick->cancel();
  while (idling.pushing || idling.ticking) {
    if (idling.pushing && shield_->dismissed()) link_->abort();  // else the write could hold up the end
    co_await idling.pushed->wait(std::chrono::hours(1));         // the write has a deadline of its own
    co_await turns_.give_way();
  }
  const bool lost = idling.lost;
  idling_.reset();
  co_return !lost;
}

/// On the session's executor.
void Session::wake_up() {
  if (!idling_ || idling_->over) return;
  idling_->again = true;
  if (idling_->pushing) return;
  begin(idling_->pushing, link_->executor(), [this] { return push_changes(); });
}

}  // namespace understudy::archive::access::imap
