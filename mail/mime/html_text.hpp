/// The text of an HTML document for searching: without tags, comments, scripts and style sheets, character references
/// decoded. No parser of HTML and no sanitiser: its output is for comparing, never for showing. Takes pieces of any size,
/// remembers a few octets, linear time; nesting means nothing to it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace understudy::mail::mime {

class HtmlText {  // one per document, one thread
 public:
  /// Appends the text of the next octets, which are UTF-8, to `out`. A tag that separates words (a paragraph, a cell, a line
  /// break) becomes a space; others vanish, so that <b>w</b>ord is a word. References that are not known stay as they are.
  void feed(std::string_view utf8, std::string& out);
  /// At the end: what was begun and may have been text is text.
  void finish(std::string& out);

 private:
  enum class State : std::uint8_t { text, reference, opening, name, tag, comment, raw };

  /// Whether `c` was taken; if not, it is to be looked at again in the new state.
  bool take(char c, std::string& out);
  bool in_reference(char c, std::string& out);
  bool in_opening(char c, std::string& out);
  bool in_name(char c, std::string& out);
  void in_tag(char c);
  void in_comment(char c);
  void in_raw(char c);

  State state_ = State::text;
  std::string word_;         // of a reference or a tag's name, as many octets as the longest that is known
  std::string_view raw_;     // "script" or "style" while in one, and from its tag's name on
  std::size_t matched_ = 0;  // octets of what ends a comment or raw text
};

}  // namespace understudy::mail::mime
