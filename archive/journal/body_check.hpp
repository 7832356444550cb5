/// Whether the octets of messages still have the digests that were journaled: read whole, several messages at once where there
/// are threads for it. Never changes anything.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "archive/position.hpp"
#include "archive/store/body.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace understudy::archive::journal {

/// SHA-256 of all octets of the body; takes Bodies::max_chunk of memory. The engine's error, or errc::damaged where there are
/// fewer octets than `body` says. Any thread.
base::Result<base::Digest> digest_of(const store::BodySource& bodies, const store::BodyRef& body);

class BodyCheck {  // calls from one thread
 public:
  struct Asked {
    Position position;  ///< of the entry that brought it
    store::BodyRef body;
    base::Digest digest{};
  };
  struct Found {
    std::uint64_t bodies = 0, octets = 0;                  ///< read whole
    std::vector<std::pair<Position, std::string>> faults;  ///< in the order of the entries, max_faults at most
    std::uint64_t further = 0;                             ///< faults that are counted only
    static constexpr std::size_t max_faults = 1000;

    void add(Position position, std::string fault);
  };

  /// `threads`: how many read, at the lowest priority; 0: the caller does, while it asks. `bodies` must outlive it.
  BodyCheck(const store::BodySource& bodies, unsigned threads);
  ~BodyCheck();  ///< what was not begun is left alone
  BodyCheck(const BodyCheck&) = delete;
  BodyCheck& operator=(const BodyCheck&) = delete;

  /// Waits while the threads have enough to do: what waits is bounded by `most_waiting` messages.
  void ask(const Asked& asked);
  /// Waits for the last. Nothing may be asked afterwards. Throws what a thread had to give up for: std::bad_alloc.
  Found finish();

  static constexpr std::size_t at_once = 32;                 ///< messages that are handed over together
  static constexpr std::uint64_t octets_at_once = 1u << 20;  ///< or so many octets of them
  static constexpr std::size_t most_waiting = 8 * at_once;

 private:
  using Batch = std::vector<Asked>;

  void hand_over();
  void work();  ///< of a thread
  void serve();
  static void look(const store::BodySource& bodies, const Asked& asked, Found& found);

  const store::BodySource& bodies_;
  Found found_;  ///< guarded by mutex_ where there are threads
  Batch filling_;
  std::uint64_t filling_octets_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> waiting_;  ///< guarded by mutex_, as all below
  bool complete_ = false;      ///< nothing comes any more
  bool given_up_ = false;      ///< nothing more is to be done
  std::exception_ptr trouble_;
  std::vector<std::thread> threads_;
};

}  // namespace understudy::archive::journal
