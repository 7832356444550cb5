/// mailbox/live_account: whatever is committed, in whatever order folders are looked at, the images are those of the store.
#include "archive/mailbox/live_account.hpp"

#include <random>

#include "archive/check/findings.hpp"
#include "archive/mailbox/rebuild.hpp"
#include "tests/support/archive_mailbox.hpp"
#include "tests/support/store_over.hpp"

using namespace understudy;
using namespace understudy::archive;
using mailbox::Flags;
using mailbox::FlagsChanged;
using mailbox::LiveAccount;
using mailbox::Uids;
using test::ArchiveWorld;
using test::TestMailbox;

namespace {

struct Opened {
  ArchiveWorld world;
  std::optional<TestMailbox> alice;
  std::shared_ptr<LiveAccount> live;
  Opened() {
    BOOST_REQUIRE(world.open());
    alice.emplace(world, "alice@example.org");
    live = *LiveAccount::open(world.store(), alice->number);
  }
  template <class Function>
  base::Result<> change(Function function) {
    return world.change([&](commit::Stage& stage, commit::Owners& owners) -> base::Result<> {
      auto done = function(stage, owners.mailbox);
      if (!done) return std::unexpected(done.error());
      return {};
    });
  }
  mailbox::FolderNumber number(const std::string& folder) { return *(*live->folders())->find(folder); }

  /// What the store says of a folder, against what the image says.
  void compare(mailbox::FolderNumber folder) {
    const auto image = live->image(folder);
    const auto stored = mailbox::messages(world.store(), alice->number, folder, 1, 100'000);
    BOOST_REQUIRE((image && stored));
    BOOST_TEST_REQUIRE((*image)->size() == stored->size());
    for (std::size_t i = 0; i < stored->size(); ++i) {
      const auto& [uid, message] = (*stored)[i];
      const auto& item = (*image)->at(i);
      BOOST_TEST_REQUIRE(item.uid == uid);
      BOOST_TEST_REQUIRE(item.modseq == message.modseq);
      BOOST_TEST_REQUIRE((live->flags_of(item) == message.flags));
      BOOST_TEST_REQUIRE((item.body() == message.body));
    }
    const auto folders = live->folders();
    const auto found = mailbox::folders(world.store(), alice->number);
    for (const auto& listed : *found) BOOST_TEST_REQUIRE(((*folders)->by_number.at(listed.number) == listed.folder));
    BOOST_TEST_REQUIRE(((*folders)->by_number.size() == found->size()));
    BOOST_TEST_REQUIRE((*image)->uid_next == (*folders)->by_number.at(folder).uid_next);
    BOOST_TEST_REQUIRE((*image)->highest == (*folders)->by_number.at(folder).highest_modseq);
  }
};

Flags flag(std::uint8_t system, std::vector<std::string> keywords = {}) {
  return {system, std::move(keywords)};
}

/// Where others commit while somebody reads messages.
class BusyStore final : public test::StoreOver {
 public:
  explicit BusyStore(store::Store& under) : StoreOver(under) {}
  std::function<void()> meanwhile;  ///< once

  std::unique_ptr<store::Cursor> scan(store::Shard shard, store::Table table, std::string_view from,
                                      std::string_view within) const override {
    if (table == store::Table::message_chunks && meanwhile) std::exchange(const_cast<BusyStore*>(this)->meanwhile, nullptr)();
    return StoreOver::scan(shard, table, from, within);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(live_account)

BOOST_AUTO_TEST_CASE(a_large_folder_is_read_in_parts_and_whole) {
  Opened o;
  const auto inbox = o.number("INBOX");
  const auto number = o.alice->number;
  BOOST_REQUIRE(o.alice->append("INBOX", "Subject: one\r\n\r\n"));
  for (int doubled = 1; doubled < 1 << 16; doubled *= 2)
    BOOST_REQUIRE(o.change([&](auto& stage, auto& owner) {
      return owner.copy_all(stage, number, inbox, Uids{{1, static_cast<mailbox::Uid>(doubled)}}, inbox);
    }));
  BOOST_REQUIRE(o.change([&](auto& stage, auto& owner) {
    return owner.expunge_all(stage, number, inbox, Uids{{2, 20'000}, {65'536, 65'536}}, mailbox::Owner::Only::all);
  }));
  o.live = *LiveAccount::open(o.world.store(), number);
  BOOST_TEST((*o.live->image(inbox))->size() == 65'536u - 20'000);
  o.compare(inbox);
}

BOOST_AUTO_TEST_CASE(images_are_those_of_the_store_after_every_random_change) {
  Opened o;
  std::mt19937 random(5);
  const std::vector<std::string> names = {"INBOX", "Sent", "Trash"};
  for (int step = 0; step < 600; ++step) {
    const auto from = names[random() % 3], to = names[random() % 3];
    const auto source = o.number(from), target = o.number(to);
    const auto next = (*o.live->folders())->by_number.at(source).uid_next;
    Uids uids;
    for (int i = 0; i < 4; ++i) {
      const mailbox::Uid first = 1 + random() % next;
      uids.add(first, first + random() % 3);
    }
    const auto number = o.alice->number;
    switch (random() % 8) {
      case 0:
        BOOST_REQUIRE(o.change([&](auto& s, auto& owner) { return owner.copy_all(s, number, source, uids, target); }));
        break;
      case 1:
        BOOST_REQUIRE(o.change([&](auto& s, auto& owner) { return owner.move_all(s, number, source, uids, target); }));
        break;
      case 2:
        BOOST_REQUIRE(o.change(
            [&](auto& s, auto& owner) { return owner.expunge_all(s, number, source, uids, mailbox::Owner::Only::deleted); }));
        break;
      case 3:
      case 4: {
        const auto how = static_cast<FlagsChanged::How>(random() % 3);
        const auto flags = flag(static_cast<std::uint8_t>(random() % 32),
                                random() % 2 ? std::vector<std::string>{"$K"} : std::vector<std::string>{});
        BOOST_REQUIRE(o.change([&](auto& s, auto& owner) { return owner.change_flags(s, number, source, uids, how, flags); }));
        break;
      }
      default:
        BOOST_REQUIRE(o.alice->append(from, "letter " + std::to_string(step)));
    }
    if (random() % 3 == 0) o.compare(o.number(names[random() % 3]));
    if (random() % 50 == 0) o.live = *LiveAccount::open(o.world.store(), number);
  }
  for (const auto& name : names) o.compare(o.number(name));
}

// RFC 7162 section 3.2.5: a client that was told of a MODSEQ has heard of all that was below it, or loses that for ever.
BOOST_AUTO_TEST_CASE(an_image_shows_no_modseq_behind_a_change_that_it_does_not_show) {
  Opened o;
  const auto number = o.alice->number;
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(o.alice->append("INBOX", "letter " + std::to_string(i)));
  for (int i = 0; i < 2; ++i) BOOST_REQUIRE(o.alice->append("Trash", "letter " + std::to_string(i)));
  const auto inbox = o.number("INBOX"), trash = o.number("Trash");
  BusyStore busy(o.world.store());
  o.live = *LiveAccount::open(busy, number);
  BOOST_REQUIRE(o.live->image(trash));

  BOOST_REQUIRE(o.change([&](auto& s, auto& owner) { return owner.move_all(s, number, inbox, Uids{{1, 3}}, trash); }));
  busy.meanwhile = [&] {  // one goes, and then one of those that are being read changes
    BOOST_REQUIRE(o.alice->expunge("Trash", 1));
    BOOST_REQUIRE(o.alice->flags("Trash", 4, flag(Flags::flagged)));
  };
  const auto image = *o.live->image(trash);
  const bool is_there = image->find(mailbox::Uid(1)).has_value();
  image->each(0, image->size(), [&](std::size_t, const mailbox::Item& item) {
    BOOST_TEST(item.modseq <= image->highest);
    BOOST_TEST(image->highest <= image->modseq);
  });
  BOOST_TEST(is_there == (image->modseq < mailbox::find_folder(o.world.store(), number, "Trash")->folder.highest_modseq - 1));
  o.compare(trash);
}

BOOST_AUTO_TEST_CASE(one_record_of_the_log_tells_of_many_messages_and_rebuild_makes_the_same_of_it) {
  Opened o;
  for (int i = 0; i < 20; ++i) BOOST_REQUIRE(o.alice->append("INBOX", "letter " + std::to_string(i)));
  const auto inbox = o.number("INBOX"), trash = o.number("Trash");
  const auto before = (*o.live->folders())->modseq;
  const auto number = o.alice->number;
  BOOST_REQUIRE(o.change([&](auto& s, auto& owner) {
    return owner.change_flags(s, number, inbox, Uids{{1, 20}}, FlagsChanged::How::add, flag(Flags::deleted, {"$Old"}));
  }));
  BOOST_REQUIRE(o.change([&](auto& s, auto& owner) { return owner.copy_all(s, number, inbox, Uids{{1, 10}}, trash); }));
  BOOST_REQUIRE(o.change([&](auto& s, auto& owner) { return owner.move_all(s, number, inbox, Uids{{11, 15}}, trash); }));
  BOOST_REQUIRE(o.change([&](auto& s, auto& owner) {
    return owner.expunge_all(s, number, inbox, Uids{{1, 5}}, mailbox::Owner::Only::deleted);
  }));
  BOOST_TEST((*o.live->folders())->modseq == before + 4);
  o.compare(inbox);
  o.compare(trash);
  BOOST_TEST(o.alice->messages("Trash").size() == 15u);
  BOOST_TEST(o.alice->messages("INBOX").size() == 10u);
  const auto inbox_before = o.alice->messages("INBOX"), trash_before = o.alice->messages("Trash");
  o.live.reset();
  o.world.close();
  {
    store::MemoryStore store(o.world.disk, 64);
    BOOST_REQUIRE(mailbox::rebuild(store, number));
  }
  BOOST_REQUIRE(o.world.open());
  const auto same = [](const auto& a, const auto& b) {
    return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x.uid == y.uid && x.message == y.message; });
  };
  BOOST_TEST(same(o.alice->messages("INBOX"), inbox_before));
  BOOST_TEST(same(o.alice->messages("Trash"), trash_before));
}

BOOST_AUTO_TEST_CASE(a_flag_that_somebody_else_has_changed_since_is_left_and_named) {  // RFC 7162 section 3.1.3
  Opened o;
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(o.alice->append("INBOX", "letter " + std::to_string(i)));
  const auto inbox = o.number("INBOX");
  const auto since = (*o.live->folders())->modseq;
  BOOST_REQUIRE(o.alice->flags("INBOX", 2, flag(Flags::seen)));
  mailbox::Owner::Flagged result;
  BOOST_REQUIRE(o.change([&](auto& s, auto& owner) {
    auto done =
        owner.change_flags(s, o.alice->number, inbox, Uids{{1, 9}}, FlagsChanged::How::replace, flag(Flags::flagged), since);
    if (done) result = *done;
    return done;
  }));
  BOOST_TEST(result.done.text() == "1,3");
  BOOST_TEST(result.modified.text() == "2");
  BOOST_TEST(o.alice->messages("INBOX")[1].message.flags.system == Flags::seen);
  BOOST_TEST(o.alice->messages("INBOX")[2].message.flags.system == Flags::flagged);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_passed_over_and_a_folder_that_is_gone_is_an_error) {
  Opened o;
  BOOST_REQUIRE(o.alice->append("INBOX", "letter"));
  const auto inbox = o.number("INBOX");
  const auto number = o.alice->number;
  BOOST_REQUIRE(o.change([&](auto& s, auto& owner) { return owner.move_all(s, number, inbox, Uids{{5, 7}}, inbox); }));
  const auto gone = o.change([&](auto& s, auto& owner) { return owner.copy_all(s, number, inbox, Uids{{1, 1}}, 999); });
  BOOST_TEST((!gone && gone.error().code == base::errc::not_found));
  BOOST_TEST((o.live->image(999).error().code == base::errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_removed_is_an_empty_image_that_says_so) {
  Opened o;
  BOOST_REQUIRE(o.alice->make("Work"));
  BOOST_REQUIRE(o.alice->append("Work", "letter"));
  const auto work = o.number("Work");
  BOOST_TEST((*o.live->image(work))->size() == 1u);
  BOOST_REQUIRE(o.alice->remove("Work"));
  const auto image = o.live->image(work);
  BOOST_TEST((*image)->size() == 0u);
  BOOST_TEST((*image)->removed);
}

BOOST_AUTO_TEST_CASE(whoever_watches_is_woken_by_each_commit_and_not_after_the_watch_has_gone) {
  Opened o;
  int woken = 0;
  auto watch = LiveAccount::watch(o.live, [&woken] { woken += 1; });
  BOOST_REQUIRE(o.alice->append("INBOX", "letter"));
  BOOST_TEST(woken == 1);
  watch.reset();
  BOOST_REQUIRE(o.alice->append("INBOX", "letter"));
  BOOST_TEST(woken == 1);
}

BOOST_AUTO_TEST_CASE(subscriptions_are_names_and_need_no_folder) {
  Opened o;
  const auto subscribe = [&](const std::string& name, mailbox::Subscribed::To to) {
    return o.change([&](auto& s, auto& owner) { return owner.subscribe(s, o.alice->number, name, to); });
  };
  BOOST_REQUIRE(subscribe("nowhere", mailbox::Subscribed::To::yes));
  BOOST_REQUIRE(subscribe("INBOX", mailbox::Subscribed::To::yes));
  const auto modseq = (*o.live->folders())->modseq;
  BOOST_REQUIRE(subscribe("INBOX", mailbox::Subscribed::To::yes));
  BOOST_TEST((*o.live->folders())->modseq == modseq);
  BOOST_TEST(((*o.live->folders())->subscriptions == std::set<std::string>{"INBOX", "nowhere"}));
  BOOST_REQUIRE(subscribe("nowhere", mailbox::Subscribed::To::no));
  BOOST_TEST(((*LiveAccount::open(o.world.store(), o.alice->number))->folders().value()->subscriptions ==
              std::set<std::string>{"INBOX"}));
}

BOOST_AUTO_TEST_CASE(the_folders_say_when_something_was_noted_last) {
  Opened o;
  const auto before = *o.live->folders();
  BOOST_REQUIRE(o.alice->annotate("INBOX", "/private/comment", "x"));
  const auto noted = *o.live->folders();
  BOOST_TEST(noted->annotated > before->annotated);
  BOOST_TEST(noted->annotated == noted->modseq);
  BOOST_REQUIRE(o.alice->make("Box"));
  const auto after = *o.live->folders();
  BOOST_TEST((after->annotated == noted->annotated && after->modseq > noted->modseq));
  const auto anew = *LiveAccount::open(o.world.store(), o.alice->number);
  BOOST_TEST((*anew->folders())->annotated >= noted->annotated);
}

BOOST_AUTO_TEST_CASE(the_owner_knows_the_last_change_with_what_is_staged) {
  Opened o;
  const auto modseq = (*o.live->folders())->modseq;
  BOOST_REQUIRE(o.change([&](commit::Stage& stage, mailbox::Owner& owner) -> base::Result<> {
    BOOST_TEST(*owner.last_modseq(stage, o.alice->number) == modseq);
    auto made = owner.make_folder(stage, o.alice->number, "Box", {});
    BOOST_TEST(*owner.last_modseq(stage, o.alice->number) == modseq + 1);
    return made;
  }));
  BOOST_TEST((*o.live->folders())->modseq == modseq + 1);
}

BOOST_AUTO_TEST_CASE(images_that_nobody_looks_at_go_and_those_in_use_stay) {
  Opened o;
  for (const char* folder : {"one", "two", "three"})
    for (int i = 0; i < 10; ++i) BOOST_REQUIRE(o.alice->append(folder, "words"));
  constexpr std::uint64_t of_one = 10 * sizeof(mailbox::Item);
  o.live = *LiveAccount::open(o.world.store(), o.alice->number, of_one);
  const auto one = o.number("one"), two = o.number("two"), three = o.number("three");
  const auto kept = *o.live->image(one);
  BOOST_TEST(o.live->octets() == of_one);
  const std::weak_ptr<const mailbox::Image> second = *o.live->image(two);
  BOOST_TEST(o.live->octets() == 2 * of_one);
  const std::weak_ptr<const mailbox::Image> third = *o.live->image(three);  // with this one, two that nobody looks at
  BOOST_TEST(o.live->octets() == 3 * of_one);
  BOOST_TEST(!second.expired());
  const auto inbox = *o.live->image(o.number("INBOX"));
  BOOST_TEST(second.expired() != third.expired());  // there is room for one of them
  BOOST_TEST((*o.live->image(one) == kept));
  for (const auto folder : {one, two, three}) o.compare(folder);
}

BOOST_AUTO_TEST_CASE(of_accounts_that_nobody_has_open_those_used_last_stay_as_far_as_they_fit) {
  ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  std::vector<mailbox::AccountNumber> numbers;
  for (const char* name : {"a@example.org", "b@example.org", "c@example.org"}) {
    TestMailbox box(world, name);
    for (int i = 0; i < 10; ++i) BOOST_REQUIRE(box.append("INBOX", "words"));
    numbers.push_back(box.number);
  }
  constexpr std::uint64_t of_one = 10 * sizeof(mailbox::Item);
  mailbox::LiveAccounts accounts(world.store(), {10, 2 * of_one});
  const auto look = [&](mailbox::AccountNumber number) -> std::weak_ptr<LiveAccount> {
    const auto account = *accounts.get(number);
    BOOST_REQUIRE(account->image(*(*account->folders())->find("INBOX")));
    return account;
  };
  const auto a = look(numbers[0]), b = look(numbers[1]);
  BOOST_TEST(!a.expired());
  const auto c = look(numbers[2]);
  static_cast<void>(accounts.get(numbers[2]));
  BOOST_TEST(a.expired());  // they are counted when the next one is asked for
  BOOST_TEST(!b.expired());
  BOOST_TEST(!c.expired());
}

BOOST_AUTO_TEST_SUITE_END()
