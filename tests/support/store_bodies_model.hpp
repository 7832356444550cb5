/// Messages with octets of their own and attachments that others have too, on a store, and the model of who holds which: after
/// any crash exactly the bodies of one of the states since the last that was acknowledged are there.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "archive/store/store.hpp"

namespace understudy::test {

/// A message of its own octets and these attachments, in base64; the same for the same numbers.
std::string message_with(std::uint64_t seed, std::size_t own_octets, const std::vector<std::uint64_t>& attachments);
std::size_t attachment_octets(std::uint64_t number);

/// Writes a body in pieces of random size. Throws where the store refuses it.
archive::store::SealedBody write_body(archive::store::Store& store, const std::string& octets, std::uint64_t seed = 1);
/// "error: ..." where it cannot be read.
std::string read_body(const archive::store::BodySource& source, const archive::store::BodyRef& ref);
inline std::string read_body(const archive::store::Store& store, const archive::store::BodyRef& ref) {
  return read_body(store.bodies(), ref);
}

class BodiesModel {
 public:
  explicit BodiesModel(std::uint64_t seed) : draw_(seed), seed_(seed) {}

  /// One random thing: a commit with new bodies, holds and releases, a body that waits, a reader or a snapshot that is kept, a
  /// round of maintenance. `maintain` is called for the last.
  base::Result<> step(archive::store::Store& store, const std::function<base::Result<>()>& maintain,
                      const std::function<bool()>& told);
  /// Lets go of what was opened or not committed: before a crash or a close.
  void drop_all();
  base::Result<> release_all(archive::store::Store& store);
  /// Empty, or what is wrong. Goes on from the state that the store is in.
  std::string check_after_crash(archive::store::Store& store);
  std::string check(const archive::store::Store& store) const;
  std::string check_opened();
  /// Octets of what is held: each attachment once.
  std::uint64_t live_octets() const;
  std::uint64_t seed() const { return seed_; }

 private:
  struct Body {
    archive::store::BodyRef ref;
    std::uint64_t seed = 0;
    std::size_t own = 0;
    std::vector<std::uint64_t> attachments;
    std::string octets() const { return message_with(seed, own, attachments); }
  };
  using Held = std::map<std::size_t, std::set<archive::store::Shard>>;  // by index of the body
  struct Waiting {
    std::size_t body;
    archive::store::SealedBody sealed;
  };
  struct Opened {
    std::size_t body;
    std::unique_ptr<archive::store::BodyReader> reader;
    std::uint64_t at = 0;
  };
  struct Kept {
    std::shared_ptr<const archive::store::Snapshot> snapshot;
    Held held;
  };

  std::uint64_t pick(std::uint64_t below) { return draw_() % below; }
  std::size_t make_body();
  base::Result<> commit(archive::store::Store& store, const std::function<bool()>& told);
  base::Result<> wait(archive::store::Store& store);
  base::Result<> write_unfinished(archive::store::Store& store);
  void open_some(archive::store::Store& store);
  const Held& newest() const { return states_.back().second; }

  std::mt19937_64 draw_;
  std::uint64_t seed_;
  std::uint64_t commits_ = 0;
  std::vector<Body> bodies_;
  std::vector<std::pair<std::uint64_t, Held>> states_{{0, {}}};  // [0]: acknowledged; each with the number of its commit
  std::vector<Waiting> waiting_;
  std::vector<std::unique_ptr<archive::store::BodyWriter>> unfinished_;
  std::vector<Opened> opened_;
  std::vector<Kept> kept_;
};

}  // namespace understudy::test
