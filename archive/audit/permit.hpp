/// The leave to do one thing with the archive for a person. Only the door (door.hpp) makes one, and only when the entry that
/// tells of it is durable: who has none gets at nothing that the archive keeps, and whoever has one was written down.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "archive/archive.hpp"
#include "archive/audit/record.hpp"
#include "archive/audit/state.hpp"

namespace understudy::archive::audit {

/// Any thread. The archive outlives it.
class Permit {
 public:
  Kind kind() const { return kind_; }
  Role role() const { return role_; }
  const Actor& actor() const { return actor_; }
  /// Of the entry that tells of it; nullopt: Kind::plain, which is not recorded.
  std::optional<std::uint64_t> entry() const { return entry_; }

  const Archive& archive() const { return archive_; }
  /// errc::refused: an action of this kind changes nothing.
  void change(Change change, Done<> done) const;
  /// errc::refused: an action of this kind gives no octets of messages.
  base::Result<BodyToRead> open_body(const store::BodyRef& body) const;

  /// Is it confined to a case? Then what is not covered must not be shown.
  bool confined() const { return terms_.has_value(); }
  /// Of a message that is in an account of the case: by the date that it has there, which its user may have chosen, or by when
  /// it was first stored.
  bool covers(base::WallTime internal_date, base::WallTime stored) const { return covers(internal_date) || covers(stored); }
  bool covers(base::WallTime time) const;
  bool covers(const journal::Entry& entry) const;  ///< by its time, its sender, its recipients and where it was filed
  std::optional<base::WallTime> until() const;     ///< nullopt: no case ends it

 private:
  friend class Door;
  Permit(Archive& archive, Kind kind) : archive_(archive), kind_(kind) {}
  bool covers_account(std::string_view name) const;
  bool covers_address(const mail::address::Address& address) const;

  Archive& archive_;
  Kind kind_;
  Role role_ = Role::none;
  Actor actor_;
  enum class Consent : std::uint8_t { none, given } consent_ = Consent::none;  ///< of a second person
  std::optional<std::uint64_t> entry_;
  std::optional<Case> terms_;
};

}  // namespace understudy::archive::audit
