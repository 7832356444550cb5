/// Waits in a coroutine for what the archive answers on its own thread. The wait is not cut by a task that is told to stop:
/// what was submitted is answered, so that no session ends without knowing whether its message is safe.
#pragma once

#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "archive/archive.hpp"
#include "base/net/link.hpp"

namespace understudy::archive {

/// `start` is called with an archive::Done<T>; the result comes back on the caller's executor.
template <class T, class Start>
net::Task<base::Result<T>> wait_for(Start start) {
  auto initiate = [start = std::move(start)](auto handler) mutable {
    auto executor =
        boost::asio::prefer(boost::asio::get_associated_executor(handler), boost::asio::execution::outstanding_work.tracked);
    start([handler = std::move(handler), executor = std::move(executor)](base::Result<T> result) mutable {
      boost::asio::post(executor,
                        [handler = std::move(handler), result = std::move(result)]() mutable { handler(std::move(result)); });
    });
  };
  base::Result<T> result = co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(base::Result<T>)>(
      std::move(initiate), boost::asio::use_awaitable);
  co_return result;
}

}  // namespace understudy::archive
