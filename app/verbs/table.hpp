/// Columns of text, aligned. What came from mail is escaped: nobody who sends a message can write on the terminal.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace understudy::app {

enum class Align : std::uint8_t { left, right };

/// Printed in parts, so that memory stays bounded however long the list is; a later part keeps the widths of the earlier one.
class Table {
 public:
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  explicit Table(std::vector<Column> columns);

  /// One cell for each column, escaped already.
  void add(std::vector<std::string> cells);
  /// Prints what was added since; before the first part the titles.
  void flush(std::ostream& out);

 private:
  void print(std::ostream& out, const std::vector<std::string>& cells) const;

  std::vector<Column> columns_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
  bool titled_ = false;
};

/// A JSON value as one cell: escaped text, numbers, yes and no, lists joined by commas. Empty and null: "-".
std::string cell(const boost::json::value& value);
/// Characters that a terminal shows, about: code points.
std::size_t width(std::string_view utf8);
/// An object as lines "name  value", what is inside of it indented.
void print_object(std::ostream& out, const boost::json::object& object, std::size_t indent = 0);

}  // namespace understudy::app
