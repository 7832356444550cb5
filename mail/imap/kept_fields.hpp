/// The header fields of a message that mail programs ask for in their lists, with their octets, and the names of all others:
/// what answers HEADER.FIELDS (RFC 9051 §6.4.5.1) and SEARCH HEADER (§6.4.4) without the message, or says that it cannot.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/header/scan.hpp"
#include "mail/imap/section.hpp"

namespace understudy::mail::imap {

struct KeptLimits {
  std::size_t field = 4 * 1024;    ///< octets of a field with its name; a longer one is not kept
  std::size_t fields = 32 * 1024;  ///< of all that is kept
  std::size_t names = 8 * 1024;    ///< of the names of all others
};

/// Raised when the list of names that are kept changes; goes into the record.
constexpr std::uint8_t kept_set = 1;
/// Whether fields of that name are kept (From, To, Subject, References, List-Id ... : the list is in the .cpp).
bool is_kept_name(std::string_view name);

struct KeptFields {
  std::string fields;  ///< each behind its length (varint), with its octets, in the order of the message
  std::string missed;  ///< names that belong to those kept, of fields that are not (too long): in lower case, each between LFs
  std::string others;  ///< names of all other fields; likewise, each once
  bool complete = true;         ///< `others` has all of them
  std::uint8_t set = kept_set;  ///< 0: the header was cut, so nothing is known of any name
  bool operator==(const KeptFields&) const = default;
};

KeptFields keep_fields(const header::Header& header, const KeptLimits& limits = {});

/// The same as views: into a KeptFields, or into a stored record.
class KeptFieldsView {
 public:
  KeptFieldsView(std::string_view fields, std::string_view missed, std::string_view others, bool complete, std::uint8_t set)
      : fields_(fields), missed_(missed), others_(others), complete_(complete), set_(set) {}
  explicit KeptFieldsView(const KeptFields& kept)
      : KeptFieldsView(kept.fields, kept.missed, kept.others, kept.complete, kept.set) {}

  KeptFields copy() const { return {std::string(fields_), std::string(missed_), std::string(others_), complete_, set_}; }
  /// Whether all fields of that name are here, or surely none was in the message.
  bool knows(std::string_view name) const;
  /// The first field's value as it stands, folding included, without the last line end; nullopt: not there, if knows(name).
  std::optional<std::string_view> first_value(std::string_view name) const;
  /// Whether `holds` is true of the value of any field of that name, each as first_value() gives it.
  bool any_value(std::string_view name, const std::function<bool(std::string_view)>& holds) const;
  /// What filter_header() gives; nullopt where the octets of the message must be read.
  std::optional<std::string> header_fields(std::span<const std::string_view> names, FieldChoice choice) const;

 private:
  std::string_view fields_;
  std::string_view missed_;
  std::string_view others_;
  bool complete_;
  std::uint8_t set_;
};

}  // namespace understudy::mail::imap
