#include "conf/document.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace {
struct AssertionFailed {};
[[noreturn]] void assertion_failed() {
  throw AssertionFailed();
}
}  // namespace

// toml++ 3.3 asserts that a header holds a key, which "[[[route]]" does not, and assumes it where NDEBUG is set. A typing
// error may neither abort a running server nor be undefined: in this file its assertions throw.
#undef NDEBUG
#define TOML_ASSERT(expr) (static_cast<bool>(expr) ? static_cast<void>(0) : assertion_failed())
#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>  // heavy: here and nowhere else

namespace understudy::conf {
namespace {

Position position_of(const toml::source_region& region) {
  return {static_cast<std::uint32_t>(region.begin.line), static_cast<std::uint32_t>(region.begin.column)};
}

Value convert(const toml::node& node, unsigned depth);

void convert_list(const toml::array& list, Value& out, unsigned depth) {
  out.kind = Value::Kind::list;
  for (const auto& item : list) out.items.push_back(convert(item, depth + 1));
}

void convert_table(const toml::table& table, Value& out, unsigned depth) {
  out.kind = Value::Kind::table;
  for (const auto& [key, value] : table)
    out.members.push_back({std::string(key.str()), position_of(key.source()), convert(value, depth + 1)});
  std::ranges::sort(out.members, {}, &Member::at);
}

/// Recursion ends at max_nesting.
Value convert(const toml::node& node, unsigned depth) {
  Value out;
  out.at = position_of(node.source());
  if (depth > max_nesting) return out;
  if (const auto* text = node.as_string()) {
    out.kind = Value::Kind::text;
    out.text = text->get();
  } else if (const auto* number = node.as_integer()) {
    out.kind = Value::Kind::number;
    out.number = number->get();
  } else if (const auto* flag = node.as_boolean()) {
    out.kind = Value::Kind::flag;
    out.flag = flag->get();
  } else if (const auto* list = node.as_array()) {
    convert_list(*list, out, depth);
  } else if (const auto* table = node.as_table()) {
    convert_table(*table, out, depth);
  }
  return out;
}

/// One step of a path, "networks" or "[0]"; nullptr where it leads nowhere.
const Value* step(const Value& from, std::string_view name) {
  if (!name.starts_with('[')) return from.find(name);
  const auto index = base::to_number(name.substr(1, name.size() - 2));
  return index && *index < from.items.size() ? &from.items[*index] : nullptr;
}

/// The first line that opens a bracket with no key behind it; the file as a whole where there is none.
Position bad_header(std::string_view text) {
  std::uint32_t number = 0;
  for (const auto line : base::split(text, '\n')) {
    ++number;
    auto rest = base::trim(line);
    if (!rest.starts_with('[')) continue;
    rest = base::trim(rest.substr(1));
    if (rest.starts_with('[')) rest = base::trim(rest.substr(1));
    const auto first = rest.empty() ? '\0' : rest.front();
    const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || (first >= '0' && first <= '9');
    const bool key = letter || (first & 0x80) != 0 || std::string_view("-_\"'").find(first) != std::string_view::npos;
    if (!key) return {number, static_cast<std::uint32_t>(line.find('[')) + 1};
  }
  return {};
}

}  // namespace

const Value* Value::find(std::string_view key) const {
  for (const auto& member : members)
    if (member.key == key) return &member.value;
  return nullptr;
}

std::expected<Value, Problem> parse_document(std::string_view text, const std::string& file) {
  if (text.size() > max_file)
    return std::unexpected(
        Problem{Severity::error, file, {}, "", "larger than 4 MiB: no configuration is; is it the right file?"});
  try {
    return convert(toml::parse(text), 0);
  } catch (const toml::parse_error& error) {
    return std::unexpected(Problem{Severity::error, file, position_of(error.source()), "", std::string(error.description())});
  } catch (const AssertionFailed&) {
    return std::unexpected(
        Problem{Severity::error, file, bad_header(text), "", "expected a name in brackets: [table] or [[table]]"});
  }
}

const Value& locate(const Value& document, std::string_view path) {
  const Value* at = &document;
  while (!path.empty()) {
    const auto end = std::min(path.find_first_of(".[", 1), path.size());
    const auto* next = step(*at, path.substr(0, end));
    if (next == nullptr) break;
    at = next;
    path.remove_prefix(end);
    if (path.starts_with('.')) path.remove_prefix(1);
  }
  return *at;
}

}  // namespace understudy::conf
