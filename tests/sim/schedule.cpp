#include "tests/sim/schedule.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "archive/give_up.hpp"
#include "archive/outbox/owner.hpp"
#include "tests/sim/ledgers.hpp"
#include "tests/sim/mail.hpp"
#include "tests/sim/replay.hpp"

namespace understudy::sim {
namespace {

using namespace std::chrono_literals;
using Kept = archive::store::Faults::Kept;
using Room = archive::store::Faults::Room;
using Weather = SimNetwork::Weather;

constexpr std::size_t steps = 45;
constexpr std::size_t most_letters = 30;
constexpr std::uint16_t mail_port = 25;
constexpr auto long_enough = 12h;            // for everything to be over once all is mended
constexpr std::size_t doubles_of_a_cut = 4;  // that the world may get after one: its outcomes were not synced yet

class Schedule {
 public:
  explicit Schedule(std::uint64_t seed);
  ~Schedule();
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;
  Outcome run();

 private:
  std::uint64_t draw(std::uint64_t below) { return draw_() % below; }
  Box& any_box() { return draw(2) == 0 ? company_.primary : company_.archive; }
  std::string name_of(const Box& box) const { return &box == &company_.primary ? "primary" : "archive"; }
  Kept any_kept() { return std::array{Kept::none, Kept::all, Kept::some, Kept::subset}[draw(4)]; }
  void note(const std::string& what);

  void step();
  void act();
  void pass_time();
  void plan_power_cut(Box& box);
  void cut_power(Box& box);
  void power_on(Box& box);
  void restart(Box& box);
  void fail_a_sync(Box& box);
  void cut_connections(std::uint16_t port);
  void change_weather();
  void change_room(Box& box);
  void rotate_key(Box& box);
  std::optional<archive::outbox::Entry> any_owed_entry();
  void lose_an_entry();
  void remove_an_entry();
  void say_twice();
  void replace_archive_by_impostor();
  void end_impostor();
  void mend_some();
  void look();

  void mend_all();
  void wait_until_quiet();

  Company company_;
  std::mt19937_64 draw_;
  Outcome outcome_;
  Clients clients_;
  Replay to_archive_, to_primary_;
  std::unique_ptr<Outside> impostor_;
  std::size_t doubles_ = 0;
  std::map<std::string, std::size_t> removed_;  // subjects
  std::set<std::uint64_t> given_up_;            // numbers of the primary's
};

Link link_of(std::uint64_t seed) {
  return std::array{Link::both_listen, Link::both_listen, Link::primary_listens, Link::archive_listens}[seed % 4];
}

net::Endpoint at(const Box& box, std::uint16_t port) {
  return {box.address(), port};
}

bool works(Box& box) {
  return box.on() && !box.dead();
}

Schedule::Schedule(std::uint64_t seed)
    : company_(Engine::memory, seed, link_of(seed)),
      draw_(seed),
      clients_(company_.world, seed, [this](const std::string& what) { note(what); }),
      to_archive_(company_.world, at(company_.archive, mail_port)),
      to_primary_(company_.world, at(company_.primary, mail_port)) {
  company_.outside.refusals[put_off_outside] = {451, "4.2.0", "later"};
  company_.world.network.watch([this](const std::shared_ptr<SimLink::Cable>& cable) {
    const bool by_a_machine =
        cable->client.address == company_.primary.address() || cable->client.address == company_.archive.address();
    if (!by_a_machine) return;
    to_archive_.note(cable);
    to_primary_.note(cable);
  });
  auto& wire = company_.world.network.wire();
  wire.piece = [this] { return draw(3) == 0 ? 1 + draw(200) : std::size_t{64} << 10; };
  wire.delay = [this] { return net::Timeout(draw(8) == 0 ? draw(300) : draw(10)); };
}

/// The network outlives what it tells.
Schedule::~Schedule() {
  auto& network = company_.world.network;
  network.watch({});
  network.wire().piece = {};
  network.wire().delay = {};
}

void Schedule::note(const std::string& what) {
  outcome_.trace.push_back(std::to_string(company_.world.clock.steady().count()) + " " + what);
}

Outcome Schedule::run() {
  power_on(company_.primary);
  power_on(company_.archive);
  for (std::size_t i = 0; i < steps && outcome_.faults.empty(); ++i) step();
  mend_all();
  wait_until_quiet();
  if (!outcome_.faults.empty()) return std::move(outcome_);
  for (const auto& refused : clients_.refused()) outcome_.faults.push_back("refused: " + refused);
  std::ranges::move(misplaced(company_, {clients_.sent(), removed_, doubles_}), std::back_inserter(outcome_.faults));
  std::ranges::move(unequal_ledgers(company_, given_up_), std::back_inserter(outcome_.faults));
  outcome_.letters = clients_.sent().size();
  outcome_.numbers = numbers_given(company_.primary);
  note(fingerprint(company_));
  return std::move(outcome_);
}

void Schedule::step() {
  for (auto letters = draw(4); letters > 0 && clients_.sent().size() < most_letters; --letters)
    clients_.send(draw_letter(draw_, clients_.sent().size()));
  pass_time();
  act();
  pass_time();
  look();
  mend_some();
}

/// Often so little that what is under way stays so.
void Schedule::pass_time() {
  constexpr std::array<std::uint64_t, 4> spans = {20, 500, 5'000, 60'000};
  company_.world.advance(net::Timeout(draw(spans[draw(spans.size())])));
}

void Schedule::act() {
  switch (draw(17)) {
    case 0:
    case 1:
    case 2:
      return plan_power_cut(any_box());
    case 3:
      return cut_power(any_box());
    case 4:
      cut_power(company_.primary);
      return cut_power(company_.archive);
    case 5:
      return restart(any_box());
    case 6:
      return fail_a_sync(any_box());
    case 7:
      return cut_connections(Company::link_port);
    case 8:
      return cut_connections(mail_port);
    case 9:
      return change_weather();
    case 10:
      return change_room(any_box());
    case 11:
      return rotate_key(any_box());
    case 12:
      return lose_an_entry();
    case 13:
      return say_twice();
    case 14:
      return replace_archive_by_impostor();
    case 15:
      return remove_an_entry();
    default:
      note("some step fails");
      doubles_ += 1;
      company_.world.faults.fail_at(company_.world.faults.steps() + 1 + draw(200));
  }
}

void Schedule::plan_power_cut(Box& box) {
  if (!works(box)) return;
  note(name_of(box) + " will lose its power");
  auto& drive = box.drive<MemoryDrive>();
  drive.plan_crash(drive.points() + 1 + draw(60), any_kept(), draw_());
}

void Schedule::cut_power(Box& box) {
  if (!box.on()) return;
  note(name_of(box) + " loses its power");
  outcome_.cuts += 1;
  doubles_ += doubles_of_a_cut;
  const auto kept = any_kept();
  box.power_off(kept, draw_());
}

void Schedule::power_on(Box& box) {
  if (&box == &company_.archive) end_impostor();
  note(name_of(box) + " starts");
  try {
    box.power_on();
  } catch (const std::runtime_error& error) {
    if (!box.dead()) outcome_.faults.push_back(name_of(box) + " does not start: " + error.what());
  }
}

void Schedule::restart(Box& box) {
  if (!works(box)) return;
  note(name_of(box) + " is restarted");
  box.end_process();
  power_on(box);
}

void Schedule::fail_a_sync(Box& box) {
  if (!works(box)) return;
  note(name_of(box) + ": a sync will fail");
  auto& faults = box.drive<MemoryDrive>().faults();
  faults.fail_sync_at(faults.syncs() + 1 + draw(6), any_kept(), draw_());
}

void Schedule::cut_connections(std::uint16_t port) {
  const auto how = draw(3) == 0 ? SimNetwork::Break::silence : SimNetwork::Break::reset;
  note("connections to port " + std::to_string(port) + (how == SimNetwork::Break::reset ? " break" : " fall silent"));
  company_.world.network.cut(company_.primary.address(), company_.archive.address(), port, how);
}

void Schedule::change_weather() {
  const auto place = at(any_box(), draw(2) == 0 ? mail_port : Company::link_port);
  const auto weather = std::array{Weather::fine, Weather::refusing, Weather::silent}[draw(3)];
  note(place.text() + " has weather " + std::to_string(static_cast<int>(weather)));
  company_.world.network.set_weather(place, weather);
}

void Schedule::change_room(Box& box) {
  if (!works(box)) return;
  const auto room = draw(3) == 0 ? Room::plenty : Room::none;
  note(name_of(box) + (room == Room::none ? " is full" : " has room"));
  box.drive<MemoryDrive>().faults().set_room(room);
}

void Schedule::rotate_key(Box& box) {
  if (!works(box)) return;
  note(name_of(box) + " replaces its key");
  box.rotate_key();
}

std::optional<archive::outbox::Entry> Schedule::any_owed_entry() {
  auto& archive = company_.primary.machine().archive();
  std::vector<archive::outbox::Entry> owed;
  if (const auto shards = archive.outbox_shards())
    for (const auto& shard : *shards)
      if (const auto entries = archive.outbox_after(shard, {}, 1000))
        for (const auto& entry : *entries)
          if (entry.custody) owed.push_back(entry);
  if (owed.empty()) return std::nullopt;
  return owed[draw(owed.size())];
}

/// Somebody takes an entry out of the outbox of the primary, whom nobody asked and who tells nobody.
void Schedule::lose_an_entry() {
  if (!works(company_.primary)) return;
  const auto entry = any_owed_entry();
  if (!entry) return;
  note("the primary loses " + entry->id.text());
  auto lose = [id = entry->id](archive::commit::Stage& stage, archive::commit::Owners& owners) {
    return owners.outbox.end(stage, id);
  };
  company_.primary.machine().archive().change(std::move(lose), [](const base::Result<>&) {});
}

/// As `queue remove` does. What a machine tells its postmaster has to arrive, or both of them would not know the same.
void Schedule::remove_an_entry() {
  if (!works(company_.primary)) return;
  const auto entry = any_owed_entry();
  const auto subject = entry ? entry->message_id.substr(0, entry->message_id.find('@')) : std::string();
  const auto named = [&](const Letter& letter) { return letter.subject == subject; };
  if (std::ranges::none_of(clients_.sent(), named)) return;
  note("an administrator removes " + entry->id.text());
  removed_[subject] += 1;
  doubles_ += 3;  // of each recipient outside
  given_up_.insert(entry->custody->number.number);
  auto& archive = company_.primary.machine().archive();
  auto remove = [&archive, entry](archive::commit::Stage& stage, archive::commit::Owners& owners) {
    return archive::give_up(stage, owners, archive.store(), *entry);
  };
  archive.change(std::move(remove), [](const base::Result<>&) {});
}

void Schedule::say_twice() {
  auto& replay = draw(4) == 0 ? to_primary_ : to_archive_;
  if (replay.known() == 0) return;
  note("a connection comes twice");
  replay.play(draw(replay.known()));
}

/// Who takes everything, promises to remember its number, and throws it away.
void Schedule::replace_archive_by_impostor() {
  if (impostor_) return;
  cut_power(company_.archive);
  note("an impostor takes the archive's place");
  company_.world.network.power_on(company_.archive.address());
  impostor_ = std::make_unique<Outside>(company_.world, company_.archive.address().text());
  impostor_->custody = mail::smtp::OfferCustody::yes;
}

void Schedule::end_impostor() {
  if (!impostor_) return;
  note("the impostor goes, with " + std::to_string(impostor_->messages.size()) + " messages");
  impostor_.reset();
  company_.world.settle();
}

void Schedule::mend_some() {
  for (Box* box : {&company_.primary, &company_.archive}) {
    if (works(*box) || draw(2) == 0) continue;
    cut_power(*box);  // of which nothing is left but this
    power_on(*box);
  }
}

/// What must never be, not for a moment.
void Schedule::look() {
  for (Box* box : {&company_.primary, &company_.archive}) {
    if (!works(*box)) continue;
    const auto open = box->machine().witness().open_dispute();
    if (!open || *open) outcome_.faults.push_back(name_of(*box) + " has opened a dispute");
    for (const auto& [what, count] : box->machine().receipt_counts())
      if (count > 0 && what != "taken" && what != "closed" && what != "forged")
        outcome_.faults.push_back(name_of(*box) + " does not believe a receipt: " + what);
  }
}

void Schedule::mend_all() {
  note("all is mended");
  company_.outside.refusals.erase(put_off_outside);
  company_.world.faults.fail_at(0);
  for (Box* box : {&company_.primary, &company_.archive}) {
    for (const auto port : {mail_port, Company::link_port}) company_.world.network.set_weather(at(*box, port), Weather::fine);
    auto& faults = box->drive<MemoryDrive>().faults();
    faults.set_room(Room::plenty);
    faults.crash_at(0, Kept::none);
    faults.fail_sync_at(0);
    if (works(*box)) continue;
    cut_power(*box);
    power_on(*box);
  }
}

/// Quiet, and still so after a while.
void Schedule::wait_until_quiet() {
  const auto end = company_.world.clock.steady() + long_enough;
  for (int quiet = 0; quiet < 3 && company_.world.clock.steady() < end && outcome_.faults.empty();) {
    company_.world.advance(1min);
    outcome_.minutes += 1;
    look();
    quiet = clients_.waiting() == 0 && is_quiet(company_) ? quiet + 1 : 0;
    if (quiet == 3) return note("it is quiet");
  }
  std::ranges::move(what_is_under_way(company_), std::back_inserter(outcome_.faults));
  if (clients_.waiting() > 0) outcome_.faults.push_back(std::to_string(clients_.waiting()) + " messages were never taken");
}

}  // namespace

Outcome run_schedule(std::uint64_t seed) {
  return Schedule(seed).run();
}

}  // namespace understudy::sim
