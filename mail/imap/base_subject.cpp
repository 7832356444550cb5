#include "mail/imap/base_subject.hpp"

#include "base/text.hpp"

namespace understudy::mail::imap {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view forward_head = "[fwd:";

/// Step 1: every run of white space is one space.
std::string one_spaced(std::string_view subject) {
  std::string out;
  out.reserve(subject.size());
  for (const char c : subject) {
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!space) out.push_back(c);
    if (space && !out.ends_with(' ')) out.push_back(' ');
  }
  return out;
}

/// Where the blob at `at` ends, with the white space behind it; npos: none stands there. Looks no further than the next
/// bracket, so that all tries together look at each octet a few times.
std::size_t blob_end(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '[') return npos;
  const auto bracket = text.find_first_of("[]", at + 1);
  if (bracket == npos || text[bracket] != ']') return npos;
  return std::min(text.find_first_not_of(' ', bracket + 1), text.size());
}

/// Where the "Re: " or "Fwd [blob]:" at `at` ends; npos: none stands there.
std::size_t refwd_end(std::string_view text, std::size_t at) {
  const auto rest = text.substr(at);
  std::size_t size = 0;
  if (base::istarts_with(rest, "re")) {
    size = 2;
  } else if (base::istarts_with(rest, "fwd")) {
    size = 3;
  } else if (base::istarts_with(rest, "fw")) {
    size = 2;
  } else {
    return npos;
  }
  at += size;
  if (at < text.size() && text[at] == ' ') ++at;
  if (const auto end = blob_end(text, at); end != npos) at = end;
  return at < text.size() && text[at] == ':' ? at + 1 : npos;
}

/// Step 2.
bool remove_trailers(std::string_view& text) {
  constexpr std::string_view trailer = "(fwd)";
  bool removed = false;
  for (;;) {
    if (text.ends_with(' ')) {
      text.remove_suffix(1);
    } else if (text.size() >= trailer.size() && base::iequals(text.substr(text.size() - trailer.size()), trailer)) {
      text.remove_suffix(trailer.size());
      removed = true;
    } else {
      return removed;
    }
  }
}

/// Steps 3 to 5. Blobs before a "Re:" go with it; other blobs go as long as something is left.
bool remove_leaders(std::string_view& text) {
  bool removed = false;
  for (;;) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    std::size_t last_blob = 0;
    std::size_t at = 0;
    for (auto end = blob_end(text, 0); end != npos; end = blob_end(text, end)) {
      last_blob = at;
      at = end;
    }
    if (const auto end = refwd_end(text, at); end != npos) {
      text.remove_prefix(end);
      removed = true;
      continue;
    }
    text.remove_prefix(at == text.size() ? last_blob : at);
    return removed;
  }
}

}  // namespace

BaseSubject base_subject(std::string_view subject) {
  const std::string spaced = one_spaced(subject);
  std::string_view text = spaced;
  bool removed = false;
  for (;;) {
    removed |= remove_trailers(text);
    removed |= remove_leaders(text);
    if (!base::istarts_with(text, forward_head) || !text.ends_with(']')) break;  // step 6
    text.remove_prefix(forward_head.size());
    text.remove_suffix(1);
    removed = true;
  }
  return {std::string(text), removed};
}

}  // namespace understudy::mail::imap
