/// Bodies: the octets of messages, written once as they come, read by range, named by records in batches.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace understudy::archive::store {

/// `start` counts the openings of the store, so that a body that nobody sealed is known to be of an earlier process.
struct BodyId {
  std::uint64_t start = 0;
  std::uint64_t number = 0;
  auto operator<=>(const BodyId&) const = default;
};

/// What a record keeps to find a body again.
struct BodyRef {
  BodyId id;
  std::uint64_t size = 0;        ///< octets of the body, uncompressed
  std::uint32_t chunk_size = 0;  ///< octets in which the engine cuts what is the body's own, uncompressed

  void encode(base::Writer& out) const { out.u64(id.start).u64(id.number).varint(size).varint(chunk_size); }
  static BodyRef decode(base::Reader& in) {
    BodyRef ref;
    ref.id.start = in.u64();
    ref.id.number = in.u64();
    ref.size = in.varint();
    ref.chunk_size = static_cast<std::uint32_t>(in.varint());
    return ref;
  }
  bool operator==(const BodyRef&) const = default;
};

/// What whoever wrote a body has found out about its octets on the way: records for the tables `summaries` and `headings`.
/// Empty: nothing. The engine does not look at it.
struct Shown {
  std::string summary;
  std::string heading;
};

/// A body that is complete. Octets that the engine has not written yet travel inside, so that a small message needs no write of
/// its own: they are made durable with the batch that holds it. Dropped without a batch it is nobody's, and its room comes
/// back.
class SealedBody {
 public:
  /// The engine's part: what it keeps until the body is held by a batch.
  class Pending {
   public:
    virtual ~Pending() = default;
    /// Of what the commit that holds the body has still to write, about.
    virtual std::uint64_t octets() const = 0;
  };
  SealedBody() = default;
  SealedBody(BodyRef ref, std::shared_ptr<Pending> pending) : ref_(ref), pending_(std::move(pending)) {}
  const BodyRef& ref() const { return ref_; }
  const std::shared_ptr<Pending>& pending() const { return pending_; }
  /// nullptr: nothing was found out.
  const Shown* shown() const { return shown_.get(); }
  void set_shown(Shown shown) { shown_ = std::make_shared<const Shown>(std::move(shown)); }

 private:
  BodyRef ref_;
  std::shared_ptr<Pending> pending_;
  std::shared_ptr<const Shown> shown_;
};

/// One body in the making; one thread at a time. Destroyed before seal(): what was written is nobody's, and its room comes
/// back.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Any number of octets. Memory held: a few times Bodies::max_chunk, and for each chunk that was written where it lies.
  /// errc::busy: the medium is full; errc::io, errc::stopped. After an error nothing more is taken.
  virtual base::Result<> append(std::string_view octets) = 0;
  virtual std::uint64_t size() const = 0;
  /// Errors as append(); errc::damaged: the engine was told to compare, and what is written is not what came.
  virtual base::Result<SealedBody> seal() = 0;
};

/// Reads a body by range; one thread at a time.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  virtual const BodyRef& ref() const = 0;
  /// Octets from `offset`, at most `limit` and at most to the end of what the engine reads at once; empty only at the end of
  /// the body. errc::not_found: the body was freed; errc::no_key: no key to it is left; errc::damaged: octets of it fail their
  /// check, or cannot be made out any more.
  virtual base::Result<std::string> read(std::uint64_t offset, std::size_t limit) = 0;
};

/// Where bodies are read from: the store, or a snapshot of it.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// Any thread. Says nothing about whether the body is there: read() does.
  virtual std::unique_ptr<BodyReader> open(const BodyRef& ref) const = 0;
};

class Bodies : public BodySource {
 public:
  static constexpr std::size_t max_chunk = 256 * 1024;  ///< what an engine reads or writes of a body at once
  /// Any thread.
  virtual std::unique_ptr<BodyWriter> create() = 0;
  /// Looks again at what could not be freed when its last holder let go of it, or was never held, and frees what nobody needs.
  /// Gives how many things were freed: bodies, or parts that bodies share, as the engine keeps them.
  virtual base::Result<std::uint64_t> sweep() = 0;
};

}  // namespace understudy::archive::store
