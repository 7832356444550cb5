/// Parts of stored messages piece by piece, as they are and with their transfer encoding undone (RFC 2045 §6). Holds one piece
/// at a time; never writes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "archive/access/imap/message_fetch.hpp"
#include "mail/mime/transfer_decoder.hpp"

namespace understudy::archive::access::imap {

/// The part of so many octets that was asked for.
inline mail::header::Range within(std::uint64_t size, const std::optional<mail::imap::Section::Partial>& partial) {
  if (!partial) return {0, size};
  const auto begin = std::min(partial->first, size);
  return {begin, begin + std::min(partial->count, size - begin)};
}

/// Pieces of a range of a body, one after another; empty at its end.
class RangeReader {
 public:
  RangeReader(BodyToRead body, mail::header::Range range) : body_(std::move(body)), at_(range.begin), end_(range.end) {}
  base::Result<std::string> next() {
    if (at_ == end_) return std::string();
    auto piece = body_->read(at_, static_cast<std::size_t>(end_ - at_));
    if (piece && piece->empty()) return base::fail("body of a message", base::errc::damaged);
    if (piece) at_ += piece->size();
    return piece;
  }

 private:
  BodyToRead body_;
  std::uint64_t at_, end_;
};

/// The same with the transfer encoding undone.
class DecodedReader {
 public:
  DecodedReader(RangeReader range, mail::mime::Encoding encoding) : range_(std::move(range)), decoder_(encoding) {}
  base::Result<std::string> next() {
    for (;;) {
      auto piece = step();
      if (!piece || !piece->empty() || over_) return piece;
    }
  }
  /// What the next piece of the body gives, which may be nothing though it is not over().
  base::Result<std::string> step() {
    std::string out;
    if (over_) return out;
    auto piece = range_.next();
    if (!piece) return piece;
    over_ = piece->empty();
    if (over_) {
      decoder_.finish(out);
    } else {
      decoder_.feed(*piece, out);
    }
    return out;
  }
  bool over() const { return over_; }
  bool broken() const { return decoder_.broken(); }

 private:
  RangeReader range_;
  mail::mime::TransferDecoder decoder_;
  bool over_ = false;
};

template <class Reader>
Streamed stream_of(Reader reader, std::uint64_t skip, std::uint64_t octets) {
  Streamed streamed;
  streamed.octets = octets;
  streamed.skip = skip;
  streamed.next = [reader = std::move(reader)]() mutable { return reader.next(); };
  return streamed;
}

/// What a part is when it is decoded; found by reading all of it.
struct MeasuredPart {
  mail::imap::FoundSection section;
  std::unique_ptr<DecodedReader> reader;  ///< until all is read
  std::uint64_t octets = 0;
  bool has_nul = false;
  bool broken = false;
  std::optional<base::Error> failed;
};

}  // namespace understudy::archive::access::imap
