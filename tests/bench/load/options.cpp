#include "options.hpp"

#include "base/text.hpp"

namespace understudy::bench {

std::optional<Options> Options::of(std::span<char*> words) {
  Options options;
  if (words.size() % 2 != 0) return std::nullopt;
  for (std::size_t at = 0; at < words.size(); at += 2) options.left_[words[at]] = words[at + 1];
  return options;
}

std::uint64_t Options::number(std::string_view name, std::uint64_t otherwise) {
  const auto node = left_.extract(name);
  return node.empty() ? otherwise : base::to_number(node.mapped()).value_or(0);
}

std::string Options::text(std::string_view name, std::string_view otherwise) {
  const auto node = left_.extract(name);
  return std::string(node.empty() ? otherwise : node.mapped());
}

}  // namespace understudy::bench
