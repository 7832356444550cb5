/// What is found in a message is the same however it is cut, and decided is decided.
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_check.hpp"
#include "mail/imap/text_search.hpp"

using namespace understudy::mail;
using namespace understudy::mail::imap;
using understudy::tests::must;

namespace {

std::vector<bool> answers(const std::vector<Needle>& needles, std::string_view message, std::size_t piece) {
  TextSearch search(needles, header::line_ends_of(message));
  for (; !message.empty(); message.remove_prefix(std::min(piece, message.size()))) search.feed(message.substr(0, piece));
  search.finish();
  must(search.decided());
  std::vector<bool> found;
  for (std::size_t i = 0; i < needles.size(); ++i) found.push_back(search.found(i));
  return found;
}

}  // namespace

/// The first octet is the size of pieces, the second that of the text which is looked for and stands behind them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t piece = 1U + data[0];
  const auto wanted = text.substr(2, data[1] % 32U);
  text.remove_prefix(2 + wanted.size());
  const FoldedText folded(wanted);
  const std::vector<Needle> needles = {{Needle::Scope::text, "", folded},
                                       {Needle::Scope::body, "", folded},
                                       {Needle::Scope::header, "Subject", folded},
                                       {Needle::Scope::body, "", FoldedText("e")}};
  const auto whole = answers(needles, text, text.size() + 1);
  must(whole == answers(needles, text, piece));
  must(whole[0] || !whole[1]);
  contains(text.substr(0, 4096), folded);
  return 0;
}
