/// Takes the octets of one message: streams them into the store as they come, hashes them, and learns what the plan must know.
/// What it puts on top: `Received:` (RFC 5321 §4.4), and at submission a missing `Date:` or `Message-ID:` (RFC 6409 §8).
/// Memory: the head of the message while its header lasts, then one piece at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "archive/archive.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"
#include "mail/header/received.hpp"
#include "mail/smtp/octet_check.hpp"
#include "routing/facts.hpp"

namespace understudy::relay {

struct IntakeOptions {
  std::string hostname;  ///< our own name: counted in Received:, right-hand side of Message-ID
  std::size_t max_head =
      256 * 1024;  ///< octets of the header that are looked at; a longer one is stored whole, looked at in part
  std::size_t max_header_fields = 10000;
  bool add_missing_fields = false;  ///< submission: Date and Message-ID
  std::string made_key;             ///< of Message-IDs made here, to recognise what comes back
  std::string unique;               ///< for a Message-ID that is added
  base::WallTime now{};             ///< for a Date that is added
};

/// What was taken, with the facts for judge_message() and plan().
struct Taken {
  archive::BodyToSeal body;  ///< sealed by the caller once the message is accepted
  routing::MessageFacts facts;
  std::string returned_unique;                  ///< of a Message-ID made here; facts.returned is still to be judged
  std::optional<base::Digest> returned_digest;  ///< of the octets from that field on
  bool too_many_fields = false;                 ///< more than max_header_fields
};

/// One message, one thread.
class Intake {
 public:
  Intake(archive::Archive& archive, IntakeOptions options, std::string received_field);

  /// The next octets as unstuffed. errc::io, errc::stopped: the store does not take them.
  base::Result<> feed(std::string_view octets);
  /// After the last octets.
  base::Result<Taken> finish(const mail::smtp::OctetFacts& octets);

 private:
  base::Result<> flush_head();
  base::Result<> store(std::string_view octets);

  IntakeOptions options_;
  std::string received_field_;
  archive::BodyToSeal body_;
  base::Sha256 received_;
  base::Sha256 handed_;
  std::optional<base::Sha256> returned_;
  std::string head_;
  bool head_open_ = true;
  Taken taken_;
};

}  // namespace understudy::relay
