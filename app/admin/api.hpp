/// The verbs of the admin socket, without the socket: each takes arguments and gives an answer. Reads the archive's store,
/// changes it through the archive alone.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "app/admin/request.hpp"
#include "archive/archive.hpp"
#include "archive/head_signer.hpp"
#include "archive/witness/witness.hpp"
#include "base/clock.hpp"
#include "base/net/link.hpp"
#include "conf/describe.hpp"
#include "routing/policy.hpp"
#include "routing/route.hpp"

namespace understudy::app {

class VerifyJob;

/// A next hop whose entries all wait, since it failed as a whole.
struct HeldHop {
  base::WallTime until;
  std::string failure;
};

/// What the verbs work on. References outlive the api; functions are called on the executor that handle() runs on.
struct AdminParts {
  archive::Archive& archive;
  archive::HeadSigner& head_signer;
  archive::witness::Witness& witness;
  const base::Clock& clock;
  std::function<void()> retry_all;
  std::function<void(const archive::outbox::Id&)> retry;
  /// Role, listeners, sessions, hops: what the machine says of itself.
  std::function<boost::json::object()> status;
  std::function<std::vector<conf::Setting>()> settings;       ///< those in force
  std::function<routing::Policy()> policy;                    ///< in force
  std::function<std::map<std::string, HeldHop>()> held_hops;  ///< by the hop's text; those alone that are held now
  /// Where mail for this hop goes by the routes in force: "archive.example.org:25", "mx of example.net".
  std::function<std::string(const routing::Hop&)> next_hop;
  /// A new key for the journal's heads; its public half.
  std::function<net::Task<base::Result<base::PublicKey>>()> replace_journal_key;
  /// Takes the changed configuration; the lines of what changed. The error's text is for the administrator.
  std::function<net::Task<base::Result<std::vector<std::string>>>()> reload;
  /// What came of witnessing, by what came of it.
  std::function<std::map<std::string, std::uint64_t>()> witness_counts = [] { return std::map<std::string, std::uint64_t>(); };
  /// What came of receipts, by what came of it.
  std::function<std::map<std::string, std::uint64_t>()> receipt_counts = [] { return std::map<std::string, std::uint64_t>(); };
  struct Missing {
    std::uint64_t now = 0;   ///< found by the last look
    std::uint64_t lost = 0;  ///< handed over again, since the process began
  };
  std::function<Missing()> custody_missing = [] { return Missing(); };
  /// What came of asking for time stamps, by what came of it.
  std::function<std::map<std::string, std::uint64_t>()> timestamp_counts = [] {
    return std::map<std::string, std::uint64_t>();
  };
  /// The peer link, and what the other machine has to know of this one.
  std::function<boost::json::object()> peer_status = [] { return boost::json::object(); };
  std::function<boost::json::object()> peer_pair = [] { return boost::json::object(); };
};

class AdminApi {
 public:
  explicit AdminApi(AdminParts parts);
  ~AdminApi();  ///< ends what runs on threads of its own
  AdminApi(const AdminApi&) = delete;
  AdminApi& operator=(const AdminApi&) = delete;

  /// An unknown verb or wrong arguments: Status::wrong_usage. Never throws for what a client sent. At most `page_rows` rows
  /// of a list at a time.
  net::Task<AdminAnswer> handle(AdminRequest request);

  static constexpr std::size_t page_rows = 1000;

 private:
  AdminParts parts_;
  std::unique_ptr<VerifyJob> verify_job_;
};

}  // namespace understudy::app
