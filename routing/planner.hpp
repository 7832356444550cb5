/// The steps of plan(), and what it has decided so far. One object plans one message; internal to routing.
/// Keeps references to what plan() was asked with; never outlives the call.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "routing/horizon.hpp"
#include "routing/plan.hpp"
#include "routing/resolve.hpp"

namespace understudy::routing {

class Planner {
 public:
  Planner(const mail::smtp::Envelope& envelope, const Origin& origin, const MessageFacts& facts, const World& world);
  Plan run();

 private:
  // planner.cpp: one recipient
  RecipientPlan plan_recipient(const mail::smtp::Recipient& recipient);
  void plan_local(RecipientPlan& out, const mail::smtp::Recipient& recipient, const Place& place);
  struct Reached {  // what became of a name of the directory
    std::optional<mail::smtp::Reply> returned;
    Report success;  // owed if it is asked for
  };
  Reached reach(const Place& place, RecipientPlan& out);
  void file_boxes(RecipientPlan& out, const Place& place, const Destinations& destinations);
  void relay_members(RecipientPlan& out, const Destinations& destinations);
  void relay(RecipientPlan& out, const mail::address::Address& forward_path, const std::string& domain);
  void mirror(RecipientPlan& out, const mail::address::Address& forward_path, const std::string& domain);
  void enqueue(RecipientPlan& out, const mail::address::Address& forward_path, Enqueue entry);

  // filing.cpp: mailboxes and the sender
  void plan_sent();
  bool sender_may_open(const Box& owner);
  void note_from(const Box& owner);
  void add_file(RecipientPlan& out, File file);
  File file_for(const Box& box, std::string_view folder);
  File file_for_nobody(const AccountName& original, std::string_view folder) const;
  bool may_create(const Box& box);

  bool covered(Switch setting, std::string_view domain) const;
  void mark(std::string_view what);

  const mail::smtp::Envelope& envelope_;
  const Origin& origin_;
  const MessageFacts& facts_;
  const World& world_;
  const bool loop_;
  const bool returned_;  // journaled only, as far as local users are concerned
  Plan plan_;
  std::set<std::tuple<AccountName, std::string, std::string>> filed_;              // account, folder, original
  std::set<std::tuple<EntryKind, std::string, std::string, std::string>> queued_;  // kind, hop, local part, domain
  std::map<std::string, std::set<AccountName>, std::less<>> created_;              // by domain
  std::map<AccountName, Reached> reached_;  // by answering_name(): a list that a thousand recipients name is expanded once
};

}  // namespace understudy::routing
