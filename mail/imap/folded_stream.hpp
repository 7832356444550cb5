/// Folded text of any length in which texts are looked for: a window that is as long as a block and the longest of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::mail::imap {

/// Appends mime::fold(utf8), a run of white space as one space. `after_space`: whether the text so far ends in one; kept.
void append_searchable(std::string_view utf8, std::string& out, bool& after_space);

class FoldedStream {  // one thread
 public:
  struct Wanted {
    std::string_view text;  ///< folded, not empty; outlives this
    std::size_t index;      ///< what found() tells
  };

  /// Begins a text.
  void begin(std::vector<Wanted> wanted);
  /// Whole characters. Nothing happens where nothing is wanted any more.
  void feed(std::string_view utf8);
  /// Looks at what is left.
  void end() { look(); }
  bool idle() const { return wanted_.empty(); }
  /// The indices of what was found since the last call.
  std::vector<std::size_t> take_found();

 private:
  void look();

  std::vector<Wanted> wanted_;
  std::size_t longest_ = 0;
  std::vector<std::size_t> found_;
  std::string window_;
  bool after_space_ = false;
};

}  // namespace understudy::mail::imap
