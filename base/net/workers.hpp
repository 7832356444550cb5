/// Threads for work that would hold up an event loop: password hashes, files. What waits is bounded, and who comes when it is
/// full is told at once.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace understudy::net {

class Workers {
 public:
  using Job = std::move_only_function<void()>;  ///< throws nothing
  virtual ~Workers() = default;
  enum class Submitted { taken, full };
  /// `taken`: the job is run, once, whatever comes. Any thread.
  virtual Submitted submit(Job job) = 0;
};

class WorkerThreads final : public Workers {
 public:
  /// `waiting`: jobs that are not begun yet, at most.
  WorkerThreads(std::size_t threads, std::size_t waiting);
  ~WorkerThreads() override;  ///< stop()
  Submitted submit(Job job) override;
  void stop();  ///< takes nothing more, runs what waits, joins the threads. Not from a job.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Runs each job where it is submitted: for tests in one thread.
class WorkersInline final : public Workers {
 public:
  Submitted submit(Job job) override {
    job();
    return Submitted::taken;
  }
};

/// Runs `work` there and comes back to the caller's executor with what it returned; nullopt: the workers have too much to do.
/// An exception of `work` is the caller's. Not cut where the task is told to stop: what `work` refers to lives until it has
/// ended.
template <class Work, class T = std::invoke_result_t<Work&>>
boost::asio::awaitable<std::optional<T>> run_by(Workers& workers, Work work) {
  namespace asio = boost::asio;
  auto initiate = [&workers, work = std::move(work)](auto handler) mutable {
    auto executor = asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
    using Handler = decltype(handler);
    struct Waiting {
      Handler handler;
      Work work;
    };
    auto waiting = std::make_shared<Waiting>(std::move(handler), std::move(work));
    const auto answer = [waiting, executor](std::exception_ptr thrown, std::optional<T> result) {
      asio::post(executor, [waiting, thrown, result = std::move(result)]() mutable {
        auto told = std::move(waiting->handler);
        waiting.reset();
        told(thrown, std::move(result));
      });
    };
    const auto submitted = workers.submit([waiting, answer] {
      try {
        std::optional<T> result(waiting->work());
        answer(nullptr, std::move(result));
      } catch (...) {
        answer(std::current_exception(), std::nullopt);
      }
    });
    if (submitted == Workers::Submitted::full) answer(nullptr, std::nullopt);
  };
  using Signature = void(std::exception_ptr, std::optional<T>);
  std::optional<T> result =
      co_await asio::async_initiate<const asio::use_awaitable_t<>, Signature>(std::move(initiate), asio::use_awaitable);
  co_return result;
}

}  // namespace understudy::net
