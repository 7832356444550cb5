#include "archive/store/content/common_text.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace understudy::archive::store::content {
namespace {

constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();

struct Seen {
  std::size_t last = nobody;  // the text that was counted last, so that none counts twice
  unsigned texts = 0;
};
using Runs = std::unordered_map<std::string_view, Seen>;

template <class Visit>
void for_each_run(std::string_view octets, Visit visit) {
  for (std::size_t at = 0; at + common_run <= octets.size(); ++at) visit(at, octets.substr(at, common_run));
}

void count(std::string_view text, std::size_t number, Runs& runs) {
  for_each_run(text, [&](std::size_t, std::string_view run) {
    const auto found = runs.find(run);
    if (found == runs.end() || found->second.last == number) return;
    found->second.last = number;
    ++found->second.texts;
  });
}

}  // namespace

std::string keep_common(std::string_view content, const SampleShare& share, unsigned texts) {
  Runs runs;
  for_each_run(content, [&](std::size_t, std::string_view run) { runs.try_emplace(run); });
  std::string_view rest = share.octets;
  for (std::size_t number = 0; number < share.sizes.size(); ++number) {
    count(rest.substr(0, share.sizes[number]), number, runs);
    rest.remove_prefix(share.sizes[number]);
  }
  std::string out;
  std::size_t kept_to = 0;  // of the content
  for_each_run(content, [&](std::size_t at, std::string_view run) {
    if (runs.find(run)->second.texts < texts) return;
    const std::size_t from = std::max(at, kept_to);
    kept_to = at + common_run;
    out += content.substr(from, kept_to - from);
  });
  return out;
}

}  // namespace understudy::archive::store::content
