#include "relay/peer/question.hpp"

#include <memory>
#include <utility>

#include "archive/await.hpp"

namespace understudy::relay::peer {

net::Task<base::Result<std::string>> put_question(const Asker& ask, Traffic::Question question) {
  auto start = [&ask, &question](archive::Done<std::string> done) {
    auto shared = std::make_shared<archive::Done<std::string>>(std::move(done));
    ask(std::move(question), [shared](const base::Result<Responder::Answer>& answer) {
      if (!answer) return (*shared)(std::unexpected(answer.error()));
      if (answer->status != Answer::Status::done)
        return (*shared)(base::fail("the other machine: " + answer->octets, base::errc::refused));
      (*shared)(answer->octets);
    });
  };
  co_return co_await archive::wait_for<std::string>(std::move(start));
}

}  // namespace understudy::relay::peer
