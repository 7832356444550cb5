#include "app/admin/acts.hpp"

#include <algorithm>

#include "archive/await.hpp"
#include "archive/store/key_ring.hpp"

namespace understudy::app {
namespace {

using archive::audit::Kind;
namespace endings = archive::endings;

base::Result<> demand(const Acts::Permit& permit, std::initializer_list<Kind> kinds) {
  if (std::ranges::find(kinds, permit.kind()) != kinds.end()) return {};
  return base::fail(
      "an action that is declared as " + std::string(archive::audit::name_of(permit.kind())) + " does not do this",
      base::errc::refused);
}

base::Result<endings::Desk*> there(endings::Desk* desk) {
  if (!desk) return base::fail("this server ends nothing", base::errc::unsupported);
  return desk;
}

net::Task<base::Result<>> settle(archive::witness::Witness& witness) {
  auto start = [&witness](archive::Done<> done) { witness.settle_dispute(std::move(done)); };
  co_return co_await archive::wait_for<void>(std::move(start));
}

}  // namespace

/// Proofs are given, and entries of the audit journal reviewed, over a head that covers them.
net::Task<base::Result<archive::journal::SignedHead>> Acts::sign_head(const Permit& permit, archive::journal::Book book) const {
  if (auto may = demand(permit, {Kind::configure, Kind::give, Kind::review}); !may) co_return std::unexpected(may.error());
  auto start = [this, book](archive::Done<archive::journal::SignedHead> done) { means_.signer.sign(book, std::move(done)); };
  co_return co_await archive::wait_for<archive::journal::SignedHead>(std::move(start));
}

net::Task<base::Result<base::PublicKey>> Acts::replace_journal_key(const Permit& permit) const {
  if (auto may = demand(permit, {Kind::configure}); !may) co_return std::unexpected(may.error());
  co_return co_await means_.replace_journal_key();
}

net::Task<base::Result<std::vector<std::string>>> Acts::reload(const Permit& permit) const {
  if (auto may = demand(permit, {Kind::configure}); !may) co_return std::unexpected(may.error());
  co_return co_await means_.reload();
}

/// Who has looked has looked at the machine.
net::Task<base::Result<>> Acts::settle_disputes(const Permit& permit) const {
  if (auto may = demand(permit, {Kind::configure}); !may) co_return may;
  const auto of_mail = co_await settle(means_.witness);
  const auto of_audit = co_await settle(means_.audit_witness);
  if (!of_mail && !of_audit) co_return of_mail;
  for (const auto* each : {&of_mail, &of_audit})
    if (!*each && each->error().code != base::errc::not_found) co_return *each;
  co_return base::Result<>();
}

net::Task<base::Result<boost::json::object>> Acts::report_custody(const Permit& permit, base::WallTime since,
                                                                  base::WallTime until) const {
  if (auto may = demand(permit, {Kind::inspect}); !may) co_return std::unexpected(may.error());
  co_return co_await means_.custody_report(since, until);
}

net::Task<base::Result<endings::Ended>> Acts::end(const Permit& permit, endings::Ending ending) const {
  if (auto may = demand(permit, {Kind::end}); !may) co_return std::unexpected(may.error());
  const auto desk = there(means_.desk);
  if (!desk) co_return std::unexpected(desk.error());
  auto start = [&desk, &ending](archive::Done<endings::Ended> done) { (*desk)->end(std::move(ending), std::move(done)); };
  co_return co_await archive::wait_for<endings::Ended>(std::move(start));
}

net::Task<base::Result<endings::Taken>> Acts::obey(const Permit& permit, std::uint64_t order) const {
  if (auto may = demand(permit, {Kind::end}); !may) co_return std::unexpected(may.error());
  const auto desk = there(means_.desk);
  if (!desk) co_return std::unexpected(desk.error());
  auto start = [&desk, order](archive::Done<endings::Taken> done) { (*desk)->obey(order, std::move(done)); };
  co_return co_await archive::wait_for<endings::Taken>(std::move(start));
}

net::Task<base::Result<endings::Taken>> Acts::decline(const Permit& permit, std::uint64_t order, std::string reason) const {
  if (auto may = demand(permit, {Kind::change}); !may) co_return std::unexpected(may.error());
  const auto desk = there(means_.desk);
  if (!desk) co_return std::unexpected(desk.error());
  auto start = [&desk, order, &reason](archive::Done<endings::Taken> done) {
    (*desk)->decline(order, reason, std::move(done));
  };
  co_return co_await archive::wait_for<endings::Taken>(std::move(start));
}

base::Result<> Acts::retry_all(const Permit& permit) const {
  if (auto may = demand(permit, {Kind::change}); !may) return may;
  means_.retry_all();
  return {};
}

base::Result<> Acts::retry(const Permit& permit, const archive::outbox::Id& id) const {
  if (auto may = demand(permit, {Kind::change}); !may) return may;
  means_.retry(id);
  return {};
}

base::Result<> Acts::destroy_key(const Permit& permit, archive::store::Shard shard) const {
  if (auto may = demand(permit, {Kind::end}); !may) return may;
  auto* keys = permit.archive().store().keys();
  if (!keys) return base::fail("nothing is encrypted here", base::errc::unsupported);
  return keys->destroy(shard);
}

}  // namespace understudy::app
