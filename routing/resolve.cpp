#include "routing/resolve.hpp"

#include <algorithm>
#include <deque>
#include <unordered_set>
#include <utility>

namespace understudy::routing {
namespace {

using mail::address::Address;

/// The local part of an account name is not quoted, so the last '@' divides.
Address address_of(const AccountName& name) {
  const auto at = name.rfind('@');
  if (at == AccountName::npos) return {name, {}};
  return {name.substr(0, at), name.substr(at + 1)};
}

Box::Standing standing_of(const Account& account) {
  switch (account.access) {
    case Account::Access::closed_for_now:
      return Box::Standing::away;
    case Account::Access::closed_for_good:
      return Box::Standing::closed;
    case Account::Access::open:
      break;
  }
  return account.has_mailbox ? Box::Standing::open : Box::Standing::no_mailbox;
}

bool has(const Destinations& destinations, Box::Standing standing) {
  return std::ranges::find(destinations.boxes, standing, &Box::standing) != destinations.boxes.end();
}

/// Breadth first and iterative: an alias file is input too.
class Expansion {
 public:
  explicit Expansion(const Directory& directory) : directory_(directory) {}

  Destinations run(const Place& first) {
    visit(first, 0);
    for (; !waiting_.empty() && seen_members_ <= max_alias_members; waiting_.pop_front()) {
      const auto& [address, depth] = waiting_.front();
      const Place place = locate(address, directory_);
      if (place.kind == Place::Kind::local)
        visit(place, depth);
      else
        add_outside(address, place);
    }
    return std::move(out_);
  }

 private:
  struct Waiting {
    Address address;
    std::size_t depth;  // aliases between the first address and this one
  };

  void visit(const Place& place, std::size_t depth) {
    if (look_up(place.exact, place.domain, depth)) return;
    if (place.name != place.exact && look_up(place.name, place.domain, depth)) return;
    if (place.name == "postmaster@" + place.domain) {
      const Address postmaster = address_of(directory_.postmaster());
      if (locate(postmaster, directory_).name != place.name) return expand(place.name, {postmaster}, depth);
    }
    add_box({Box::Standing::unknown, place.name, place.domain});
  }

  bool look_up(const AccountName& name, const std::string& domain, std::size_t depth) {
    if (const auto account = directory_.account(name)) {
      add_box({standing_of(*account), account->name, domain});
      return true;
    }
    auto alias = directory_.alias(name);
    if (alias) expand(name, std::move(alias->members), depth);
    return alias.has_value();
  }

  void expand(const AccountName& name, std::vector<Address> members, std::size_t depth) {
    out_.expanded = true;
    if (!aliases_.insert(name).second) return;  // a loop, or a list reached by two ways
    seen_members_ += members.size();
    if (depth >= max_alias_depth || seen_members_ > max_alias_members) {
      out_.limited = true;
      return;
    }
    for (Address& member : members) waiting_.push_back({std::move(member), depth + 1});
  }

  void add_box(Box box) {
    if (boxes_.insert(box.name).second) out_.boxes.push_back(std::move(box));
  }

  void add_outside(const Address& address, const Place& place) {
    // What is no domain is kept: the relay's failure for it reaches the sender, silence would not.
    const std::string& domain = place.kind == Place::Kind::outside ? place.domain : address.domain;
    if (outside_.insert(address.local + '@' + domain).second) out_.outside.push_back(address);
  }

  const Directory& directory_;
  Destinations out_;
  std::deque<Waiting> waiting_;
  std::unordered_set<std::string> aliases_, boxes_, outside_;
  std::size_t seen_members_ = 0;
};

}  // namespace

Place locate(const Address& address, const Directory& directory) {
  const bool bare = address.domain.empty();
  const auto canonical = mail::address::canonical_domain(bare ? address_of(directory.postmaster()).domain : address.domain);
  if (!canonical) return {};
  auto local = directory.local_domain(*canonical);
  if (!local && bare) local = *canonical;  // our postmaster sits elsewhere, and is ours to reach all the same
  if (!local) return {Place::Kind::outside, *canonical, {}, {}};
  const std::string whole = mail::address::canonical_local(address.local);
  const std::string user = mail::address::split_detail(whole, directory.detail_separator()).user;
  return {Place::Kind::local, *local, whole + '@' + *local, user + '@' + *local};
}

AccountName answering_name(const Place& place, const Directory& directory) {
  const bool exact = directory.account(place.exact) || directory.alias(place.exact);
  return exact ? place.exact : place.name;
}

Destinations resolve(const Place& place, const Directory& directory) {
  return Expansion(directory).run(place);
}

bool may_open(const Box& box, const Policy& policy) {
  if (box.standing == Box::Standing::open || box.standing == Box::Standing::away) return true;
  if (policy.undelivered == Undelivered::store) return true;
  const auto& passthrough = policy.passthrough;
  return box.standing == Box::Standing::no_mailbox && passthrough.create_mailbox == Switch::on &&
         passthrough.covers(box.domain);
}

namespace {

/// Will some of it be kept in the account for undelivered mail? As Planner::file_boxes() and file_for() decide it, but for a
/// limit on new mailboxes that the message itself reaches.
bool falls_to_keeper(const Destinations& destinations, const Policy& policy, const Directory& directory) {
  if (refusal(destinations, policy)) return false;
  if (destinations.limited || (destinations.boxes.empty() && destinations.outside.empty())) return true;
  return std::ranges::any_of(destinations.boxes, [&](const Box& box) {
    if (box.standing == Box::Standing::open || !may_open(box, policy)) return false;
    return box.standing == Box::Standing::closed || box.name.starts_with('@') || directory.creations_left(box.domain) == 0;
  });
}

bool keeper_is_open(const Directory& directory) {
  const auto keeper = directory.account(directory.undelivered_account());
  return !keeper || keeper->access == Account::Access::open;  // made at need
}

}  // namespace

std::optional<mail::smtp::Reply> put_off(const Destinations& destinations, const Policy& policy, const Directory& directory) {
  if (has(destinations, Box::Standing::away))
    return mail::smtp::Reply(450, "4.2.1", "this mailbox cannot be opened at the moment; try again later");
  if (!falls_to_keeper(destinations, policy, directory) || keeper_is_open(directory)) return std::nullopt;
  return mail::smtp::Reply(450, "4.2.1",
                           "the mailbox that keeps undelivered mail cannot be opened; its postmaster can say more");
}

std::optional<mail::smtp::Reply> refusal(const Destinations& destinations, const Policy& policy) {
  if (policy.undelivered == Undelivered::store) return std::nullopt;
  // Half a list is worse than none: the sender would believe that all of it was reached.
  if (destinations.limited) return mail::smtp::Reply(550, "5.2.4", "the alias is nested too deep or too large");
  if (!destinations.outside.empty()) return std::nullopt;
  if (std::ranges::any_of(destinations.boxes, [&](const Box& box) { return may_open(box, policy); })) return std::nullopt;
  if (destinations.boxes.empty()) return mail::smtp::Reply(550, "5.2.4", "the alias leads to nobody");
  if (has(destinations, Box::Standing::closed))
    return mail::smtp::Reply(550, "5.2.1", "this mailbox was closed for good and takes no mail; its postmaster can say more");
  return mail::smtp::Reply(550, "5.1.1", "no such user");
}

std::optional<Box> owner_of(const Place& place, const Directory& directory) {
  if (place.kind != Place::Kind::local) return std::nullopt;
  auto destinations = resolve(place, directory);
  if (destinations.limited || !destinations.outside.empty() || destinations.boxes.size() != 1) return std::nullopt;
  return std::move(destinations.boxes.front());
}

}  // namespace understudy::routing
