/// Random changes of one account against a model, with crashes and starts in between: what was answered is there, what was not
/// is there whole or not at all, and no UID, UIDVALIDITY or MODSEQ is ever given twice.
#include <random>

#include "archive/journal/reader.hpp"
#include "archive/journal/verify.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using test::ArchiveWorld;
using test::Letter;

namespace {

const std::string account = "alice@example.org";
const std::string bin = "Recycle Bin";

struct Shown {
  base::Digest name{};
  std::uint8_t flags = 0;
  bool put_back = false;  ///< it was in the bin
  bool operator==(const Shown&) const = default;
};
struct Box {
  mailbox::Uid next = 1;
  std::map<mailbox::Uid, Shown> messages;
  bool operator==(const Box&) const = default;
};
using Boxes = std::map<std::string, Box>;

/// One wish: how it is staged, and what it does to the model. Only an arrival outlives a crash by the journal alone.
struct Wish {
  Change change;
  std::optional<Letter> arrival;
  std::function<void(Boxes&)> apply;
};

class Model {
 public:
  explicit Model(std::uint64_t seed) : draw_(seed) {
    BOOST_REQUIRE(world_.open());
    test::TestMailbox made(world_, account);
    number_ = made.number;
    boxes_ = stored();
  }

  void step() {
    std::vector<Wish> wishes;
    Boxes after = boxes_, arrivals_only = boxes_;
    for (auto n = 1 + pick(4); n > 0; --n) {
      wishes.push_back(wish(after));
      wishes.back().apply(after);
      if (wishes.back().arrival) wishes.back().apply(arrivals_only);
    }
    if (world_.store().stopped())
      return start_again();  // it was to crash some writes after a step, and octets were written now
    const bool crash = pick(40) == 0;
    if (crash) world_.faults().crash_at(world_.faults().points() + 1 + pick(8), kept(), draw_());
    std::size_t answered = 0;
    for (auto& wish : wishes) {
      const auto count = [&answered](const auto& result) { answered += result ? 1 : 0; };
      if (wish.arrival)
        world_.archive().accept(wish.arrival->arrive(world_.store()), count);
      else
        world_.archive().change(std::move(wish.change), count);
    }
    world_.pump();
    if (!world_.store().stopped()) {
      BOOST_TEST_REQUIRE(answered == wishes.size());
      boxes_ = after;
    } else {
      BOOST_TEST_REQUIRE((answered == 0 || answered == wishes.size()));
      world_.cut(ArchiveWorld::Kept::none);
      BOOST_REQUIRE(world_.open());
      crashes_ += 1;
      const auto found = stored();
      if (answered != 0)
        BOOST_TEST_REQUIRE((found == after));
      else
        BOOST_TEST_REQUIRE((found == after || found == boxes_ || found == arrivals_only));
      boxes_ = found;
      read_appended();
    }
    look();
    if (pick(400) == 0) {
      world_.cut(ArchiveWorld::Kept::none);
      BOOST_REQUIRE(world_.open());
    }
  }

  /// Some of the bin, each into the folder that it came from.
  void put_back() {
    const auto state = *mailbox::load_state(world_.store(), number_);
    const auto there = state.bin();
    if (!there || boxes_.at(bin).messages.empty()) return;
    const auto& in_bin = boxes_.at(bin).messages;
    const auto first = std::next(in_bin.begin(), static_cast<long>(pick(in_bin.size())))->first;
    const mailbox::Uids uids{{first, static_cast<mailbox::Uid>(first + pick(4))}};
    const auto origins = *mailbox::bin_origins(world_.store(), number_, *there, first, uids.max());
    auto after = boxes_;
    for (const auto uid : uids) {
      auto moved = after[bin].messages.extract(uid);
      if (!moved) continue;
      const auto& origin = std::prev(origins.upper_bound(uid))->second;
      const auto folder = state.folders.find(origin.folder);
      auto& box = after[folder == state.folders.end() ? origin.name : folder->second.name];
      moved.mapped().put_back = true;
      box.messages[box.next++] = moved.mapped();
    }
    const auto done = world_.change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto put = owners.mailbox.put_back(stage, number_, uids);
      return put ? base::Result<>() : std::unexpected(put.error());
    });
    if (!done) {  // it was to crash some writes after a step
      BOOST_TEST_REQUIRE(world_.store().stopped());
      world_.cut(ArchiveWorld::Kept::none);
      BOOST_REQUIRE(world_.open());
      crashes_ += 1;
      BOOST_TEST_REQUIRE((stored() == boxes_ || stored() == after));
      boxes_ = stored();
      read_appended();
      return;
    }
    boxes_ = after;
    put_back_ += 1;
    look();
  }

  void start_again() {
    world_.cut(ArchiveWorld::Kept::none);
    BOOST_REQUIRE(world_.open());
    crashes_ += 1;
    look();
    read_appended();
  }

  void check_rebuild() {
    const auto before = test::dump(world_.store());
    world_.close();
    {
      store::MemoryStore store(world_.disk, 64);
      BOOST_REQUIRE(mailbox::rebuild(store, number_));
    }
    BOOST_REQUIRE(world_.open());
    BOOST_TEST_REQUIRE((test::dump(world_.store()) == before));
    BOOST_TEST_REQUIRE(world_.disk.durable().unheld().empty());
    const auto verdict = journal::verify(world_.store(), world_.store().bodies(), {0, journal::Depth::bodies}, {});
    BOOST_TEST_REQUIRE((verdict && verdict->faults.empty()));
  }

  std::uint64_t crashes() const { return crashes_; }
  std::uint64_t times_put_back() const { return put_back_; }
  std::size_t uids() const { return given_.size(); }

 private:
  std::uint64_t pick(std::uint64_t below) { return draw_() % below; }
  ArchiveWorld::Kept kept() { return pick(2) ? ArchiveWorld::Kept::some : ArchiveWorld::Kept::none; }
  std::string any_box(const Boxes& boxes) { return std::next(boxes.begin(), static_cast<long>(pick(boxes.size())))->first; }

  Wish wish(const Boxes& boxes) {
    const auto largest = std::ranges::max_element(boxes, {}, [](const auto& box) { return box.second.messages.size(); });
    const bool crowded = largest->second.messages.size() > 20;
    const auto from = crowded ? largest->first : any_box(boxes);
    auto to = any_box(boxes);
    if (to == bin) to = "INBOX";  // nobody puts there what he has not deleted
    const auto& messages = boxes.at(from).messages;
    const auto number = number_;
    const auto what = pick(18);
    if (what == 0 && boxes.size() < 12) {
      const std::string name = "F" + std::to_string(pick(6)) + (pick(2) ? "" : "/G" + std::to_string(pick(3)));
      if (!boxes.contains(name))
        return {[=](auto& stage, auto& owners) { return owners.mailbox.make_folder(stage, number, name, {}); },
                {},
                [=](Boxes& b) { b[name]; }};
    }
    if (what == 1 && from != "INBOX" && from != bin)
      return {[=](auto& stage, auto& owners) { return owners.mailbox.remove_folder(stage, number, from); },
              {},
              [=](Boxes& b) { b.erase(from); }};
    if (what == 2 && from != "INBOX" && from != bin) {
      const std::string name = "R" + std::to_string(serial_++);
      return {[=](auto& stage, auto& owners) { return owners.mailbox.rename_folder(stage, number, from, name); },
              {},
              [=](Boxes& b) {
                Boxes renamed;
                for (auto& [old, box] : b)
                  renamed[old == from || old.starts_with(from + "/") ? name + old.substr(from.size()) : old] = box;
                b = renamed;
              }};
    }
    if ((what < 9 || crowded) && !messages.empty()) {
      const auto uid = std::next(messages.begin(), static_cast<long>(pick(messages.size())))->first;
      if (what < 5 || crowded)  // every step looks at all of them
        return {[=](auto& stage, auto& owners) { return owners.mailbox.expunge(stage, number, from, uid); },
                {},
                [=](Boxes& b) { b[from].messages.erase(uid); }};
      if (what == 5) {
        const auto flags = static_cast<std::uint8_t>(pick(32));
        return {[=](auto& stage, auto& owners) {
                  return owners.mailbox.set_flags(stage, number, from, uid, {flags, {}});
                },
                {},
                [=](Boxes& b) { b[from].messages[uid].flags = flags; }};
      }
      const auto put = [=](Boxes& b) {
        auto shown = b[from].messages[uid];
        shown.put_back = shown.put_back || from == bin;
        b[to].messages[b[to].next++] = shown;
      };
      if (what == 6)
        return {
            [=](auto& stage, auto& owners) { return without_uid(owners.mailbox.copy(stage, number, from, uid, to)); }, {}, put};
      return {[=](auto& stage, auto& owners) { return without_uid(owners.mailbox.move(stage, number, from, uid, to)); },
              {},
              [=](Boxes& b) {
                put(b);
                b[from].messages.erase(uid);
              }};
    }
    if (what >= 16 && from != bin && !messages.empty()) {
      const auto first = std::next(messages.begin(), static_cast<long>(pick(messages.size())))->first;
      const mailbox::Uids uids{{first, static_cast<mailbox::Uid>(first + pick(3))}};
      return {[=](auto& stage, auto& owners) -> base::Result<> {
                auto binned = owners.mailbox.bin_all(stage, number, from, uids, {mailbox::Binned::By::rule, "old", bin});
                return binned ? base::Result<>() : std::unexpected(binned.error());
              },
              {},
              [=](Boxes& b) {
                for (const auto uid : uids)
                  if (const auto there = b[from].messages.extract(uid)) b[bin].messages[b[bin].next++] = there.mapped();
              }};
    }
    if (what >= 14) return append(to);
    Letter letter("letter " + std::to_string(serial_++));
    letter.to(account).file(account);
    const Shown shown{base::sha256(letter.handed()), 0};
    return {{}, letter, [=](Boxes& b) { b["INBOX"].messages[b["INBOX"].next++] = shown; }};
  }

  /// As IMAP does: no journal entry knows of it, and its octets come into the store in front of the change that holds them.
  Wish append(const std::string& to) {
    const std::string octets = "Subject: appended " + std::to_string(serial_++) + "\r\n\r\n" + std::string(pick(3'000), 'x');
    const Shown shown{base::sha256(octets), 0};
    auto writer = archive::summarised(world_.store().bodies().create());
    const auto written = writer->append(octets);
    auto sealed = writer->seal();
    BOOST_TEST_REQUIRE(((written && sealed) || world_.store().stopped()));
    if (!written || !sealed) return {{}, {}, [](Boxes&) {}};
    const auto number = number_;
    return {[=, body = *sealed](commit::Stage& stage, commit::Owners& owners) {
              mailbox::Message message;
              message.body = body.ref();
              message.name = shown.name;
              message.source = mailbox::Source::append;
              stage.hold(mailbox::shard_of(number), body);
              return without_uid(owners.mailbox.file(stage, number, to, std::move(message), body.shown()));
            },
            {},
            [=](Boxes& b) { b[to].messages[b[to].next++] = shown; }};
  }

  /// Nothing else has them: what was answered must have its octets, too.
  void read_appended() {
    for (const auto& listed : folders())
      for (const auto& [uid, message] : messages(listed.number))
        if (message.source != mailbox::Source::arrival && message.position == Position())
          BOOST_TEST_REQUIRE((base::sha256(world_.octets_of(message.body)) == message.name));
  }

  static base::Result<> without_uid(base::Result<mailbox::Uid> given) {
    if (!given) return std::unexpected(given.error());
    return {};
  }

  std::vector<mailbox::ListedFolder> folders() { return *mailbox::folders(world_.store(), number_); }
  std::vector<mailbox::ListedMessage> messages(mailbox::FolderNumber folder) {
    return *mailbox::messages(world_.store(), number_, folder, 1, 1'000'000);
  }

  Boxes stored() {
    Boxes boxes;
    for (const auto& listed : folders()) {
      auto& box = boxes[listed.folder.name];
      box.next = listed.folder.uid_next;
      for (const auto& m : messages(listed.number))
        box.messages[m.uid] = {m.message.name, m.message.flags.system, m.message.put_back};
    }
    return boxes;
  }

  /// What a client could have seen: each pair of UIDVALIDITY and UID names one message for ever, each UIDVALIDITY one folder.
  void look() {
    BOOST_TEST_REQUIRE((stored() == boxes_));
    for (const auto& listed : folders()) {
      BOOST_TEST_REQUIRE(validities_.try_emplace(listed.folder.uid_validity, listed.number).first->second == listed.number);
      auto& highest = highest_[listed.folder.uid_validity];
      for (const auto& m : messages(listed.number)) {
        const auto [at, fresh] = given_.try_emplace({listed.folder.uid_validity, m.uid}, m.message.name);
        if (at->second != m.message.name) BOOST_FAIL("a UID was given twice");
        if (fresh && m.uid <= highest) BOOST_FAIL("a UID is not above those before it");
        highest = std::max(highest, m.uid);
      }
    }
    const auto last = mailbox::load_state(world_.store(), number_)->last_modseq;
    BOOST_TEST_REQUIRE(last >= last_modseq_);
    last_modseq_ = last;
  }

  std::mt19937_64 draw_;
  ArchiveWorld world_;
  mailbox::AccountNumber number_ = 0;
  Boxes boxes_;
  std::uint64_t serial_ = 0, crashes_ = 0, put_back_ = 0;
  std::map<std::pair<std::uint32_t, mailbox::Uid>, base::Digest> given_;
  std::map<std::uint32_t, mailbox::FolderNumber> validities_;
  std::map<std::uint32_t, mailbox::Uid> highest_;
  mailbox::ModSeq last_modseq_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(ten_thousand_random_steps_with_crashes_reuse_no_uid_and_lose_no_answered_change) {
  constexpr std::uint64_t seed = 20260301;
  BOOST_TEST_MESSAGE("seed " << seed);
  Model model(seed);
  for (int step = 1; step <= 10'000; ++step) {
    model.step();
    if (step % 11 == 0) model.put_back();
    if (step % 2'500 == 0) model.check_rebuild();
  }
  BOOST_TEST(model.crashes() > 150u);
  BOOST_TEST(model.times_put_back() > 200u);
  BOOST_TEST(model.uids() > 5'000u);
}
