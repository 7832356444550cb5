#include "conf/edit.hpp"

#include <algorithm>
#include <array>

#include "conf/document.hpp"

namespace understudy::conf {
namespace {

/// The offset of a position; columns count characters of UTF-8.
std::size_t offset_of(std::string_view text, Position at) {
  std::size_t offset = 0;
  for (std::uint32_t line = 1; line < at.line && offset < text.size(); ++line)
    offset = std::min(text.find('\n', offset), text.size() - 1) + 1;
  for (std::uint32_t column = 1; column < at.column && offset < text.size(); ++column) {
    ++offset;
    while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xc0) == 0x80) ++offset;
  }
  return offset;
}

/// How many octets the value at the front takes; 0: it does not end on its line.
std::size_t value_size(std::string_view in) {
  const auto line = in.substr(0, in.find_first_of("\r\n"));
  if (line.starts_with("\"\"\"") || line.starts_with("'''")) return 0;
  if (line.starts_with('\'')) return line.find('\'', 1) + 1;  // npos + 1 is 0
  if (line.starts_with('"')) {
    for (std::size_t i = 1; i < line.size(); ++i) {
      if (line[i] == '\\')
        ++i;
      else if (line[i] == '"')
        return i + 1;
    }
    return 0;
  }
  if (line.starts_with('[') || line.starts_with('{')) return 0;
  return std::min(line.find_first_of(" \t,#]}"), line.size());
}

std::unexpected<Problem> in_the_way(const std::string& file, Position at, const Edit& edit, std::string_view why) {
  return std::unexpected(Problem{Severity::error, file, at, edit.table + "." + edit.key,
                                 std::string(why) + "; set it to " + edit.value + " by hand"});
}

/// Whether the table has a header of its own, at the place that the document names.
bool has_header(std::string_view text, Position at) {
  const auto offset = offset_of(text, at);
  const auto line_start = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
  const auto before = text.substr(line_start, offset - line_start);
  return before.find_first_not_of(" \t") == before.npos && text.substr(offset).starts_with('[');
}

std::string insert_below(std::string_view text, Position header, const Edit& edit) {
  const auto from = offset_of(text, header);
  const auto end = text.find('\n', from);
  const auto line = edit.key + " = " + edit.value;
  std::string out(text.substr(0, end));  // npos: all
  if (end == text.npos) return out + "\n" + line + "\n";
  const bool crlf = out.ends_with('\r');
  return out + "\n" + line + (crlf ? "\r" : "") + std::string(text.substr(end));
}

/// The text with more lines at its end, behind an empty one.
std::string append_block(std::string_view text, std::string_view block) {
  std::string out(text);
  if (!out.empty() && !out.ends_with('\n')) out += "\n";
  if (!out.empty()) out += "\n";
  return out.append(block);
}

/// The table itself; nullptr: not there.
const Value* table_at(const Value& document, const std::string& path) {
  const Value& found = locate(document, path);
  return &found == &document || found.kind != Value::Kind::table ? nullptr : &found;
}

}  // namespace

std::string toml_text(std::string_view value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : value) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (octet < 0x20 || octet == 0x7f) {
      out.append("\\u00").append(1, digits[octet >> 4]).append(1, digits[octet & 15]);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string toml_texts(const std::vector<std::string>& values) {
  std::string out = "[";
  for (const auto& value : values) out += (out.size() == 1 ? "" : ", ") + toml_text(value);
  return out + "]";
}

std::expected<std::string, Problem> apply(std::string_view text, const std::string& file, const Edit& edit) {
  const auto document = parse_document(text, file);
  if (!document) return std::unexpected(document.error());
  const auto* table = table_at(*document, edit.table);
  if (table == nullptr) return append_block(text, "[" + edit.table + "]\n" + edit.key + " = " + edit.value + "\n");
  const auto* old = table->find(edit.key);
  if (old == nullptr) {
    if (!has_header(text, table->at)) return in_the_way(file, table->at, edit, "its table has no header of its own");
    return insert_below(text, table->at, edit);
  }
  const auto from = offset_of(text, old->at);
  const auto size = value_size(text.substr(from));
  if (size == 0) return in_the_way(file, old->at, edit, "the value takes more than a line");
  return std::string(text.substr(0, from)) + edit.value + std::string(text.substr(from + size));
}

std::expected<std::string, Problem> append_to_list(std::string_view text, const std::string& file, const std::string& list,
                                                   std::string_view lines) {
  const auto document = parse_document(text, file);
  if (!document) return std::unexpected(document.error());
  const std::string header = "[[" + list + "]]";
  const auto there = std::ranges::find(document->members, list, &Member::key);
  const bool is_value =
      there != document->members.end() && (there->value.items.empty() || !has_header(text, there->value.items.front().at));
  if (!is_value) return append_block(text, header + "\n" + std::string(lines));
  return std::unexpected(Problem{
      Severity::error, file, there->at, list,
      there->value.items.empty() ? "this empty list keeps a " + header + " from being added; remove the line"
                                 : "a list in brackets takes no " + header + " more; write each of its tables as " + header});
}

}  // namespace understudy::conf
