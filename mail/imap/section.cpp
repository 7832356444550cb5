#include "mail/imap/section.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "mail/header/scan.hpp"

namespace understudy::mail::imap {
namespace {

using Shape = mime::Part::Shape;

/// A part as section numbers see it: the same leaf is the message and its part 1.
struct Place {
  std::size_t index = 0;
  bool is_message = true;  ///< the message itself, or one within
};

std::optional<std::size_t> child(std::span<const PartRange> parts, std::size_t parent, std::uint32_t number) {
  for (std::size_t i = parent + 1; i < parts.size() && parts[i].parent >= parent; ++i)
    if (parts[i].parent == parent && number-- == 1) return i;
  return std::nullopt;
}

std::optional<Place> descend(std::span<const PartRange> parts, Place place, std::uint32_t number) {
  if (number == 0) return std::nullopt;
  if (!place.is_message && parts[place.index].shape == Shape::message) {
    const auto inner = child(parts, place.index, 1);
    if (!inner) return std::nullopt;
    place = {*inner, true};
  }
  if (parts[place.index].shape == Shape::multipart) {
    const auto found = child(parts, place.index, number);
    if (!found) return std::nullopt;
    return Place{*found, false};
  }
  if (!place.is_message || number != 1) return std::nullopt;
  return Place{place.index, false};
}

}  // namespace

std::vector<PartRange> part_ranges(const mime::Structure& structure) {
  std::vector<PartRange> out;
  out.reserve(structure.parts.size());
  for (const mime::Part& part : structure.parts)
    out.push_back({static_cast<std::uint32_t>(part.parent.value_or(0)), part.shape, part.encoding, part.header, part.body});
  return out;
}

std::optional<FoundSection> find_section(std::span<const PartRange> parts, const SectionPath& path) {
  using What = SectionPath::What;
  if (parts.empty()) return std::nullopt;
  Place place;
  for (const std::uint32_t number : path.part) {
    const auto next = descend(parts, place, number);
    if (!next) return std::nullopt;
    place = *next;
  }
  if (path.what == What::mime) {
    if (place.is_message) return std::nullopt;
    return FoundSection{parts[place.index].header};
  }
  if (path.what == What::all) {
    const PartRange& part = parts[place.index];
    if (place.is_message) return FoundSection{{part.header.begin, part.body.end}};
    return FoundSection{part.body, part.shape == Shape::leaf ? part.encoding : mime::Encoding::seven_bit};
  }
  if (!place.is_message) {
    const auto inner = parts[place.index].shape == Shape::message ? child(parts, place.index, 1) : std::nullopt;
    if (!inner) return std::nullopt;
    place.index = *inner;
  }
  return FoundSection{path.what == What::header ? parts[place.index].header : parts[place.index].body};
}

std::string filter_header(std::string_view header, header::LineEnds ends, std::span<const std::string_view> names,
                          FieldChoice choice) {
  std::string out;
  const auto scanned = header::scan(header, 0, ends, {.octets = header.size(), .fields = header.size()});
  for (const header::Field& field : scanned.fields) {
    const auto name = scanned.name(field);
    const bool named = std::ranges::any_of(names, [&](std::string_view n) { return base::iequals(n, name); });
    if (named == (choice == FieldChoice::named)) out += field.whole.of(header);
  }
  if (!out.empty() && out.back() != '\n' && out.back() != '\r') out += "\r\n";
  return out += "\r\n";
}

}  // namespace understudy::mail::imap
