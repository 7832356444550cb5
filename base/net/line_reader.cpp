#include "base/net/line_reader.hpp"

#include <algorithm>
#include <cstring>

namespace understudy::net {
namespace {
bool holds(std::string_view text, char octet) {
  return text.find(octet) != text.npos;
}
}  // namespace

LineReader::LineReader(Link& link, const base::Clock& clock) : LineReader(link, clock, Limits()) {}
LineReader::LineReader(Link& link, const base::Clock& clock, Limits limits) : link_(link), clock_(clock), limits_(limits) {
  limits_.capacity = std::max<std::size_t>(limits_.capacity, 2);  // a CRLF must fit
}

std::string_view LineReader::buffered() const {
  return {buffer_.get() + begin_, end_ - begin_};
}

void LineReader::consume(std::size_t octets) {
  begin_ += std::min(octets, end_ - begin_);
  scanned_ = 0;
  if (begin_ == end_) begin_ = end_ = 0;  // the whole buffer is free again, and nothing has to be moved
}

Task<base::Result<std::size_t>> LineReader::fill(Timeout timeout) {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(limits_.capacity);
  if (end_ == limits_.capacity && begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == limits_.capacity) co_return base::fail("read buffer full", errc::too_long);
  auto got = co_await link_.read_some({buffer_.get() + end_, limits_.capacity - end_}, timeout);
  if (got) end_ += *got;
  co_return got;
}

Task<base::Result<std::size_t>> LineReader::fill_until(base::SteadyTime deadline) {
  const auto left = std::chrono::duration_cast<Timeout>(deadline - clock_.steady());
  if (left <= Timeout::zero()) co_return base::fail("line from " + link_.peer().text(), errc::timed_out);
  auto got = co_await fill(left);
  co_return got;
}

/// Octets of text before the first CRLF whose LF lies within the first `limit` octets, or npos. Each octet is looked at once,
/// however small the pieces are that it comes in.
std::size_t LineReader::find_end(std::size_t limit) {
  const std::string_view seen = buffered().substr(0, limit);
  for (;;) {
    const auto lf = seen.find('\n', scanned_);
    if (lf == seen.npos) break;
    scanned_ = lf + 1;
    if (lf > 0 && seen[lf - 1] == '\r') return lf - 1;
  }
  scanned_ = std::max(scanned_, seen.size());
  return npos;
}

Line LineReader::take_line(std::size_t text_octets) {
  const std::string_view text = buffered().substr(0, text_octets);
  consume(text_octets + 2);  // moves indices only: the octets stay until the next fill
  return {text, holds(text, '\r') || holds(text, '\n'), holds(text, '\0')};
}

Task<base::Result<Line>> LineReader::read_line(std::size_t max_octets, Timeout timeout) {
  const base::SteadyTime deadline = clock_.steady() + timeout;
  const std::size_t limit = std::clamp<std::size_t>(max_octets, 2, limits_.capacity);
  scanned_ = 0;
  for (;;) {
    if (const auto text = find_end(limit); text != npos) co_return take_line(text);
    if (end_ - begin_ >= limit) break;
    auto got = co_await fill_until(deadline);
    if (!got) co_return base::fail("read_line", got.error());
  }
  auto drained = co_await drain_line(deadline);
  if (!drained) co_return base::fail("read_line", drained.error());
  co_return base::fail("line from " + link_.peer().text(), errc::too_long);
}

Task<base::Result<>> LineReader::drain_line(base::SteadyTime deadline) {
  for (std::size_t drained = 0; drained <= limits_.drain;) {
    if (const auto text = find_end(limits_.capacity); text != npos) {
      consume(text + 2);
      co_return base::Result<>();
    }
    const std::size_t all = end_ - begin_;
    const std::size_t keep = all > 0 && buffered().back() == '\r' ? 1 : 0;  // its LF may be the next octet to come
    drained += all - keep;
    consume(all - keep);
    auto got = co_await fill_until(deadline);
    if (!got) co_return base::fail("over-long line", got.error());
  }
  co_return base::fail("line from " + link_.peer().text(), errc::flood);
}

RateFloor::RateFloor(std::uint64_t octets_per_second, Timeout grace, const base::Clock& clock)
    : octets_per_second_(octets_per_second), grace_(grace), clock_(clock), start_(clock.steady()) {}

Timeout RateFloor::left() const {
  constexpr std::uint64_t longest_ms = 1000ull * 60 * 60 * 24 * 365;  // keeps the sum below in range
  if (octets_per_second_ == 0) return Timeout(longest_ms);
  const std::uint64_t paid_ms = octets_ / octets_per_second_ * 1000 + octets_ % octets_per_second_ * 1000 / octets_per_second_;
  const auto end = start_ + grace_ + base::SteadyTime(std::min(paid_ms, longest_ms));
  return std::max(std::chrono::duration_cast<Timeout>(end - clock_.steady()), Timeout::zero());
}

}  // namespace understudy::net
