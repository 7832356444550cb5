#include "tests/sim/mail.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace understudy::sim {
namespace {

constexpr const char* desk = "192.0.2.40";
constexpr const char* stranger = "203.0.113.9";
constexpr const char* alice = "alice@example.org";
constexpr const char* bob = "bob@example.org";
constexpr const char* team = "team@example.org";
constexpr const char* world_one = "ext@world.example";
constexpr const char* world_two = "other@world.example";

struct Shape {
  const char* from_address;
  const char* reverse_path;
  std::vector<std::string> to;
};
const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      {stranger, world_one, {alice}},
      {stranger, world_one, {alice, bob}},
      {stranger, "", {bob}},
      {stranger, world_two, {team}},
      {stranger, world_two, {bob, team}},
      {desk, alice, {bob}},
      {desk, alice, {alice}},
      {desk, bob, {alice, world_one}},
      {desk, alice, {world_one, world_two}},
      {desk, bob, {team, world_two}},
      {desk, alice, {refused_outside}},
      {desk, bob, {alice, refused_outside, world_one}},
      {desk, alice, {put_off_outside, bob}},
  };
  return all;
}

bool is_local(const std::string& address) {
  return address.ends_with("@example.org");
}

std::set<std::string> accounts_of(const Letter& letter) {
  std::set<std::string> accounts;
  for (const auto& to : letter.to) {
    if (to == team) accounts.insert({alice, bob});
    if (is_local(to) && to != team) accounts.insert(to);
  }
  return accounts;
}

/// Counted by (recipient, subject).
using Copies = std::map<std::pair<std::string, std::string>, std::size_t>;

/// How many there must be at least, and may be at most.
struct Range {
  std::size_t least = 0, most = 0;
  void add(const Range& more) { least += more.least, most += more.most; }
};
using Wanted = std::map<std::pair<std::string, std::string>, Range>;

class Search {
 public:
  explicit Search(const Expected& expected) : removed_(expected.removed) {
    for (const auto& letter : expected.letters) letters_.emplace(letter.subject, &letter);
  }

  enum class Way { direct, over_the_outbox };
  void inboxes(Box& box, const std::string& who, Way way) {
    for (const auto* account : {alice, bob}) {
      Wanted wanted;
      for (const auto& [subject, letter] : letters_) {
        if (accounts_of(*letter).contains(account))
          wanted[{account, subject}].add(way == Way::direct ? Range{1, 1} : over_the_outbox(subject));
        const bool bounces = std::ranges::find(letter->to, refused_outside) != letter->to.end();
        if (bounces && letter->reverse_path == account) wanted[{account, report}].add(over_the_outbox(subject));
      }
      compare(box, account, "INBOX", wanted, who + ", inbox");
    }
  }
  void sent_folders(Box& box) {
    for (const auto* account : {alice, bob}) {
      Wanted wanted;
      for (const auto& [subject, letter] : letters_)
        if (letter->reverse_path == account) wanted[{account, subject}].add(over_the_outbox(subject));
      compare(box, account, "\\Sent", wanted, "archive, sent");
    }
  }
  /// Nothing is known of what a machine told its postmaster, but that the other one has it, too.
  void postmaster(Company& company) {
    const auto here = company.primary.octets("admin@example.org", "INBOX");
    const auto there = company.archive.octets("admin@example.org", "INBOX");
    if (here.size() != there.size())
      faults.push_back("the postmaster has " + std::to_string(here.size()) + " messages on the primary, " +
                       std::to_string(there.size()) + " on the archive");
  }
  void outside(const Outside& world, std::size_t doubles) {
    Copies found;
    for (const auto& message : world.messages)
      for (const auto& recipient : message.envelope.recipients)
        found[{recipient.forward_path.text(), subject_of(message.octets)}] += 1;
    std::size_t wanted = 0, got = 0;
    for (const auto& [subject, letter] : letters_) {
      for (const auto& to : letter->to) {
        if (is_local(to) || to == refused_outside) continue;
        wanted += 1;
        const auto copies = found.extract({to, subject});
        if (copies.empty() && !removed_.contains(subject)) faults.push_back("the world never got " + subject + " to " + to);
        got += copies.empty() ? 1 : copies.mapped();
      }
    }
    if (!found.empty())
      faults.push_back("the world got " + found.begin()->first.second + " to " + found.begin()->first.first + " unasked");
    if (got > wanted + doubles)
      faults.push_back("the world got " + std::to_string(got - wanted) + " copies too many, " + std::to_string(doubles) +
                       " may be");
  }

  std::vector<std::string> faults;

 private:
  static constexpr const char* report = "Not delivered: your mail to nobody@world.example";

  Range over_the_outbox(const std::string& subject) const {
    const auto removed = removed_.find(subject);
    return removed == removed_.end() ? Range{1, 1} : Range{0, 1 + removed->second};
  }

  /// Empty: other octets than were sent under it.
  std::string subject_of(const std::string& octets) const {
    constexpr std::string_view field = "\r\nSubject: ";
    const auto at = octets.find(field);
    if (at == std::string::npos) return {};
    const auto begin = at + field.size();
    const auto subject = octets.substr(begin, octets.find("\r\n", begin) - begin);
    const auto found = letters_.find(subject);
    return found != letters_.end() && octets.ends_with(found->second->octets) ? subject : std::string();
  }

  void compare(Box& box, const std::string& account, const std::string& folder, Wanted wanted, const std::string& where) {
    Copies found;
    for (const auto& [subject, octets] : box.octets(account, folder)) {
      found[{account, subject}] += 1;
      wanted.try_emplace({account, subject});
      if (subject != report && subject_of(octets).empty())
        faults.push_back(where + " of " + account + ": " + subject + " has other octets");
    }
    for (const auto& [key, range] : wanted) {
      const auto is = found.contains(key) ? found.at(key) : 0;
      if (is < range.least || is > range.most)
        faults.push_back(where + " of " + account + ": " + key.second + " is there " + std::to_string(is) + " times, not " +
                         std::to_string(range.most));
    }
  }

  const std::map<std::string, std::size_t>& removed_;
  std::map<std::string, const Letter*> letters_;
};

}  // namespace

Letter draw_letter(std::mt19937_64& draw, std::size_t number) {
  const auto& shape = shapes()[draw() % shapes().size()];
  Letter letter;
  letter.subject = "m" + std::to_string(1000 + number);
  letter.from_address = shape.from_address;
  letter.reverse_path = shape.reverse_path;
  letter.to = shape.to;
  letter.octets = message(letter.subject, draw() % 5 == 0 ? draw() % 20'000 : draw() % 300);
  const bool has_trace = letter.from_address == stranger && draw() % 2 == 0;
  if (has_trace) {  // known again by that alone
    const auto behind_first = letter.octets.find("\r\n") + 2;
    letter.octets.replace(0, behind_first, "Received: from a.example by b.example; Sun, 1 Mar 2026 00:00:00 +0000\r\n");
  }
  return letter;
}

struct Clients::State {
  SimWorld& world;
  std::mt19937_64 draw;
  Tell tell;
  std::vector<Letter> sent;
  std::size_t waiting = 0;
  std::vector<std::string> refused;
  bool over = false;
};

Clients::Clients(SimWorld& world, std::uint64_t seed, Tell tell)
    : state_(std::make_shared<State>(State{world, std::mt19937_64(seed), std::move(tell), {}, 0, {}, false})) {}

Clients::~Clients() {
  state_->over = true;
}

void Clients::send(Letter letter) {
  state_->sent.push_back(letter);
  state_->waiting += 1;
  state_->world.spawn(keep_sending(state_, std::move(letter)));
}

const std::vector<Letter>& Clients::sent() const {
  return state_->sent;
}
std::size_t Clients::waiting() const {
  return state_->waiting;
}
const std::vector<std::string>& Clients::refused() const {
  return state_->refused;
}

net::Task<> Clients::keep_sending(std::shared_ptr<State> state, Letter letter) {
  auto pause = state->world.timers.make(state->world.executor());
  while (!state->over) {
    Handing handing{letter.from_address, "192.0.2.10:25", letter.reverse_path, letter.to, letter.octets};
    const auto reply = co_await attempt(state->world, std::move(handing));
    if (state->over) co_return;
    state->tell(letter.subject + " " + reply.text());
    const bool refused = reply.code >= 500;
    if (refused) state->refused.push_back(letter.subject + ": " + reply.text());
    if (reply.code == 250) state->waiting -= 1;
    if (refused || reply.code == 250) co_return;
    co_await pause->wait(std::chrono::seconds(10 + state->draw() % 200));
  }
}

std::vector<std::string> misplaced(Company& company, const Expected& expected) {
  Search search(expected);
  search.inboxes(company.primary, "primary", Search::Way::direct);
  search.inboxes(company.archive, "archive", Search::Way::over_the_outbox);
  search.sent_folders(company.archive);
  search.postmaster(company);
  search.outside(company.outside, expected.doubles);
  return std::move(search.faults);
}

}  // namespace understudy::sim
