/// What the verbs do to the machine beside changing records: sign, end, settle, take new keys and settings, deliver again. Each
/// needs the permit of who asks, which nobody but the door makes, and of a kind that may do it; nothing that acts is reachable
/// by another way. Changes of records go through Permit::change, octets of messages through Permit::open_body.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "archive/audit/permit.hpp"
#include "archive/endings/desk.hpp"
#include "archive/head_signer.hpp"
#include "archive/witness/witness.hpp"
#include "base/net/link.hpp"

namespace understudy::app {

class Acts {  // the executor of the api
 public:
  using Permit = archive::audit::Permit;
  /// References and what the functions refer to outlive the acts.
  struct Means {
    archive::HeadSigner& signer;
    archive::witness::Witness& witness;
    archive::witness::Witness& audit_witness;
    archive::endings::Desk* desk = nullptr;  ///< nullptr: nothing is ended here
    std::function<void()> retry_all;
    std::function<void(const archive::outbox::Id&)> retry;
    /// A new key for the journal's heads; its public half.
    std::function<net::Task<base::Result<base::PublicKey>>()> replace_journal_key;
    /// Takes the changed configuration; the lines of what changed. The error's text is for the administrator.
    std::function<net::Task<base::Result<std::vector<std::string>>>()> reload;
    /// As CustodyReports::make().
    std::function<net::Task<base::Result<boost::json::object>>(base::WallTime since, base::WallTime until)> custody_report;
  };
  explicit Acts(Means means) : means_(std::move(means)) {}

  // errc::refused, all of them: the permit is of a kind that does not do this.
  net::Task<base::Result<archive::journal::SignedHead>> sign_head(const Permit& permit, archive::journal::Book book) const;
  net::Task<base::Result<base::PublicKey>> replace_journal_key(const Permit& permit) const;
  net::Task<base::Result<std::vector<std::string>>> reload(const Permit& permit) const;
  /// The disputes about both journals. errc::not_found: none is open.
  net::Task<base::Result<>> settle_disputes(const Permit& permit) const;
  net::Task<base::Result<boost::json::object>> report_custody(const Permit& permit, base::WallTime since,
                                                              base::WallTime until) const;
  net::Task<base::Result<archive::endings::Ended>> end(const Permit& permit, archive::endings::Ending ending) const;
  net::Task<base::Result<archive::endings::Taken>> obey(const Permit& permit, std::uint64_t order) const;
  net::Task<base::Result<archive::endings::Taken>> decline(const Permit& permit, std::uint64_t order, std::string reason) const;
  base::Result<> retry_all(const Permit& permit) const;
  base::Result<> retry(const Permit& permit, const archive::outbox::Id& id) const;
  /// Of an account of which nothing may be read any more.
  base::Result<> destroy_key(const Permit& permit, archive::store::Shard shard) const;

 private:
  Means means_;
};

}  // namespace understudy::app
