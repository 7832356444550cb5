#include "mail/mime/line_splitter.hpp"

#include <algorithm>

namespace understudy::mail::mime {

void LineSplitter::append(std::string_view piece) {
  if (!started_) {
    started_ = true;
    begin_ = position_;
    trailing_cr_ = 0;
    kept_.clear();
  }
  position_ += piece.size();
  kept_.append(piece.substr(0, max_kept_ - kept_.size()));
  const auto last = piece.find_last_not_of('\r');
  trailing_cr_ = last == std::string_view::npos ? trailing_cr_ + piece.size() : piece.size() - last - 1;
}

void LineSplitter::finish(bool terminated) {
  const auto crs = ends_ == header::LineEnds::lf ? trailing_cr_ : 0;
  line_ = {begin_, position_ - crs, position_};
  if (terminated) line_.end = ++position_;
  text_ = std::string_view(kept_).substr(0, std::min<std::uint64_t>(kept_.size(), line_.text_end - line_.begin));
  started_ = false;
}

bool LineSplitter::next(std::string_view& in) {
  const auto end = in.find(ends_ == header::LineEnds::lf ? '\n' : '\r');
  append(in.substr(0, end));
  if (end == std::string_view::npos) {
    in = {};
    return false;
  }
  finish(true);
  in.remove_prefix(end + 1);
  return true;
}

bool LineSplitter::last() {
  if (!started_ || position_ == begin_) return false;
  finish(false);
  return true;
}

}  // namespace understudy::mail::mime
