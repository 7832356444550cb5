#include "archive/check/entries.hpp"

#include <algorithm>

#include "archive/journal/reader.hpp"
#include "archive/journal/sealed_parts.hpp"

namespace understudy::archive::check {

bool as_written(std::string_view value, std::string_view encoded) {
  if (value.empty() || encoded.empty()) return false;
  if (value == encoded) return true;
  const auto version = [](std::string_view octets) { return static_cast<std::uint8_t>(octets.front()); };
  if (value.size() < encoded.size())
    return version(value) <= version(encoded) && encoded.substr(1).starts_with(value.substr(1));
  return version(value) > version(encoded) && value.size() > encoded.size() && value.substr(1).starts_with(encoded.substr(1));
}

Told told_by(const base::Result<journal::Sealed>& sealed) {
  Told told;
  if (!sealed) {
    told.state = sealed.error().code == base::errc::not_found ? Told::State::absent : Told::State::unreadable;
    return told;
  }
  if (is_ended(sealed->common)) {
    told.state = Told::State::ended;
    return told;
  }
  auto entry = journal::open(*sealed);
  if (!entry) {
    told.state = Told::State::unreadable;
    return told;
  }
  told.state = Told::State::there;
  told.entry = std::move(*entry);
  if (std::ranges::any_of(sealed->parts, [](const auto& part) { return is_ended(part); })) told.parts = Told::Parts::some_ended;
  if (std::ranges::any_of(sealed->parts, [](const auto& part) { return !journal::why_unreadable(part).empty(); }))
    told.parts = Told::Parts::some_unreadable;
  return told;
}

const Told& Entries::at(Position position) {
  if (position_ == position) return told_;
  position_ = position;
  told_ = told_by(journal::read_sealed(reader_, position));
  return told_;
}

}  // namespace understudy::archive::check
