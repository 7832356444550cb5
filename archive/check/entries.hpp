/// What the journal tells of the message of one entry, for who compares other records with it. Reads only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "archive/journal/entry.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::check {

/// Is the value what this program would write? `encoded`: what it would. Values of earlier programs may end before it does, and
/// such of later ones, which have a higher version, behind it.
bool as_written(std::string_view value, std::string_view encoded);

struct Told {
  enum class State : std::uint8_t {
    absent,      ///< the journal has no such entry
    unreadable,  ///< it cannot be read, which is told where the journal is verified, or its key was destroyed
    ended,       ///< its common part has ended
    there,
  } state = State::absent;
  std::optional<journal::Entry> entry;  ///< where it is there; recipients whose part cannot be read are empty in it
  enum class Parts : std::uint8_t { all, some_ended, some_unreadable } parts = Parts::all;

  bool whole() const { return state == State::there && parts == Parts::all; }
};

/// As the journal verification reads it, sealed or not at all.
Told told_by(const base::Result<journal::Sealed>& sealed);

/// The entry asked for last is kept. One thread.
class Entries {
 public:
  explicit Entries(const store::Reader& reader) : reader_(reader) {}
  const Told& at(Position position);

 private:
  const store::Reader& reader_;
  std::optional<Position> position_;
  Told told_;
};

}  // namespace understudy::archive::check
