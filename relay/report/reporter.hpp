/// Makes the messages that this instance sends itself: delivery reports to senders (RFC 3464) and notices to the postmaster.
/// Each is a message like any other: planned, journaled, filed and relayed; and it is one commit with the end of what it tells
/// of.
#pragma once

#include <cstdint>
#include <string>

#include "archive/archive.hpp"
#include "base/clock.hpp"
#include "base/net/link.hpp"
#include "base/random.hpp"
#include "mail/report/report.hpp"
#include "relay/schedule/attempt.hpp"
#include "relay/settings.hpp"

namespace understudy::relay {

/// Any executor; outlives all calls.
class Reporter {
 public:
  Reporter(archive::Archive& archive, CurrentSettings& settings, const base::Clock& clock, base::Random& random,
           std::string made_key)
      : archive_(archive), settings_(settings), clock_(clock), random_(random), made_key_(std::move(made_key)) {}

  /// Carries out a decision: the report, if one is owed, and the entry as it goes on or ends, in one commit. A message whose
  /// octets are lost is reported without them.
  net::Task<base::Result<>> settle(archive::outbox::Entry entry, Decision decision);
  /// A note to the postmaster, in plain text: paragraphs, with an empty line between them.
  net::Task<base::Result<>> tell_postmaster(std::string subject, std::string text);

 private:
  struct Made {
    mail::report::Report message;
    std::string unique;  ///< of its Message-ID
    mail::address::Address to;
  };
  enum class Extent : std::uint8_t { head, whole };
  struct Original {
    std::string octets;
    Extent extent = Extent::head;
  };
  Made make_report(const archive::outbox::Entry& entry, const Decision& decision, const Settings& settings);
  /// Octets of the original from its beginning; those that cannot be read any more, or are too many, are left out.
  Original original_of(const archive::outbox::Entry& entry, Extent wanted) const;
  net::Task<base::Result<>> send(Made made, std::vector<archive::journal::Settlement> settlements);

  archive::Archive& archive_;
  CurrentSettings& settings_;
  const base::Clock& clock_;
  base::Random& random_;
  std::string made_key_;
};

}  // namespace understudy::relay
