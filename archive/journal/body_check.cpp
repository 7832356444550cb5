#include "archive/journal/body_check.hpp"

#include <algorithm>
#include <system_error>

#include "base/background.hpp"

namespace understudy::archive::journal {

base::Result<base::Digest> digest_of(const store::BodySource& bodies, const store::BodyRef& body) {
  const auto reader = bodies.open(body);
  base::Sha256 digest;
  for (std::uint64_t offset = 0; offset < body.size;) {
    const auto piece = reader->read(offset, store::Bodies::max_chunk);
    if (!piece) return std::unexpected(piece.error());
    if (piece->empty())
      return base::fail("it has " + std::to_string(offset) + " octets of " + std::to_string(body.size), base::errc::damaged);
    digest.update(*piece);
    offset += piece->size();
  }
  return digest.finish();
}

BodyCheck::BodyCheck(const store::BodySource& bodies, unsigned threads) : bodies_(bodies) {
  threads_.reserve(threads);
  try {
    while (threads_.size() < threads) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {  // there are no more threads to be had: those that are there do it, or the caller
  }
}

BodyCheck::~BodyCheck() {
  {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

void BodyCheck::ask(const Asked& asked) {
  if (threads_.empty()) return look(bodies_, asked, found_);
  filling_.push_back(asked);
  filling_octets_ += asked.body.size;
  if (filling_.size() >= at_once || filling_octets_ >= octets_at_once) hand_over();
}

void BodyCheck::hand_over() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return given_up_ || waiting_.size() < most_waiting / at_once; });
  if (!given_up_) waiting_.push_back(std::move(filling_));
  lock.unlock();
  changed_.notify_all();
  filling_.clear();
  filling_octets_ = 0;
}

BodyCheck::Found BodyCheck::finish() {
  if (!filling_.empty()) hand_over();
  {
    const std::lock_guard lock(mutex_);
    complete_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
  if (trouble_) std::rethrow_exception(trouble_);
  std::ranges::stable_sort(found_.faults, {}, &std::pair<Position, std::string>::first);
  return std::move(found_);
}

void BodyCheck::work() {
  base::become_background("verify bodies");
  try {
    serve();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    trouble_ = std::current_exception();
    given_up_ = true;
  }
  changed_.notify_all();
}

void BodyCheck::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return given_up_ || complete_ || !waiting_.empty(); });
    if (given_up_ || waiting_.empty()) return;
    const auto batch = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    changed_.notify_all();
    Found found;
    for (const auto& asked : batch) look(bodies_, asked, found);
    lock.lock();
    found_.bodies += found.bodies;
    found_.octets += found.octets;
    found_.further += found.further;
    for (auto& [position, fault] : found.faults) found_.add(position, std::move(fault));
  }
}

void BodyCheck::Found::add(Position position, std::string fault) {
  if (faults.size() < max_faults)
    faults.emplace_back(position, std::move(fault));
  else
    further += 1;
}

void BodyCheck::look(const store::BodySource& bodies, const Asked& asked, Found& found) {
  const auto digest = digest_of(bodies, asked.body);
  if (!digest) return found.add(asked.position, "its body cannot be read: " + digest.error().text());
  found.bodies += 1;
  found.octets += asked.body.size;
  if (*digest != asked.digest) found.add(asked.position, "its body does not have the digest that was journaled");
}

}  // namespace understudy::archive::journal
