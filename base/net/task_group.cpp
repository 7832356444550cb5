#include "base/net/task_group.hpp"

#include <map>
#include <mutex>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"

namespace understudy::net {
namespace asio = boost::asio;
namespace {
struct Entry {
  asio::any_io_executor where;
  std::shared_ptr<Shield> shield;  // used on `where` alone; may be none
  asio::cancellation_signal stop;  // used on `where` alone
};

asio::awaitable<void> run(std::string name, asio::awaitable<void> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  // Not within spawn(): who spawns may hold a lock of its own, and a task may spawn another one.
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  try {
    co_await std::move(task);
  } catch (const std::exception& thrown) {
    base::log::error("task.exception", {{"task", name}, {"what", thrown.what()}});
  }
}
}  // namespace

struct TaskGroup::State {
  State(asio::any_io_executor at, std::unique_ptr<Timer> timer) : home(std::move(at)), waiter(std::move(timer)) {}
  const asio::any_io_executor home;
  const std::unique_ptr<Timer> waiter;  // used on `home` alone
  std::mutex mutex;                     // guards the rest
  std::map<std::uint64_t, std::shared_ptr<Entry>> entries;
  std::uint64_t next = 0;
  bool stopping = false;

  std::size_t size() {
    const std::lock_guard lock(mutex);
    return entries.size();
  }
};

namespace {
template <class State>
void ended(const std::shared_ptr<State>& state, std::uint64_t id, const std::shared_ptr<Entry>& entry) {
  // The finished coroutine may still be on its way out through the signal's slot: let the signal go one turn later.
  asio::post(entry->where, [entry] {});
  const std::lock_guard lock(state->mutex);
  state->entries.erase(id);
  if (state->entries.empty()) asio::post(state->home, [state] { state->waiter->cancel(); });
}
}  // namespace

void Shield::make_room() {
  dismissed_ = true;
  if (stop_ && (!up_ || exposed_)) stop_();
}

TaskGroup::TaskGroup(asio::any_io_executor home, Timers& timers) : state_(std::make_shared<State>(home, timers.make(home))) {}

TaskGroup::~TaskGroup() {
  cancel();
}

TaskGroup::Spawned TaskGroup::spawn(asio::any_io_executor where, std::string name, asio::awaitable<void> task,
                                    std::shared_ptr<Shield> shield) {
  auto entry = std::make_shared<Entry>();
  entry->where = where;
  entry->shield = std::move(shield);
  if (entry->shield)
    entry->shield->stop_ = [weak = std::weak_ptr(entry)] {
      if (const auto task = weak.lock()) task->stop.emit(asio::cancellation_type::terminal);
    };
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping) return Spawned::stopping;
    id = state_->next++;
    state_->entries.emplace(id, entry);
    auto done = [state = state_, id, entry](std::exception_ptr) { ended(state, id, entry); };
    asio::co_spawn(where, run(std::move(name), std::move(task)),
                   asio::bind_cancellation_slot(entry->stop.slot(), std::move(done)));
  }
  return Spawned::started;
}

void TaskGroup::dismiss() {
  const std::lock_guard lock(state_->mutex);
  state_->stopping = true;
  for (const auto& [id, entry] : state_->entries)
    asio::post(entry->where, [entry = entry] {
      if (entry->shield) entry->shield->dismissed_ = true;
      if (!entry->shield || !entry->shield->up_) entry->stop.emit(asio::cancellation_type::terminal);
    });
}

void TaskGroup::cancel() {
  const std::lock_guard lock(state_->mutex);
  state_->stopping = true;
  for (const auto& [id, entry] : state_->entries)
    asio::post(entry->where, [entry = entry] { entry->stop.emit(asio::cancellation_type::terminal); });
}

std::size_t TaskGroup::size() const {
  return state_->size();
}

asio::awaitable<std::size_t> TaskGroup::wait(std::chrono::milliseconds timeout) {
  const auto state = state_;
  // The last task's end is posted to this executor, after the wait below began: it can't be missed. It may be the end of
  // earlier tasks, though, of those before a later spawn().
  for (;;) {
    const std::size_t left = state->size();
    if (left == 0) co_return left;
    const Waited waited = co_await state->waiter->wait(timeout);
    const auto told = co_await asio::this_coro::cancellation_state;
    if (waited == Waited::expired || told.cancelled() != asio::cancellation_type::none) co_return state->size();
  }
}

}  // namespace understudy::net
