/// Reports on custody that both machines have signed (docs/custody.md): makes the statement of this machine's book, has the
/// other one answer it over the peer link, and answers for it. The figures are archive/custody's, the words
/// custody_statement's.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "app/custody_statement.hpp"
#include "archive/archive.hpp"
#include "archive/head_signer.hpp"
#include "archive/witness/witness.hpp"
#include "base/net/link.hpp"
#include "base/net/workers.hpp"
#include "relay/peer/question.hpp"
#include "relay/peer/topics.hpp"

namespace understudy::app {

/// References outlive it, and what it was asked for.
class CustodyReports final : public relay::peer::Responder {
 public:
  static constexpr std::string_view feature = "report/1";

  struct Parts {
    archive::Archive& archive;
    const archive::HeadSigner& signer;
    const archive::witness::Witness& witness;
    const base::Clock& clock;
    net::Workers& workers;
    net::Workers& questions;  ///< for those of the other machine
    std::string hostname;
    std::chrono::milliseconds wait;  ///< for a receipt, before a number is missing
  };
  /// `ask`: of the peer link; empty: there is none, and this machine signs alone.
  CustodyReports(Parts parts, relay::peer::Asker ask) : parts_(std::move(parts)), ask_(std::move(ask)) {}

  void register_at(relay::peer::Registry& registry);

  /// {"report": what goes into the file; "signed_by": "both", "this machine"; "agree": true, false, or null where one signed
  /// alone; "differences", "missing", "unclosed": as Comparison; "trouble": why the other machine has not signed, or null}.
  /// From the link's executor.
  net::Task<base::Result<boost::json::object>> make(Period period);

  /// A question of the other machine.
  void answer(std::string question, Done done) override;

 private:
  struct Own {
    std::vector<archive::custody::Span> spans;
    archive::custody::SignedStatement statement;
  };
  struct Both {
    std::optional<archive::custody::SignedStatement> giver, taker;
    std::string trouble;
  };
  struct Question;
  struct Reply;
  base::Result<Own> give(Period period) const;
  base::Result<archive::custody::SignedStatement> take(Period period, const std::vector<archive::custody::Span>& spans,
                                                       const std::optional<base::Digest>& answers) const;
  base::Result<archive::custody::SignedStatement> take_alone(Period period) const;
  CustodyStatement blank(CustodyStatement::Role role, Period period) const;
  Answer answer_to(const std::string& question) const;
  net::Task<base::Result<Both>> gather(Period period);
  net::Task<base::Result<Reply>> ask(Question question);
  Parts parts_;
  relay::peer::Asker ask_;
  mutable std::mutex mutex_;
  std::optional<archive::custody::InstanceId> other_;  // guarded by mutex_: who was connected last
};

}  // namespace understudy::app
