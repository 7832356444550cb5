/// Two whole machines, a world outside and a DNS in one process and one thread: time stands still until the test moves it, and
/// the power can be cut at every write.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/machine.hpp"
#include "archive/mailbox/view.hpp"
#include "mail/smtp/dialogue.hpp"
#include "tests/sim/drive.hpp"
#include "tests/support/sim_world.hpp"

namespace understudy::sim {

/// The outside world's mail exchanger: remembers what it took, refuses whom the test names.
class Outside {
 public:
  Outside(SimWorld& world, std::string address);
  ~Outside();
  struct Message {
    mail::smtp::Envelope envelope;
    std::string octets;
  };
  std::vector<Message> messages;
  std::map<std::string, mail::smtp::Reply> refusals;  ///< by forward-path
  mail::smtp::OfferCustody custody = mail::smtp::OfferCustody::no;
  std::string peer;  ///< address that spoke last

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// One machine with a disk that outlives its crashes.
class Box {
 public:
  Box(SimWorld& world, std::string config, const std::string& address, const std::filesystem::path& scratch,
      std::unique_ptr<Drive> drive);
  ~Box();

  void power_on();
  /// Between two instants: what was not synced is gone as `kept` says, connections are dead.
  void power_off(archive::store::Faults::Kept kept = archive::store::Faults::Kept::none, std::uint64_t seed = 0);
  /// The engine has died, at a planned point or by a failure.
  bool dead() const { return store_ && store_->stopped(); }
  bool on() const { return machine_ != nullptr; }
  /// The process ends in good order; what it has committed stays.
  void end_process();
  /// As `journal rotate-key` does. Goes on beside what else happens, and may fail as the machine does.
  void rotate_key();
  const net::IpAddress& address() const { return address_; }

  app::Machine& machine() { return *machine_; }
  const archive::store::Store& store() const { return *store_; }
  /// As it was made with.
  template <class Kind>
  Kind& drive() {
    return dynamic_cast<Kind&>(*drive_);
  }

  /// The subjects in a folder, in the order of the UIDs. Reads the store as it is.
  std::vector<std::string> subjects(const std::string& account, const std::string& folder);
  std::string subject_of(const std::string& account, const archive::mailbox::Message& message);
  /// The octets of each message of a folder, by subject. One that cannot be read throws.
  std::multimap<std::string, std::string> octets(const std::string& account, const std::string& folder);
  std::size_t queued();

 private:
  SimWorld& world_;
  const std::string config_;
  net::IpAddress address_;
  std::filesystem::path scratch_;
  void leave();
  std::vector<archive::mailbox::ListedMessage> messages(const std::string& account, const std::string& folder);

  std::unique_ptr<Drive> drive_;
  std::unique_ptr<archive::store::Store> store_;
  net::WorkersInline workers_;
  std::unique_ptr<app::Machine> machine_;
};

/// What a client hands over, and to whom.
struct Handing {
  std::string from_address, to_endpoint;
  std::string reverse_path;  ///< empty: the null one
  std::vector<std::string> forward_paths;
  std::string octets;
};
/// One attempt, as hand_over() beside whatever else happens.
net::Task<mail::smtp::Reply> attempt(SimWorld& world, Handing handing);
/// One attempt to hand over a message, as a client of the world. The reply to the data, or to what failed before; code 0: the
/// connection broke before an answer.
mail::smtp::Reply hand_over(SimWorld& world, const std::string& from_address, const std::string& to_endpoint,
                            const std::string& reverse_path, const std::vector<std::string>& forward_paths,
                            const std::string& octets);

}  // namespace understudy::sim
