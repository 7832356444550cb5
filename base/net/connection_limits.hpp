/// How many connections there may be, in all and from one address. Shared by the listeners that shall count together.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/net/ip.hpp"

namespace understudy::net {

/// Any thread. Memory: one small entry per address that is connected now.
class ConnectionLimits {
  struct State;

 public:
  struct Options {
    std::size_t total = 1000;
    std::size_t per_address = 50;    ///< an IPv6 host has a whole /64: that counts as one address
    std::vector<Network> unlimited;  ///< per_address does not hold for these (the other machine, a front proxy)
  };
  explicit ConnectionLimits(Options options);
  ~ConnectionLimits();

  /// Held as long as the connection lasts; may outlive the limits.
  class Place {
   public:
    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    friend class ConnectionLimits;
    Place(std::shared_ptr<State> state, IpAddress key) : state_(std::move(state)), key_(key) {}
    std::shared_ptr<State> state_;
    IpAddress key_;
  };
  std::optional<Place> admit(const IpAddress& from);
  /// Holds for who comes from now on; nobody who is connected has to leave.
  void replace_options(Options options);
  std::size_t count() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace understudy::net
