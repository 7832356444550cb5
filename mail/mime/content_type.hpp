/// Values with parameters: Content-Type (RFC 2045 §5.1) and Content-Disposition (RFC 2183), with the continuations and charsets
/// of RFC 2231 §3, §4. Tolerant: what is wrong is passed over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::mail::mime {

struct Parameter {
  std::string name;   ///< lower case, without "*0" and "*"
  std::string value;  ///< put together; UTF-8 where it had a charset, else as it stood
  bool operator==(const Parameter&) const = default;
};

struct ParameterList {
  std::vector<Parameter> items;  ///< in order of first appearance; of duplicates the first
  bool truncated = false;        ///< there were more than 1,000, or more than 64 KiB of them

  const std::string* find(std::string_view name) const;
};

struct ContentType {
  std::string type = "text";  ///< lower case
  std::string subtype = "plain";
  ParameterList parameters;

  bool is(std::string_view t, std::string_view s) const { return type == t && subtype == s; }
};

struct Disposition {
  std::string kind;  ///< lower case: "attachment", "inline"
  ParameterList parameters;
};

/// nullopt where no type/subtype stands in front: then the default applies (RFC 2045 §5.2).
std::optional<ContentType> parse_content_type(std::string_view value);
std::optional<Disposition> parse_disposition(std::string_view value);

/// The parameters of such a value as they were written: names in lower case, RFC 2231 neither put together nor decoded, values
/// without quotes, duplicates too. Within the limits of ParameterList.
std::vector<Parameter> written_parameters(std::string_view value);

/// The file name as it is shown: of the disposition, else the "name" of the type; encoded words and 8-bit text decoded as well
/// as can be. UTF-8; may hold anything else, "../" and control characters too: no path, and to be escaped before it is shown.
std::optional<std::string> filename(const std::optional<Disposition>& disposition, const ContentType& type);

}  // namespace understudy::mail::mime
