#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "conf/schema.hpp"
#include "conf/values.hpp"

namespace understudy::conf {
namespace {

using Kind = Key::Kind;

std::string_view kind_name(const Value& value) {
  switch (value.kind) {
    case Value::Kind::text:
      return "a text";
    case Value::Kind::number:
      return "a number";
    case Value::Kind::flag:
      return "true or false";
    case Value::Kind::list:
      return "a list";
    case Value::Kind::table:
      return "a table";
    case Value::Kind::other:
      break;
  }
  return "something else";
}

/// What to write, for a key of this kind.
std::string wanted(const Key& key) {
  const std::string name(key.name());
  switch (key.kind) {
    case Kind::text:
      return "expected a text in quotes";
    case Kind::texts:
      return "expected a list of texts, such as " + name + " = [\"...\"]";
    case Kind::number:
      return "expected a whole number without quotes";
    case Kind::flag:
      return "expected true or false, without quotes";
    case Kind::size:
      return "expected a size in quotes, such as \"256M\" (K, M, G, T)";
    case Kind::duration:
      return "expected a duration in quotes, such as \"2s\", \"1h30m\" or \"14d\"";
    case Kind::word:
      return "expected one of " + std::string(key.words) + ", in quotes";
    case Kind::words:
      return "expected a list of " + std::string(key.words);
    case Kind::table:
      return "expected a table: write [" + std::string(key.path) + "]";
    case Kind::tables:
      return "expected a table: write [[" + std::string(key.path) + "]]";
  }
  return {};
}

bool all_of_kind(const Value& value, Value::Kind kind) {
  return value.kind == Value::Kind::list &&
         std::ranges::all_of(value.items, [kind](const Value& item) { return item.kind == kind; });
}

bool has_type(const Key& key, const Value& value) {
  switch (key.kind) {
    case Kind::text:
    case Kind::word:
      return value.kind == Value::Kind::text;
    case Kind::texts:
    case Kind::words:
      return all_of_kind(value, Value::Kind::text);
    case Kind::number:
      return value.kind == Value::Kind::number;
    case Kind::flag:
      return value.kind == Value::Kind::flag;
    case Kind::size:
    case Kind::duration:
      return value.kind == Value::Kind::text;
    case Kind::table:
      return value.kind == Value::Kind::table;
    case Kind::tables:
      return all_of_kind(value, Value::Kind::table);
  }
  return false;
}

std::string format(const Key& key, std::uint64_t value) {
  if (key.kind == Kind::size) return format_size(value);
  if (key.kind == Kind::duration) return format_duration(std::chrono::milliseconds(value));
  return std::to_string(value);
}

/// nullopt: not a value of this kind at all. A negative number counts as beyond every range.
std::optional<std::uint64_t> measure(const Key& key, const Value& value) {
  constexpr auto beyond = ~std::uint64_t{0};
  if (key.kind == Kind::number) return value.number < 0 ? beyond : static_cast<std::uint64_t>(value.number);
  if (key.kind == Kind::size) {
    const auto octets = parse_size(value.text);
    if (octets) return *octets;
    return octets.error().code == base::errc::too_long ? std::optional(beyond) : std::nullopt;
  }
  const auto duration = parse_duration(value.text);
  if (duration) return static_cast<std::uint64_t>(duration->count());
  return duration.error().code == base::errc::too_long ? std::optional(beyond) : std::nullopt;
}

void check_range(const Key& key, const Value& value, const std::string& path, Report& report) {
  const auto measured = measure(key, value);
  if (!measured) return report.error(path, wanted(key));
  if (*measured < key.least || *measured > key.most)
    report.error(path, "must be from " + format(key, key.least) + " to " + format(key, key.most));
}

void check_word(const Key& key, const Value& value, const std::string& path, Report& report) {
  const auto known = base::split(key.words, '|');
  if (std::ranges::find(known, value.text) != known.end()) return;
  const auto near = nearest(value.text, known);
  report.error(
      path, "must be one of " + std::string(key.words) + (near.empty() ? "" : "; did you mean \"" + std::string(near) + "\"?"));
}

void check_value(const Key& key, const Value& value, const std::string& path, Report& report) {
  if (!has_type(key, value)) return report.error(path, wanted(key) + ", found " + std::string(kind_name(value)));
  switch (key.kind) {
    case Kind::number:
    case Kind::size:
    case Kind::duration:
      return check_range(key, value, path, report);
    case Kind::word:
      return check_word(key, value, path, report);
    case Kind::words:
      for (std::size_t i = 0; i < value.items.size(); ++i) check_word(key, value.items[i], place_in(path, i), report);
      return;
    default:
      return;
  }
}

std::vector<const Key*> keys_of(std::string_view parent) {
  std::vector<const Key*> out;
  for (const auto& key : schema())
    if (key.parent() == parent) out.push_back(&key);
  return out;
}

void report_unknown(const Member& member, const std::vector<const Key*>& known, const std::string& path, Report& report) {
  std::vector<std::string_view> names;
  for (const auto* key : known) names.push_back(key->name());
  const auto near = nearest(member.key, names);
  report.error_at(member.at, path,
                  near.empty() ? "unknown key; remove it (docs/configuration.md lists all)"
                               : "unknown key; did you mean \"" + std::string(near) + "\"?");
}

std::string join(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

/// `path` with places in lists, `schema_path` without. Recursion follows the schema, three deep.
void check_table(const Value& table, std::string_view schema_path, const std::string& path, Report& report) {
  const auto known = keys_of(schema_path);
  for (const auto& member : table.members) {
    const auto here = join(path, member.key);
    const auto found = std::ranges::find(known, member.key, [](const Key* key) { return key->name(); });
    if (found == known.end()) {
      report_unknown(member, known, here, report);
      continue;
    }
    const Key& key = **found;
    check_value(key, member.value, here, report);
    if (key.kind == Kind::table && member.value.kind == Value::Kind::table) check_table(member.value, key.path, here, report);
    if (key.kind != Kind::tables) continue;
    for (std::size_t i = 0; i < member.value.items.size(); ++i)
      if (member.value.items[i].kind == Value::Kind::table)
        check_table(member.value.items[i], key.path, place_in(here, i), report);
  }
  for (const auto* key : known)
    if (key->need == Key::Need::required && table.find(key->name()) == nullptr)
      report.error(join(path, key->name()), "missing; " + wanted(*key));
}

}  // namespace

void check_schema(const Value& document, Report& report) {
  check_table(document, "", "", report);
}

}  // namespace understudy::conf
