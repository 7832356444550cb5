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
  /// break) becomes a space; others vanish, so that <b>w</b>ord is a word.
  void feed(std::string_view utf8, std::string& out);
  /// At the end: a reference that was begun stands as it is.
  void finish(std::string& out);

 private:
  enum class State : std::uint8_t { text, reference, opening, name, tag, declaration, comment, raw };

  void take(char c, std::string& out);
  void in_opening(char c, std::string& out);
  void in_name(char c, std::string& out);
  void in_comment(char c);
  void in_raw(char c);
  void in_reference(char c, std::string& out);
  void end_tag(std::string& out);

  State state_ = State::text;
  std::string word_;          // of a tag's name or a reference, at most 32 octets
  std::string_view raw_end_;  // "</script" or "</style" while in one
  std::size_t matched_ = 0;   // octets of raw_end_, or of "-->"
};

}  // namespace understudy::mail::mime
