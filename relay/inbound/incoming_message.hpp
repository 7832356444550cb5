/// One message on its way in, from its first octet to the reply to its last: goes into the store as it comes, is judged and
/// planned when it is whole, and answered with 250 when it is safe. RFC 5321 §4.2.5, §6.1. Never sees a connection.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/net/link.hpp"
#include "mail/smtp/body_decoder.hpp"
#include "mail/smtp/custody.hpp"
#include "mail/smtp/octet_check.hpp"
#include "relay/inbound/intake.hpp"
#include "relay/inbound/services.hpp"

namespace understudy::relay {

/// One transaction, one thread. Whatever is answered but 250 is counted as refused.
class IncomingMessage {
 public:
  struct Parts {
    const InboundServices& services;           ///< outlive the message
    std::shared_ptr<const Settings> settings;  ///< of the transaction
    IntakeOptions intake;
    mail::smtp::BodyOptions body;
    std::string received_field;
    std::optional<mail::smtp::Custody> custody;  ///< what the client says of the octets
  };
  explicit IncomingMessage(Parts parts);

  /// Octets as unstuffed. What the store does not take is remembered, and answered at the end.
  void feed(std::string_view octets);
  /// Octets as they stand in a BDAT chunk: these are looked at here for what may not be in them.
  void feed_chunk(std::string_view octets);
  /// Why the store does not take it; the octets go on being read past.
  const base::Result<>& trouble() const { return trouble_; }

  /// The end of what came by DATA, with what its decoder found; of what came by chunks, with what was found here. Once.
  net::Task<mail::smtp::Reply> end(const mail::smtp::BodyDecoder& decoder, const mail::smtp::Envelope& envelope,
                                   const routing::Origin& origin);
  net::Task<mail::smtp::Reply> end_of_chunks(const mail::smtp::Envelope& envelope, const routing::Origin& origin);

 private:
  struct Transaction {  // of the session, which waits for the answer
    const mail::smtp::Envelope& envelope;
    const routing::Origin& origin;
  };
  net::Task<mail::smtp::Reply> keep(const mail::smtp::OctetFacts& octets, Transaction transaction);
  base::Result<Taken> take(const mail::smtp::OctetFacts& octets);
  std::optional<mail::smtp::Reply> judge(const Taken& taken, Transaction transaction) const;
  base::Result<archive::Arrival> arrival_of(Taken taken, Transaction transaction) const;
  mail::smtp::Reply accepted(const archive::Accepted& kept, const routing::MessageFacts& facts, Transaction transaction);
  mail::smtp::Reply refused(mail::smtp::Reply reply);
  enum class Custody : std::uint8_t { damaged, replayed, exhausted };
  mail::smtp::Reply refused(Custody why, const routing::Origin& origin);
  routing::World world() const;

  const InboundServices& services_;
  std::shared_ptr<const Settings> settings_;
  mail::smtp::BodyOptions body_options_;
  Intake intake_;
  std::optional<mail::smtp::Custody> custody_;
  mail::smtp::OctetCheck chunk_check_;
  base::Result<> trouble_;
};

}  // namespace understudy::relay
