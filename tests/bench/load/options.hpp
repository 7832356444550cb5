/// Options of the command line, pairs of a name and a value: each is taken away when it is read, so that what is left is
/// unknown.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace understudy::bench {

class Options {
 public:
  /// Keeps views of the words. Nothing: a name without a value.
  static std::optional<Options> of(std::span<char*> words);
  std::uint64_t number(std::string_view name, std::uint64_t otherwise);  ///< 0: no number
  std::string text(std::string_view name, std::string_view otherwise);
  bool empty() const { return left_.empty(); }

 private:
  std::map<std::string_view, std::string_view> left_;
};

}  // namespace understudy::bench
