/// Changes single values in the text of a configuration and leaves every other octet of it alone: comments, order, white
/// space. TOML 1.0.0. Knows tables that have a header of their own and values on one line; what is written otherwise is
/// said to be in the way and left to a person.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "conf/problem.hpp"

namespace understudy::conf {

/// A value as TOML text: quoted, with all that needs it escaped.
std::string toml_text(std::string_view value);
std::string toml_texts(const std::vector<std::string>& values);

/// Puts `value` (TOML, one line) at `key` of the table at `table` ("passthrough", "listener[0]"): in place of the old value, or
/// as a new line behind the table's header. A table that is not there is added at the end, elements of lists are not.
/// The failure says what is in the way, and where.
struct Edit {
  std::string table;
  std::string key;
  std::string value;
};
std::expected<std::string, Problem> apply(std::string_view text, const std::string& file, const Edit& edit);

/// One more `[[list]]` at the end, behind an empty line; `lines` is what stands in it. The failure: the list is written as a
/// value, `list = [...]`, to which TOML adds no table.
std::expected<std::string, Problem> append_to_list(std::string_view text, const std::string& file, const std::string& list,
                                                   std::string_view lines);

}  // namespace understudy::conf
