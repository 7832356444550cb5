/// A folder as it is at one MODSEQ: what a mail program asks of all of its messages (RFC 9051 §2.3, RFC 7162). Made of chunks
/// that never change, so that an image and the one after it share all that is the same in both. Never does I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "archive/mailbox/change.hpp"
#include "archive/store/body.hpp"
#include "base/clock.hpp"

namespace understudy::archive::mailbox {

/// Keyword lists by number, so that a message keeps two octets. One for an account; any thread. Numbers are never given again.
class KeywordSets {
 public:
  static constexpr std::size_t most = 65'535;             ///< different lists; messages with a further one are shown without
  static constexpr std::uint64_t most_octets = 16 << 20;  ///< keywords, as are those with a list for which there is no room

  KeywordSets();
  ~KeywordSets();
  /// `keywords` sorted, each once.
  std::uint16_t number_of(const std::vector<std::string>& keywords);
  /// Stays valid as long as this.
  const std::vector<std::string>& at(std::uint16_t number) const;
  /// That the lists take, about. Any thread, at once.
  std::uint64_t octets() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct Item {
  Uid uid = 0;
  std::uint8_t system = 0;     ///< Flags' bits
  std::uint16_t keywords = 0;  ///< in KeywordSets; 0: none
  std::uint32_t chunk_size = 0;
  ModSeq modseq = 0;
  std::uint64_t size = 0;
  base::WallTime internal_date{};
  std::uint32_t stored = 0;  ///< seconds since 1970: when this server first had it; nobody sets it
  store::BodyId id;

  base::WallTime first_stored() const { return base::WallTime(std::chrono::seconds(stored)); }
  store::BodyRef body() const { return {id, size, chunk_size}; }
  bool operator==(const Item&) const = default;
};

class Image {
 public:
  using Chunk = std::vector<Item>;  ///< never empty; UIDs grow
  static constexpr std::size_t usual_chunk = 256;

  std::size_t size() const { return starts_.empty() ? 0 : starts_.back(); }
  /// By index from 0: the sequence number less one. `index` < size().
  const Item& at(std::size_t index) const;
  /// The index of the first message whose UID is not lower: size() where there is none.
  std::size_t lower_bound(Uid uid) const;
  std::optional<std::size_t> find(Uid uid) const;
  Uid last_uid() const { return size() == 0 ? 0 : chunks_.back()->back().uid; }
  /// Calls `each(index, item)` from `from` up to, not including, `to`.
  template <class Each>
  void each(std::size_t from, std::size_t to, Each call) const {
    for (std::size_t c = chunk_of(from); c < chunks_.size() && from < to; ++c) {
      const std::size_t begin = c == 0 ? 0 : starts_[c - 1];
      for (; from < to && from < starts_[c]; ++from) call(from, (*chunks_[c])[from - begin]);
    }
  }
  std::span<const std::shared_ptr<const Chunk>> chunks() const { return chunks_; }

  std::uint32_t uid_validity = 0;
  Uid uid_next = 1;
  ModSeq modseq = 0;                        ///< of the account, when this was so
  ModSeq highest = 0;                       ///< HIGHESTMODSEQ of the folder
  ModSeq unknown_from = 0, unknown_to = 0;  ///< as Life has them
  /// A MODSEQ that a client names. 0: one that it was told in a life of the store that is over, since when anything may have
  /// changed.
  ModSeq known(ModSeq told) const { return unknown_from <= told && told < unknown_to ? 0 : told; }
  bool removed = false;

 private:
  friend class ImageEditor;
  std::size_t chunk_of(std::size_t index) const;
  void count();

  std::vector<std::shared_ptr<const Chunk>> chunks_;
  std::vector<std::size_t> starts_;  ///< of each chunk the number of messages up to its end
};

/// Makes the next image of one. Chunks that are not touched are shared.
class ImageEditor {
 public:
  ImageEditor() : image_(std::make_shared<Image>()) {}
  explicit ImageEditor(const Image& image) : image_(std::make_shared<Image>(image)) {}

  const Image& now() const {
    return *image_;
  }  ///< size() and indexes are wrong while it is edited; find() by UID is not to be used
  /// Puts it in, or in the place of that with its UID. Quick at the end.
  void put(const Item& item);
  const Item* find(Uid uid) const;
  /// false: it is not there.
  bool erase(Uid uid);
  Image& numbers() { return *image_; }  ///< for uid_next, modseq and their like
  std::shared_ptr<const Image> take();

 private:
  std::size_t chunk_for(Uid uid) const;
  Image::Chunk& own(std::size_t chunk);

  std::shared_ptr<Image> image_;
  std::vector<const Image::Chunk*> owned_;  ///< made by this editor, and so its to change
};

/// What differs between what a client was told and what is.
struct Difference {
  std::vector<std::uint32_t> expunged;  ///< sequence numbers of the old image, the highest first
  std::vector<Uid> expunged_uids;       ///< the same, the lowest first
  std::vector<std::size_t> changed;     ///< indexes of the new image: flags or MODSEQ differ
  std::size_t added = 0;                ///< messages of the new image that were not in the old one
};
Difference difference(const Image& old, const Image& now);

/// `now` with those that are only in `old` still in it: what a client sees while nothing may be taken away from under its
/// sequence numbers.
std::shared_ptr<const Image> with_the_gone(const Image& old, const std::shared_ptr<const Image>& now);

}  // namespace understudy::archive::mailbox
