#include "app/admin/inquiry.hpp"

#include <algorithm>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace understudy::app {
namespace {

constexpr std::string_view not_shown = "\"(a secret, not shown)\"";
constexpr std::string_view secrets[] = {"verifier"};
/// Forward-paths of a message that may end: the audit journal must not keep what the mail journal forgets.
constexpr std::string_view counted[] = {"recipients"};
constexpr std::size_t most_shown = 400;  ///< octets of one value; the record cuts it further

bool is_secret(std::string_view name) {
  return std::ranges::find(secrets, name) != std::end(secrets);
}

bool is_counted(std::string_view name) {
  return std::ranges::find(counted, name) != std::end(counted);
}

/// Takes a text out of the object; false: it is something else.
bool take_text(boost::json::object& from, std::string_view name, std::string& text) {
  const auto found = from.find(name);
  if (found == from.end()) return true;
  const auto* value = found->value().if_string();
  if (!value) return false;
  text = std::string(*value);
  from.erase(found);
  return true;
}

/// As JSON, members in the order of their names. As deep as the parser lets in, 32 levels.
std::string canonical(const boost::json::value& value) {
  std::string text;
  if (const auto* values = value.if_array()) {
    for (const auto& each : *values) text.append(text.empty() ? "" : ",").append(canonical(each));
    return "[" + text + "]";
  }
  const auto* object = value.if_object();
  if (!object) return boost::json::serialize(value);
  std::vector<std::string_view> names;
  for (const auto& member : *object) names.push_back(member.key());
  std::ranges::sort(names);
  for (const auto name : names) {
    text.append(text.empty() ? "" : ",").append(boost::json::serialize(boost::json::string(name))).append(":");
    text.append(is_secret(name) ? std::string(not_shown) : canonical(object->at(name)));
  }
  return "{" + text + "}";
}

std::string shown(const boost::json::value& value);

/// Of an array as much as will be shown, and how many there are.
std::string shown(const boost::json::array& values) {
  std::string text;
  for (const auto& each : values) {
    if (text.size() > most_shown) break;
    text += (text.empty() ? "" : ", ") + shown(each);
  }
  return values.size() > 1 ? std::to_string(values.size()) + ": " + text : text;
}

std::string shown(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  if (const auto* values = value.if_array()) return shown(*values);
  const auto* object = value.if_object();
  if (!object) return boost::json::serialize(value);
  const auto* address = object->if_contains("address");  // a line of an import
  return address && address->is_string() ? std::string(address->get_string()) : canonical(value);
}

}  // namespace

std::optional<Inquiry> read_inquiry(std::string_view verb, boost::json::object arguments) {
  Inquiry asked;
  if (const auto found = arguments.find("audit"); found != arguments.end()) {
    auto* said = found->value().if_object();
    if (!said || !take_text(*said, "reason", asked.reason) || !take_text(*said, "case", asked.in_case) || !said->empty())
      return std::nullopt;
    arguments.erase(found);
  }
  asked.arguments = std::move(arguments);
  for (const auto& member : asked.arguments) {
    if (member.key() == "after") {
      asked.after = shown(member.value());
    } else if (const auto* values = member.value().if_array(); values && is_counted(member.key())) {
      if (!values->empty()) asked.object.push_back({std::string(member.key()), std::to_string(values->size())});
    } else if (!is_secret(member.key())) {
      asked.object.push_back({std::string(member.key()), shown(member.value())});
    }
  }
  std::ranges::sort(asked.object, {}, &archive::audit::Field::name);
  boost::json::object whole{
      {"action", verb}, {"arguments", asked.arguments}, {"case", asked.in_case}, {"reason", asked.reason}};
  whole["arguments"].as_object().erase("after");
  asked.text = canonical(whole);
  asked.digest = base::sha256(asked.text);
  return asked;
}

}  // namespace understudy::app
