/// How the memory engine cuts a body into chunks and puts it together again. Only the memory engine includes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "archive/store/body.hpp"

namespace understudy::archive::store {

/// How many chunks a body has. 0 for an empty one.
std::uint64_t chunk_count(const BodyRef& ref);
/// Octets of one of its chunks, uncompressed.
std::size_t chunk_octets(const BodyRef& ref, std::uint64_t index);

/// Collects a chunk and hands it to spill() when more octets come than it holds; the last one goes to finish(). So a body of at
/// most one chunk is never written by itself.
class ChunkedWriter : public BodyWriter {
 public:
  ChunkedWriter(BodyId id, std::uint32_t chunk_size) : id_(id), chunk_size_(chunk_size) {}
  base::Result<> append(std::string_view octets) final;
  std::uint64_t size() const final { return size_; }
  base::Result<SealedBody> seal() final;

 protected:
  /// Writes a full chunk. `index` counts from 0.
  virtual base::Result<> spill(std::uint32_t index, std::string_view octets) = 0;
  /// `last`: the octets not written yet, of chunk `index`; empty only when the body is.
  virtual base::Result<SealedBody> finish(const BodyRef& ref, std::uint32_t index, std::string last) = 0;
  BodyId id() const { return id_; }
  std::uint32_t spilled() const { return spilled_; }  ///< chunks handed to spill()
  bool sealed() const { return sealed_; }

 private:
  void make_room(std::size_t octets);

  BodyId id_;
  std::uint32_t chunk_size_;
  std::string chunk_;
  std::uint64_t size_ = 0;
  std::uint32_t spilled_ = 0;
  bool sealed_ = false;
};

/// Keeps the chunk read last, so that reading on in small steps loads each chunk once.
class ChunkedReader : public BodyReader {
 public:
  explicit ChunkedReader(const BodyRef& ref) : ref_(ref) {}
  const BodyRef& ref() const final { return ref_; }
  base::Result<std::string> read(std::uint64_t offset, std::size_t limit) final;

 protected:
  /// The octets of a chunk, checked; `octets` is how many there must be.
  virtual base::Result<std::string> load(std::uint32_t index, std::size_t octets) = 0;

 private:
  BodyRef ref_;
  std::optional<std::uint32_t> loaded_;
  std::string chunk_;
};

}  // namespace understudy::archive::store
