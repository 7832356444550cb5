/// The words of an HTML text, for previews and search: no layout, and no promise that the result is safe to show as HTML.
/// One pass, linear, no recursion, whatever the nesting.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace understudy::mail::mime {

/// Tags and comments go, script, style and title with all that is in them; the common character references are decoded. Where a
/// tag parts words (all but b, i, span, a and their like) stands a space. Ends soon after `limit` octets of result. `html` is
/// UTF-8, and so is the result.
std::string html_to_text(std::string_view html, std::size_t limit);

}  // namespace understudy::mail::mime
