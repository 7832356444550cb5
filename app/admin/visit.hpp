/// What one connection to the admin socket may go on with: a list's next page, or the entries of an export, under the permit
/// that was given for the whole of it. So the audit journal has one entry for each command, however many requests it takes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/admin/inquiry.hpp"
#include "archive/audit/permit.hpp"
#include "base/clock.hpp"

namespace understudy::app {

class AdminVisit {  // one executor
 public:
  using Permit = std::shared_ptr<const archive::audit::Permit>;

  /// The permit under which this is to be done, if it still holds, which is to be asked before; nullptr: it needs one of its
  /// own.
  Permit going_on(std::string_view verb, const Inquiry& asked) const;
  bool too_long(base::WallTime now) const { return now >= until_; }  ///< since it began
  /// The arguments of what goes on: a list of the entries of an export has no more rows than are left of it.
  boost::json::object bounded(std::string_view verb, boost::json::object arguments) const;
  /// This was given under the permit.
  void gave(std::string_view verb, const Inquiry& asked);
  /// What was asked for began under this permit.
  void begin(Permit permit, std::string_view verb, const Inquiry& asked, base::WallTime now);
  /// Where the list that was asked for last goes on; empty: it is complete.
  void goes_on(std::string next) { next_ = std::move(next); }
  bool exporting() const { return permit_ && verb_ == export_verb; }
  /// Nothing goes on any more.
  void end();
  /// The export that was under way, if one was, with what it gave; it is over.
  Permit end_export();
  std::uint64_t given() const { return given_; }  ///< entries, by the export

  static constexpr std::string_view export_verb = "journal/export";
  static constexpr auto longest = std::chrono::hours(24);  ///< for which a permit goes on

 private:
  bool of_export(std::string_view verb, const Inquiry& asked) const;
  void count(const std::optional<archive::Position>& position);
  bool shows_no_more(const boost::json::object& arguments) const;

  Permit permit_;
  std::string verb_;
  base::Digest digest_{};
  std::string next_;
  base::WallTime until_{};
  // Of an export.
  archive::Position from_;
  boost::json::object export_;  ///< its arguments
  std::uint64_t most_ = 0;      ///< entries, from `from_` on
  std::optional<archive::Position> last_given_;
  std::uint64_t given_ = 0;
};

}  // namespace understudy::app
