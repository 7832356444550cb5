/// Collects everything that is wrong with one file while it is read and checked, so that all of it is said at once.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "conf/document.hpp"
#include "conf/problem.hpp"

namespace understudy::conf {

/// "client[1].networks": how a Report is told of a place in a list. Without a key the element itself.
std::string place_in(std::string_view list, std::size_t index, std::string_view key = {});

class Report {  // for one load, one thread
 public:
  /// Keeps a reference to the document.
  Report(std::string file, const Value& document) : file_(std::move(file)), document_(document) {}

  /// `path` is where the value stands, with the places in lists: "client[1].networks[0]". What is missing is reported at
  /// the table that lacks it.
  void error(std::string_view path, std::string message) { add(Severity::error, path, place(path), std::move(message)); }
  void warn(std::string_view path, std::string message) { add(Severity::warning, path, place(path), std::move(message)); }
  void error_at(Position at, std::string_view path, std::string message) { add(Severity::error, path, at, std::move(message)); }

  Position place(std::string_view path) const { return locate(document_, path).at; }
  bool has_error() const { return conf::has_error(problems_); }
  /// In the order of the file.
  Problems take();

 private:
  void add(Severity severity, std::string_view path, Position at, std::string message);

  std::string file_;
  const Value& document_;
  Problems problems_;
};

/// Names that may be given once. The second one is an error that names the place of the first.
class Once {
 public:
  /// `what` is said to the reader: "address", "client".
  Once(std::string_view what, Report& report) : what_(what), report_(report) {}
  void claim(const std::string& name, const std::string& path);
  bool has(const std::string& name) const { return first_.contains(name); }

 private:
  std::string_view what_;
  Report& report_;
  std::map<std::string, Position> first_;
};

}  // namespace understudy::conf
