#include <algorithm>
#include <cstdint>
#include <optional>

#include "conf/difference.hpp"

namespace understudy::conf {
namespace {

constexpr std::size_t around = 3;                 // lines of context
constexpr std::size_t most_compared = 4'000'000;  // cells of the table; beyond, the middle is shown as changed whole

struct Line {
  char mark;  // ' ', '-' or '+'
  std::string_view text;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

using Lines = std::vector<std::string_view>;

/// The longest common subsequence, by the table that everyone knows.
void compare(const Lines& a, const Lines& b, std::vector<Line>& out) {
  if (a.size() * b.size() > most_compared) {
    for (const auto line : a) out.push_back({'-', line});
    for (const auto line : b) out.push_back({'+', line});
    return;
  }
  const std::size_t width = b.size() + 1;
  std::vector<std::uint32_t> length((a.size() + 1) * width);
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      length[i * width + j] =
          a[i] == b[j] ? length[(i + 1) * width + j + 1] + 1 : std::max(length[(i + 1) * width + j], length[i * width + j + 1]);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      out.push_back({' ', a[i]});
      ++i, ++j;
    } else if (i < a.size() && (j == b.size() || length[(i + 1) * width + j] >= length[i * width + j + 1])) {
      out.push_back({'-', a[i++]});
    } else {
      out.push_back({'+', b[j++]});
    }
  }
}

/// Equal lines at both ends are set aside first: a configuration changes in few places.
std::vector<Line> all_lines(const Lines& a, const Lines& b) {
  const auto shorter = std::min(a.size(), b.size());
  std::size_t front = 0;
  while (front < shorter && a[front] == b[front]) ++front;
  std::size_t back = 0;
  while (back < shorter - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  std::vector<Line> out;
  for (std::size_t i = 0; i < front; ++i) out.push_back({' ', a[i]});
  const auto middle = [front, back](const Lines& lines) {
    return Lines(lines.begin() + static_cast<std::ptrdiff_t>(front), lines.end() - static_cast<std::ptrdiff_t>(back));
  };
  compare(middle(a), middle(b), out);
  for (std::size_t i = a.size() - back; i < a.size(); ++i) out.push_back({' ', a[i]});
  return out;
}

std::string range(std::size_t first, std::size_t count) {
  return std::to_string(count == 0 ? first : first + 1) + (count == 1 ? "" : "," + std::to_string(count));
}

/// Lines [from, to) as one hunk; `a` and `b` count the lines of both files before it and are moved behind it.
std::string hunk(const std::vector<Line>& lines, std::size_t from, std::size_t to, std::size_t& a, std::size_t& b) {
  std::size_t a_count = 0;
  std::size_t b_count = 0;
  std::string body;
  for (std::size_t i = from; i < to; ++i) {
    a_count += lines[i].mark != '+';
    b_count += lines[i].mark != '-';
    body.append(1, lines[i].mark).append(lines[i].text).append("\n");
  }
  const auto head = "@@ -" + range(a, a_count) + " +" + range(b, b_count) + " @@\n";
  a += a_count;
  b += b_count;
  return head + body;
}

/// The next changed line at or after `from`; lines.size(): none.
std::size_t next_change(const std::vector<Line>& lines, std::size_t from) {
  while (from < lines.size() && lines[from].mark == ' ') ++from;
  return from;
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after, const std::string& name) {
  if (before == after) return {};
  const auto lines = all_lines(lines_of(before), lines_of(after));
  std::string out = "--- " + name + "\n+++ " + name + " (new)\n";
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t done = 0;
  for (auto change = next_change(lines, 0); change < lines.size(); change = next_change(lines, done)) {
    const auto from = std::max(done, change > around ? change - around : 0);
    a += from - done;
    b += from - done;
    auto last = change;
    for (auto next = change; next < lines.size() && next <= last + 2 * around; next = next_change(lines, next + 1)) last = next;
    const auto to = std::min(lines.size(), last + 1 + around);
    out += hunk(lines, from, to, a, b);
    done = to;
  }
  return out;
}

}  // namespace understudy::conf
