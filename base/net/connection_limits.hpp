/// How many connections there may be, in all and from one address. Shared by the listeners that shall count together.
/// Never ends a connection: it asks who has waited longest for his peer to leave, so that silence shuts nobody out.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/net/ip.hpp"

namespace understudy::net {

/// Any thread. Memory: one small entry per connection and per address that is connected now.
class ConnectionLimits {
  struct State;
  struct Seat;

 public:
  struct Options {
    std::size_t total = 1000;
    std::size_t per_address = 50;    ///< an IPv6 host has a whole /64: that counts as one address
    std::size_t reserved = 0;        ///< the last of `total`, kept for Standing::preferred and for `unlimited`
    std::vector<Network> unlimited;  ///< per_address does not hold for these (the other machine, a front proxy)
  };
  ConnectionLimits(Options options, const base::Clock& clock);  ///< which outlives every place
  ~ConnectionLimits();

  /// Held as long as the connection lasts; may outlive the limits. One made by default is nobody's and does nothing.
  class Place {
   public:
    Place();
    Place(Place&&) noexcept;
    Place& operator=(Place&&) = delete;
    ~Place();

    /// From now on the peer is waited for, and once that has lasted for `grace` the connection can be asked to leave: the one
    /// that could be for longest is. False: it has been asked already.
    bool waits(base::SteadyTime grace = {});
    void stays();             ///< the wait is over, or nobody may cut it
    bool must_leave() const;  ///< it was asked to
    bool crowded() const;     ///< four fifths of all places are taken: nobody should be waited for as long as usual

   private:
    friend class ConnectionLimits;
    Place(std::shared_ptr<State> state, std::unique_ptr<Seat> seat);
    std::shared_ptr<State> state_;
    std::unique_ptr<Seat> seat_;
  };

  enum class Standing { ordinary, preferred };
  /// Asks a connection to leave. Called at most once, by whoever is admitted in its stead; must not wait.
  using Leave = std::function<void()>;
  /// Connections that were asked and have not gone yet; beyond, newcomers are refused. They hold descriptors besides `total`.
  static constexpr std::size_t most_leaving = 250;

  /// Where all places are taken the connection that has waited longest is asked to leave and counts no more; nullopt: none
  /// waits, or the address has too many.
  std::optional<Place> admit(const IpAddress& from, Standing standing = Standing::ordinary, Leave leave = {});
  /// Holds for who comes from now on; nobody who is connected has to leave.
  void replace_options(Options options);
  std::size_t count() const;  ///< without those that were asked to leave

 private:
  std::shared_ptr<State> state_;
};

}  // namespace understudy::net
