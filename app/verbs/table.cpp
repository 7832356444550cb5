#include "app/verbs/table.hpp"

#include <algorithm>
#include <ostream>

#include <boost/json/serialize.hpp>

#include "base/text.hpp"

namespace understudy::app {
namespace {

constexpr std::size_t max_cell = 4096;  ///< octets of one value that are shown
constexpr std::string_view gap = "  ";

bool holds_objects(const boost::json::array& array) {
  return std::ranges::any_of(array, [](const auto& each) { return each.is_object(); });
}

std::string joined(const boost::json::array& array) {
  std::string all;
  for (const auto& each : array) all += (all.empty() ? "" : ", ") + cell(each);
  return all.empty() ? "-" : all;
}

}  // namespace

std::string cell(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::string:
      return value.get_string().empty() ? "-" : base::escape(std::string_view(value.get_string()), max_cell);
    case boost::json::kind::bool_:
      return value.get_bool() ? "yes" : "no";
    case boost::json::kind::null:
      return "-";
    case boost::json::kind::array:
      return joined(value.get_array());
    case boost::json::kind::object: {
      std::string all;
      for (const auto& [name, each] : value.get_object())
        if (const auto text = cell(each); text != "-") all += (all.empty() ? "" : " ") + std::string(name) + "=" + text;
      return all.empty() ? "-" : all;
    }
    default:
      return boost::json::serialize(value);
  }
}

std::size_t width(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const auto& column : columns_) widths_.push_back(width(column.title));
}

void Table::add(std::vector<std::string> cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], width(cells[i]));
  rows_.push_back(std::move(cells));
}

void Table::print(std::ostream& out, const std::vector<std::string>& cells) const {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string space(widths_[i] - width(cells[i]), ' ');
    const bool last = i + 1 == cells.size();
    if (columns_[i].align == Align::right) line += space;
    line += cells[i];
    if (columns_[i].align == Align::left && !last) line += space;
    if (!last) line += gap;
  }
  out << line << '\n';
}

void Table::flush(std::ostream& out) {
  if (!titled_) {
    std::vector<std::string> titles;
    for (const auto& column : columns_) titles.push_back(column.title);
    print(out, titles);
    titled_ = true;
  }
  for (const auto& row : rows_) print(out, row);
  rows_.clear();
}

void print_object(std::ostream& out, const boost::json::object& object, std::size_t indent) {
  std::size_t longest = 0;
  for (const auto& [name, value] : object)
    if (!value.is_object()) longest = std::max(longest, name.size());
  const std::string space(indent, ' ');
  for (const auto& [name, value] : object) {
    const std::string shown = base::escape(std::string_view(name));
    if (const auto* inner = value.if_object()) {
      out << space << shown << '\n';
      print_object(out, *inner, indent + 2);
    } else if (const auto* list = value.if_array(); list && holds_objects(*list)) {
      out << space << shown << '\n';
      for (const auto& each : *list) out << space << "  " << cell(each) << '\n';
    } else {
      out << space << shown << std::string(longest + gap.size() - std::min(longest, shown.size()), ' ') << cell(value) << '\n';
    }
  }
}

}  // namespace understudy::app
