/// The arguments of an admin request, taken out one by one: what is missing, of the wrong type or unknown is said once, at the
/// end, before the verb has any effect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace understudy::app {

/// After the first problem all later reads give empty values: check problem() before acting on them.
class Arguments {
 public:
  explicit Arguments(boost::json::object given) : given_(std::move(given)) {}

  std::string text(std::string_view name);  ///< required
  std::string text_or(std::string_view name, std::string_view otherwise);
  std::uint64_t number(std::string_view name, std::uint64_t most);  ///< required; 0 to `most`
  std::uint64_t number_or(std::string_view name, std::uint64_t most, std::uint64_t otherwise);
  std::vector<std::string> texts(std::string_view name);  ///< a list; absent: empty
  std::vector<boost::json::object> objects(std::string_view name);

  /// What is wrong with what was given, in words; nullopt: nothing. Whatever was not asked for is unknown.
  std::optional<std::string> problem();

 private:
  std::optional<boost::json::value> take(std::string_view name);
  void wrong(std::string_view name, std::string_view what);

  boost::json::object given_;
  std::string problem_;
};

}  // namespace understudy::app
