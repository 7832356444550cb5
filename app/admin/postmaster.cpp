#include "app/admin/postmaster.hpp"

#include <set>

#include "routing/resolve.hpp"

namespace understudy::app {
namespace {

/// The directory as it would be.
class Without final : public routing::Directory {
 public:
  Without(const archive::directory::Live& directory, const routing::AccountName& account)
      : directory_(directory), account_(account) {}

  std::optional<std::string> local_domain(std::string_view domain) const override { return directory_.local_domain(domain); }
  std::optional<routing::Account> account(std::string_view name) const override {
    return name == account_ ? std::nullopt : directory_.account(name);
  }
  std::optional<routing::AliasTarget> alias(std::string_view name) const override {
    return directory_.alias_holder(name) == account_ ? std::nullopt : directory_.alias(name);
  }
  char detail_separator() const override { return directory_.detail_separator(); }
  std::uint32_t creations_left(std::string_view domain) const override { return directory_.creations_left(domain); }
  routing::AccountName undelivered_account() const override { return directory_.undelivered_account(); }
  routing::AccountName postmaster() const override { return directory_.postmaster(); }

 private:
  const archive::directory::Live& directory_;
  const routing::AccountName& account_;
};

bool takes_mail(const mail::address::Address& address, const routing::Directory& directory, const routing::Policy& policy) {
  return !routing::refusal(routing::resolve(routing::locate(address, directory), directory), policy);
}

}  // namespace

std::optional<std::string> postmaster_lost_with(const routing::AccountName& account, const archive::directory::Live& directory,
                                                const routing::Policy& policy) {
  const Without without(directory, account);
  const auto options = directory.options();
  std::set<std::string> domains;
  for (const auto& [name, main] : options->domains) domains.insert(main);
  for (const auto& domain : domains) {
    const mail::address::Address postmaster{"postmaster", domain};
    if (takes_mail(postmaster, directory, policy) && !takes_mail(postmaster, without, policy)) return postmaster.text();
  }
  return std::nullopt;
}

}  // namespace understudy::app
