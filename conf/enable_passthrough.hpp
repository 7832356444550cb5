/// Turns a plain mail server into a primary, or into an archive, by the smallest change of its configuration's text.
/// On a primary exactly three things change: the static route, the copy switch, the sender check.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "conf/problem.hpp"

namespace understudy::conf {

struct EnablePassthrough {
  enum class Role : std::uint8_t { primary, archive } role = Role::primary;
  std::string other;  ///< host of the other machine, with a port where it is not 25: "archive.example.org:2525"
  /// Where the other machine hands over mail from. Asked for an archive, which takes mail from clients only; on a primary it
  /// adds a [[client]] for the archive, and without it none.
  std::vector<std::string> networks = {};
};

/// The new text; the same octets where all is as wanted already. It was loaded and has no error. The failure: what was wrong
/// with the old text, routes that lead elsewhere and would be lost, what is in the way of an edit, or an error that the new
/// text would have.
std::expected<std::string, Problems> enable_passthrough(std::string_view text, const std::string& file,
                                                        const EnablePassthrough& wanted);

}  // namespace understudy::conf
