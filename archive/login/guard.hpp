/// Slows down who guesses passwords: counts failed logins by account and by address, over all connections and protocols, and
/// lets a failure be forgotten after a while. In memory alone; a restart forgets all.
///
/// From an address where its owner has logged in before, an account is counted by itself: nobody elsewhere locks him out, and a
/// device of his with an old password locks out nobody else behind the same address.
#pragma once

#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "archive/login/options.hpp"
#include "base/clock.hpp"
#include "base/net/ip.hpp"

namespace understudy::archive::login {

/// Any thread. Memory: `max_tracked` names of each kind; beyond, the one that failed least recently is forgotten.
class Guard {
 public:
  static constexpr std::size_t max_tracked = 10'000;

  explicit Guard(const base::Clock& clock) : clock_(clock) {}

  /// `account`: its canonical name, or the one that it would have: strangers are counted as well, so that nobody learns who
  /// exists. False: too many failures; the password must not even be looked at.
  bool may_try(std::string_view account, const net::IpAddress& from, const Limits& limits);
  void failed(std::string_view account, const net::IpAddress& from, const Limits& limits);
  void succeeded(std::string_view account, const net::IpAddress& from);

 private:
  class Counts {
   public:
    bool has(const std::string& key) const { return marks_.contains(key); }
    /// Failures that are not forgotten yet.
    std::uint64_t of(const std::string& key, base::SteadyTime now, base::SteadyTime forgive) const;
    void add(const std::string& key, base::SteadyTime now, base::SteadyTime forgive);
    void clear(const std::string& key, base::SteadyTime now);  ///< known from now on, without a failure

   private:
    struct Mark {
      base::SteadyTime clear_at{};  // when the last failure will be forgotten
      std::list<std::string>::iterator place;
    };
    Mark& mark(const std::string& key);
    std::map<std::string, Mark, std::less<>> marks_;
    std::list<std::string> order_;  // the one touched last is at the front
  };

  const base::Clock& clock_;
  std::mutex mutex_;  // guards the rest
  Counts accounts_;
  Counts addresses_;
  Counts owners_;  // account and address where a login succeeded
};

}  // namespace understudy::archive::login
