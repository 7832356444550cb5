/// The statements of a report on custody as JSON, and what two of them say of each other (docs/custody.md). What
/// comes from the other machine is bounded by what this one asked for. Never does I/O.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "archive/custody/report.hpp"
#include "archive/custody/signed_statement.hpp"

namespace understudy::app {

struct Period {
  base::WallTime since{}, until{};
};

/// By one machine, of its own book.
struct CustodyStatement {
  enum class Role : std::uint8_t { giver, taker } role = Role::giver;
  archive::custody::Life by;
  std::string hostname;
  std::optional<archive::custody::InstanceId> other;  ///< the machine at the other end; nullopt: there is none
  base::WallTime made{};
  Period period;
  std::optional<base::Digest> answers;  ///< SHA-256 of the giver's statement that the taker was shown
  std::vector<archive::custody::Section> sections;
  std::optional<archive::custody::Arrived> arrived;  ///< of the taker alone, where nobody said which numbers there are

  std::string to_json() const;
};

struct Comparison {
  // Rows: {"incarnation", "partition", "from", "to", "giver", "taker"}.
  boost::json::array differences;  ///< the books contradict each other
  boost::json::array missing;      ///< both say that it is not there
  boost::json::array unclosed;     ///< it is there, and the giver has no receipt that says so, or not yet
};
/// errc::malformed: one of them is no statement, or they are not about the same numbers.
base::Result<Comparison> compare(const archive::custody::SignedStatement& giver,
                                 const archive::custody::SignedStatement& taker);

/// {"statement", "key", "signature"}
boost::json::object to_json(const archive::custody::SignedStatement& statement);

}  // namespace understudy::app
