#include "conf/section.hpp"

#include <limits>

#include "conf/values.hpp"

namespace understudy::conf {
namespace {

template <class Int>
void narrow(const Value* value, Int& out) {
  if (value == nullptr || value->number < 0) return;
  const auto number = static_cast<std::uint64_t>(value->number);
  if (number <= std::numeric_limits<Int>::max()) out = static_cast<Int>(number);
}

}  // namespace

const Value* Section::find(std::string_view key, Value::Kind kind) const {
  const Value* value = table_ == nullptr ? nullptr : table_->find(key);
  return value != nullptr && value->kind == kind ? value : nullptr;
}

void Section::text(std::string_view key, std::string& out) const {
  if (const auto* value = find(key, Value::Kind::text)) out = value->text;
}

void Section::flag(std::string_view key, bool& out) const {
  if (const auto* value = find(key, Value::Kind::flag)) out = value->flag;
}

void Section::flag(std::string_view key, routing::Switch& out) const {
  if (const auto* value = find(key, Value::Kind::flag)) out = value->flag ? routing::Switch::on : routing::Switch::off;
}

void Section::number(std::string_view key, std::uint32_t& out) const {
  narrow(find(key, Value::Kind::number), out);
}
void Section::number(std::string_view key, std::uint16_t& out) const {
  narrow(find(key, Value::Kind::number), out);
}

void Section::size(std::string_view key, std::uint64_t& out) const {
  const auto* value = find(key, Value::Kind::text);
  if (value == nullptr) return;
  if (const auto octets = parse_size(value->text)) out = *octets;
}

void Section::duration(std::string_view key, std::chrono::milliseconds& out) const {
  const auto* value = find(key, Value::Kind::text);
  if (value == nullptr) return;
  if (const auto duration = parse_duration(value->text)) out = *duration;
}

std::vector<Text> Section::texts(std::string_view key) const {
  std::vector<Text> out;
  const auto* list = find(key, Value::Kind::list);
  if (list == nullptr) return out;
  for (std::size_t i = 0; i < list->items.size(); ++i)
    if (list->items[i].kind == Value::Kind::text) out.push_back({list->items[i].text, place_in(path(key), i)});
  return out;
}

Section Section::table(std::string_view key) const {
  return {find(key, Value::Kind::table), path(key), *report_};
}

std::vector<Section> Section::tables(std::string_view key) const {
  std::vector<Section> out;
  const auto* list = find(key, Value::Kind::list);
  if (list == nullptr) return out;
  for (std::size_t i = 0; i < list->items.size(); ++i)
    if (list->items[i].kind == Value::Kind::table) out.emplace_back(&list->items[i], place_in(path(key), i), *report_);
  return out;
}

}  // namespace understudy::conf
