/// The verbs of the admin socket, without the socket: each takes arguments and gives an answer. What they do with what the
/// archive keeps is written to the audit journal before it is done (declared.hpp, archive/audit/door.hpp).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "app/admin/acts.hpp"
#include "app/admin/request.hpp"
#include "archive/archive.hpp"
#include "archive/audit/door.hpp"
#include "archive/endings/desk.hpp"
#include "archive/head_signer.hpp"
#include "archive/witness/witness.hpp"
#include "base/clock.hpp"
#include "base/net/link.hpp"
#include "base/net/workers.hpp"
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

/// What the verbs work on. References outlive the api; functions are called on the executor that handle() runs on. All of it
/// only tells, but for `acts`, which asks for a permit.
struct AdminParts {
  Acts acts;
  const archive::audit::Door& door;
  const archive::witness::Witness& witness;
  const archive::witness::Witness& audit_witness;   ///< of the audit journals
  const archive::endings::Desk* endings = nullptr;  ///< nullptr: nothing is ended here
  const base::Clock& clock;
  /// Role, listeners, sessions, hops: what the machine says of itself.
  std::function<boost::json::object()> status;
  std::function<std::vector<conf::Setting>()> settings;       ///< those in force
  std::function<routing::Policy()> policy;                    ///< in force
  std::function<std::map<std::string, HeldHop>()> held_hops;  ///< by the hop's text; those alone that are held now
  /// Where mail for this hop goes by the routes in force: "archive.example.org:25", "mx of example.net".
  std::function<std::string(const routing::Hop&)> next_hop;
  /// Waits so long; false: the server stops.
  std::function<net::Task<bool>(std::chrono::milliseconds)> pause;
  /// What came of witnessing the mail journals and the audit journals, by what came of it.
  std::function<std::map<std::string, std::uint64_t>()> witness_counts = [] { return std::map<std::string, std::uint64_t>(); };
  std::function<std::map<std::string, std::uint64_t>()> audit_witness_counts = [] {
    return std::map<std::string, std::uint64_t>();
  };
  /// What came of receipts, by what came of it.
  std::function<std::map<std::string, std::uint64_t>()> receipt_counts = [] { return std::map<std::string, std::uint64_t>(); };
  struct Missing {
    std::uint64_t now = 0;     ///< found by the last look
    std::uint64_t lost = 0;    ///< handed over again, since the process began
    std::uint64_t broken = 0;  ///< receipts for what the other machine has not got, since the process began
  };
  std::function<Missing()> custody_missing = [] { return Missing(); };
  /// What came of asking for time stamps, by what came of it.
  std::function<std::map<std::string, std::uint64_t>()> timestamp_counts = [] {
    return std::map<std::string, std::uint64_t>();
  };
  /// The peer link, and what the other machine has to know of this one.
  std::function<boost::json::object()> peer_status = [] { return boost::json::object(); };
  std::function<boost::json::object()> peer_pair = [] { return boost::json::object(); };
  net::Workers* workers = nullptr;  ///< for what reads much; nullptr: it is read where it is asked for
  /// What is not here, by what the other machine says of it.
  std::function<std::map<std::string, std::uint64_t>()> custody_gaps = [] { return std::map<std::string, std::uint64_t>(); };
  std::chrono::milliseconds receipt_wait = relay::peer::Options().receipt_wait;  ///< before what has no receipt is missing
  std::shared_ptr<VerifyJob> verify_job = nullptr;                               ///< made where there is none
};

struct Declared;
struct Inquiry;
enum class Admission : std::uint8_t;

class AdminApi {
 public:
  /// `door`: the archive is reached through a permit of its alone.
  AdminApi(const archive::Archive& archive, archive::audit::Door& door, AdminParts parts);
  ~AdminApi();  ///< ends what runs on threads of its own
  AdminApi(const AdminApi&) = delete;
  AdminApi& operator=(const AdminApi&) = delete;

  /// An unknown verb or wrong arguments: Status::wrong_usage. Never throws for what a client sent. At most `page_rows` rows
  /// of a list at a time.
  net::Task<AdminAnswer> handle(AdminRequest request);
  /// The connection ends: what went on under its permit is over.
  net::Task<> leave(AdminVisit& visit);
  /// Whether a user of this machine is let in at all.
  Admission admits(std::uint32_t uid, std::uint32_t server_uid) const;

  static constexpr std::size_t page_rows = 1000;

 private:
  net::Task<AdminAnswer> handle_first(const Declared& verb, AdminRequest request, Inquiry asked);
  net::Task<std::optional<AdminAnswer>> go_on(const Declared& verb, const AdminRequest& request, const Inquiry& asked);
  net::Task<std::optional<AdminAnswer>> wait_for_turn(const archive::audit::Wish& wish);
  std::string why_over(const archive::audit::Permit& permit, const AdminRequest& request) const;
  net::Task<> finish(const archive::audit::Permit& permit, std::string outcome);

  const archive::Archive& archive_;
  archive::audit::Door& door_;
  AdminParts parts_;
};

}  // namespace understudy::app
