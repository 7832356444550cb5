/// One table of the document while it is read. Types, ranges and words were checked by the schema and reported there: what
/// does not fit is passed over here, and the default stays.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/document.hpp"
#include "conf/report.hpp"
#include "routing/policy.hpp"

namespace understudy::conf {

/// A text and where it stands.
struct Text {
  std::string text;
  std::string path;
};

class Section {  // a view: the document and the report outlive it
 public:
  Section(const Value* table, std::string path, Report& report) : table_(table), path_(std::move(path)), report_(&report) {}

  bool exists() const { return table_ != nullptr; }
  bool exists(std::string_view key) const { return table_ != nullptr && table_->find(key) != nullptr; }
  /// Whether the key is there, with a value of this kind.
  bool has(std::string_view key, Value::Kind kind = Value::Kind::text) const { return find(key, kind) != nullptr; }
  std::string path(std::string_view key) const { return path_.empty() ? std::string(key) : path_ + "." + std::string(key); }
  const std::string& path() const { return path_; }
  Report& report() const { return *report_; }

  /// Each leaves `out` as it is where the key is absent.
  void text(std::string_view key, std::string& out) const;
  void flag(std::string_view key, bool& out) const;
  void flag(std::string_view key, routing::Switch& out) const;
  void number(std::string_view key, std::uint32_t& out) const;
  void number(std::string_view key, std::uint16_t& out) const;
  void size(std::string_view key, std::uint64_t& out) const;
  void duration(std::string_view key, std::chrono::milliseconds& out) const;
  template <class Enum>
  void word(std::string_view key, std::initializer_list<std::pair<std::string_view, Enum>> words, Enum& out) const {
    const Value* value = find(key, Value::Kind::text);
    if (value == nullptr) return;
    for (const auto& [name, meaning] : words)
      if (name == value->text) out = meaning;
  }

  std::vector<Text> texts(std::string_view key) const;
  Section table(std::string_view key) const;
  std::vector<Section> tables(std::string_view key) const;

 private:
  const Value* find(std::string_view key, Value::Kind kind) const;

  const Value* table_;  // nullptr: absent
  std::string path_;
  Report* report_;
};

}  // namespace understudy::conf
