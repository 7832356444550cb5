#include "app/admin/arguments.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "base/text.hpp"

namespace understudy::app {

std::optional<boost::json::value> Arguments::take(std::string_view name) {
  const auto found = given_.find(name);
  if (found == given_.end()) return std::nullopt;
  boost::json::value value = std::move(found->value());
  given_.erase(found);
  return value;
}

void Arguments::wrong(std::string_view name, std::string_view what) {
  if (problem_.empty()) problem_ = std::string(name) + ": " + std::string(what);
}

std::string Arguments::text(std::string_view name) {
  if (!given_.contains(name)) wrong(name, "is missing");
  return text_or(name, {});
}

std::string Arguments::text_or(std::string_view name, std::string_view otherwise) {
  const auto value = take(name);
  if (!value) return std::string(otherwise);
  if (const auto* text = value->if_string()) return std::string(*text);
  wrong(name, "must be text");
  return {};
}

std::uint64_t Arguments::number(std::string_view name, std::uint64_t most) {
  if (!given_.contains(name)) wrong(name, "is missing");
  return number_or(name, most, 0);
}

std::uint64_t Arguments::number_or(std::string_view name, std::uint64_t most, std::uint64_t otherwise) {
  const auto value = take(name);
  if (!value) return otherwise;
  boost::system::error_code unfit;
  const auto number = value->to_number<std::uint64_t>(unfit);
  if (!unfit && !value->is_double() && number <= most) return number;
  wrong(name, "must be a whole number from 0 to " + std::to_string(most));
  return 0;
}

std::vector<std::string> Arguments::texts(std::string_view name) {
  const auto value = take(name);
  if (!value) return {};
  std::vector<std::string> result;
  if (const auto* list = value->if_array()) {
    for (const auto& each : *list)
      if (const auto* text = each.if_string()) result.emplace_back(*text);
    if (result.size() == list->size()) return result;
  }
  wrong(name, "must be a list of texts");
  return {};
}

std::vector<boost::json::object> Arguments::objects(std::string_view name) {
  auto value = take(name);
  if (!value) return {};
  std::vector<boost::json::object> result;
  if (auto* list = value->if_array()) {
    for (auto& each : *list)
      if (auto* object = each.if_object()) result.push_back(std::move(*object));
    if (result.size() == list->size()) return result;
  }
  wrong(name, "must be a list of objects");
  return {};
}

std::optional<std::string> Arguments::problem() {
  if (problem_.empty() && !given_.empty()) wrong(base::escape(given_.begin()->key()), "is no argument of this verb");
  if (problem_.empty()) return std::nullopt;
  return problem_;
}

}  // namespace understudy::app
