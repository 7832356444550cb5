#include "base/net/loops.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "base/log.hpp"

namespace understudy::net {
namespace asio = boost::asio;

struct Loops::Loop {
  asio::io_context context{1};  // run by one thread, posted to by any
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;

  void run() {
    while (!context.stopped()) {
      try {
        context.run();
      } catch (const std::exception& thrown) {
        base::log::error("loop.exception", {{"what", thrown.what()}});
      }
    }
  }
};

struct Loops::Impl {
  std::vector<std::unique_ptr<Loop>> loops;
  std::atomic<std::size_t> next{0};
};

Loops::Loops(std::size_t count) : impl_(std::make_unique<Impl>()) {
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) impl_->loops.push_back(std::make_unique<Loop>());
}

Loops::~Loops() {
  stop();
}

std::size_t Loops::size() const {
  return impl_->loops.size();
}

asio::any_io_executor Loops::executor(std::size_t index) {
  return impl_->loops[index % size()]->context.get_executor();
}

asio::any_io_executor Loops::next_executor() {
  return executor(impl_->next.fetch_add(1, std::memory_order_relaxed));
}

void Loops::start() {
  for (auto& loop : impl_->loops) loop->thread = std::thread([raw = loop.get()] { raw->run(); });
}

void Loops::stop() {
  for (auto& loop : impl_->loops) loop->context.stop();
  for (auto& loop : impl_->loops)
    if (loop->thread.joinable()) loop->thread.join();
}

}  // namespace understudy::net
