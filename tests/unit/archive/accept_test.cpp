/// The law "exactly one copy": what is recognised as sent again, and what never is.
#include "archive/journal/reader.hpp"
#include "tests/support/archive_world.hpp"

using namespace understudy;
using namespace understudy::archive;
using routing::EntryKind;
using test::ArchiveWorld;
using test::Letter;

namespace {

const std::string octets = "Message-ID: <one@world.example>\r\n\r\nhello\r\n";

struct Opened : ArchiveWorld {
  Opened() { BOOST_REQUIRE(open()); }
  std::size_t copies(const std::string& account = "bob@example.org", const std::string& folder = "INBOX") {
    return messages(account, folder).size();
  }
  std::uint64_t journaled() { return journal::read_numbers(store(), 0)->frontier.size(); }
};

Letter to_bob() {
  return Letter(octets).to("bob@example.org").file("bob@example.org");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(accept)

BOOST_AUTO_TEST_CASE(a_message_sent_again_is_told_where_it_lies_and_is_not_filed_again) {
  Opened world;
  const auto first = world.accept(to_bob());
  const auto again = world.accept(to_bob());
  BOOST_REQUIRE(first);
  BOOST_REQUIRE(again);
  BOOST_TEST(!first->resend);
  BOOST_TEST(again->resend);
  BOOST_TEST((again->position == first->position));
  BOOST_TEST(world.copies() == 1u);
  BOOST_TEST(world.journaled() == 1u);
}

BOOST_AUTO_TEST_CASE(a_received_field_or_a_message_id_is_needed_to_recognise_it) {
  struct Row {
    bool trace, message_id;
    std::size_t copies;
  };
  for (const auto& row : {Row{true, true, 1}, Row{true, false, 1}, Row{false, true, 1}, Row{false, false, 2}}) {
    Opened world;
    auto letter = to_bob();
    if (!row.trace) letter.without_trace();
    if (!row.message_id) letter.without_message_id();
    BOOST_REQUIRE(world.accept(letter));
    BOOST_REQUIRE(world.accept(letter));
    BOOST_TEST(world.copies() == row.copies);
  }
}

BOOST_AUTO_TEST_CASE(the_window_ends_on_its_last_second) {
  Opened world;
  BOOST_REQUIRE(world.accept(to_bob().window(std::chrono::seconds(100))));
  world.clock.advance(std::chrono::milliseconds(99'999));
  BOOST_REQUIRE(world.accept(to_bob().window(std::chrono::seconds(100))));
  BOOST_TEST(world.copies() == 1u);
  world.clock.advance(std::chrono::milliseconds(1));
  BOOST_REQUIRE(world.accept(to_bob().window(std::chrono::seconds(100))));
  BOOST_TEST(world.copies() == 2u);
  BOOST_REQUIRE(world.accept(to_bob().window(std::chrono::seconds(100))));  // the window begins anew with the second copy
  BOOST_TEST(world.copies() == 2u);
}

BOOST_AUTO_TEST_CASE(a_clock_that_goes_back_does_not_file_twice) {
  Opened world;
  BOOST_REQUIRE(world.accept(to_bob()));
  world.clock.set_wall(world.clock.now() - std::chrono::days(400));
  BOOST_REQUIRE(world.accept(to_bob()));
  BOOST_TEST(world.copies() == 1u);
}

BOOST_AUTO_TEST_CASE(a_window_of_nothing_recognises_nothing) {
  Opened world;
  for (int i = 0; i < 2; ++i) BOOST_REQUIRE(world.accept(to_bob().window(std::chrono::seconds(0))));
  BOOST_TEST(world.copies() == 2u);
}

BOOST_AUTO_TEST_CASE(what_the_user_did_with_the_copy_changes_nothing) {
  Opened world;
  BOOST_REQUIRE(world.accept(to_bob()));
  const auto bob = world.number_of("bob@example.org");
  BOOST_REQUIRE(world.change([&](auto& stage, auto& owners) { return owners.mailbox.expunge(stage, bob, "INBOX", 1); }));
  BOOST_REQUIRE(world.accept(to_bob()));
  BOOST_TEST(world.copies() == 0u);
}

BOOST_AUTO_TEST_CASE(one_message_in_two_transactions_gives_two_inbox_copies_and_one_sent) {
  Opened world;
  const auto to = [](const std::string& who) {
    return Letter(octets).from("alice@example.org").to(who).file(who).sent("alice@example.org");
  };
  const auto first = world.accept(to("bob@example.org"));
  const auto second = world.accept(to("carol@example.org"));
  BOOST_REQUIRE((first && second));
  BOOST_TEST(!second->resend);
  BOOST_TEST((second->position != first->position));
  BOOST_TEST(world.copies("bob@example.org") == 1u);
  BOOST_TEST(world.copies("carol@example.org") == 1u);
  const auto sent = world.messages("alice@example.org", "\\Sent");
  BOOST_REQUIRE(sent.size() == 1u);
  BOOST_TEST(int(sent[0].message.flags.system) == int(mailbox::Flags::seen));
}

BOOST_AUTO_TEST_CASE(a_resend_with_a_new_recipient_files_for_that_one_only) {
  Opened world;
  BOOST_REQUIRE(world.accept(to_bob()));
  const auto wider = world.accept(to_bob().to("carol@example.org").file("carol@example.org"));
  BOOST_REQUIRE(wider);
  BOOST_TEST(!wider->resend);
  BOOST_TEST(world.copies("bob@example.org") == 1u);
  BOOST_TEST(world.copies("carol@example.org") == 1u);
  const auto entry = journal::read(world.store(), wider->position);
  BOOST_REQUIRE(entry);
  BOOST_TEST(entry->envelope.recipients.size() == 2u);  // the envelope as it came, the plan as it was carried out
  BOOST_TEST(entry->plan.recipients[0].files.empty());
  BOOST_TEST(entry->plan.recipients[1].files.size() == 1u);
  BOOST_TEST((std::ranges::find(entry->plan.marks, "resend") != entry->plan.marks.end()));
}

BOOST_AUTO_TEST_CASE(another_reverse_path_is_another_message) {
  Opened world;
  BOOST_REQUIRE(world.accept(to_bob()));
  BOOST_REQUIRE(world.accept(to_bob().from("other@world.example")));
  BOOST_REQUIRE(world.accept(to_bob().from_nobody()));
  BOOST_REQUIRE(world.accept(to_bob().from("Sender@world.example")));  // local parts may differ by case
  BOOST_TEST(world.copies() == 4u);
  BOOST_REQUIRE(world.accept(to_bob().from("sender@WORLD.example")));  // domains do not
  BOOST_TEST(world.copies() == 4u);
}

BOOST_AUTO_TEST_CASE(the_same_message_id_over_other_octets_is_another_message) {
  Opened world;
  BOOST_REQUIRE(world.accept(to_bob()));
  BOOST_REQUIRE(world.accept(Letter(octets + "more\r\n").to("bob@example.org").file("bob@example.org")));
  BOOST_TEST(world.copies() == 2u);
}

BOOST_AUTO_TEST_CASE(mail_made_here_or_imported_is_never_taken_for_a_resend) {
  for (auto via : {routing::Via::here, routing::Via::import}) {
    Opened world;
    for (int i = 0; i < 2; ++i) BOOST_REQUIRE(world.accept(to_bob().via(via)));
    BOOST_TEST(world.copies() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(submission_is_recognised_too) {
  Opened world;
  for (int i = 0; i < 2; ++i) BOOST_REQUIRE(world.accept(to_bob().via(routing::Via::submission).without_trace()));
  BOOST_TEST(world.copies() == 1u);
}

BOOST_AUTO_TEST_CASE(mail_relayed_or_copied_is_enqueued_once_for_each_recipient) {
  Opened world;
  const auto letter = Letter(octets)
                          .to("x@far.example")
                          .enqueue(EntryKind::relay, "mx:far.example")
                          .to("bob@example.org")
                          .enqueue(EntryKind::copy, "route:*");
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(world.accept(letter));
  BOOST_TEST(world.entries().size() == 2u);
  BOOST_REQUIRE(world.accept(Letter(octets).to("X@far.example").enqueue(EntryKind::relay, "mx:far.example")));
  BOOST_TEST(world.entries().size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_resend_gives_the_sender_no_second_report) {
  Opened world;
  const auto letter = Letter(octets).to("nobody@example.org").returned({550, "5.1.1", "no such user"});
  for (int i = 0; i < 2; ++i) BOOST_REQUIRE(world.accept(letter));
  BOOST_TEST(world.entries().size() == 1u);
}

BOOST_AUTO_TEST_CASE(members_of_one_group_recognise_each_other) {
  Opened world;
  std::vector<Accepted> answers;
  for (int i = 0; i < 3; ++i)
    world.archive().accept(to_bob().arrive(world.store()), [&](base::Result<Accepted> accepted) {
      BOOST_REQUIRE(accepted);
      answers.push_back(*accepted);
    });
  BOOST_TEST(world.archive().pump());
  BOOST_TEST(world.archive().totals().groups == 1u);
  BOOST_REQUIRE(answers.size() == 3u);
  BOOST_TEST((!answers[0].resend && answers[1].resend && answers[2].resend));
  BOOST_TEST((answers[2].position == answers[0].position));
  BOOST_TEST(world.copies() == 1u);
}

BOOST_AUTO_TEST_CASE(two_addressees_kept_by_one_account_are_two_places_in_any_number_of_transactions) {
  Opened world;  // create_limit: their mail goes to one keeper
  const auto kept_for = [](Letter letter, const std::string& who) {
    return letter.to(who).file("undelivered@example.org", "INBOX", who);
  };
  BOOST_REQUIRE(world.accept(kept_for(kept_for(Letter(octets), "x@example.org"), "y@example.org")));
  BOOST_TEST(world.copies("undelivered@example.org") == 2u);
  BOOST_REQUIRE(world.accept(kept_for(Letter(octets), "z@example.org")));
  BOOST_TEST(world.copies("undelivered@example.org") == 3u);
  BOOST_REQUIRE(world.accept(kept_for(Letter(octets), "x@example.org")));
  BOOST_TEST(world.copies("undelivered@example.org") == 3u);
}

BOOST_AUTO_TEST_CASE(after_a_failed_sync_a_resend_is_not_told_that_it_is_safe) {
  Opened world;
  BOOST_REQUIRE(world.accept(Letter("first").to("bob@example.org").file("bob@example.org")));
  world.faults().fail_sync_at(world.faults().syncs() + 1);
  BOOST_TEST(!world.accept(to_bob()));
  BOOST_TEST(!world.accept(to_bob()));  // its place is filled as far as memory goes, and no further
  world.cut(ArchiveWorld::Kept::none);
  BOOST_REQUIRE(world.open());
  BOOST_TEST(world.copies() == 1u);
  const auto again = world.accept(to_bob());
  BOOST_REQUIRE(again);
  BOOST_TEST(!again->resend);
  BOOST_TEST(world.copies() == 2u);
}

BOOST_AUTO_TEST_CASE(a_dropped_resend_leaves_no_octets_behind) {
  Opened world;
  BOOST_REQUIRE(world.accept(to_bob()));
  const Letter large(std::string(1000, 'x'));  // chunks of 64 octets: written before the commit
  auto letter = large;
  letter.to("bob@example.org").file("bob@example.org");
  BOOST_REQUIRE(world.accept(letter));
  for (int i = 0; i < 5; ++i) BOOST_TEST(world.accept(letter)->resend);
  BOOST_TEST(*world.store().bodies().sweep() == 0u);
  world.close();
  BOOST_TEST(world.disk.durable().bodies() == 2u);
  BOOST_TEST(world.disk.durable().unheld().empty());
}

BOOST_AUTO_TEST_CASE(the_octets_are_those_that_were_handed_in) {
  Opened world;
  const std::string odd = std::string("Message-ID: <o@x>\r\n\r\na\0b\rc\nd\r\n", 31) + std::string(500, '\xff');
  BOOST_REQUIRE(world.accept(Letter(odd).to("bob@example.org").file("bob@example.org")));
  const auto listed = world.messages("bob@example.org");
  BOOST_REQUIRE(listed.size() == 1u);
  BOOST_TEST((world.octets_of(listed[0].message.body) == Letter(odd).handed()));
}

BOOST_AUTO_TEST_CASE(the_name_is_of_what_was_received_from_a_copy_client_and_of_what_is_handed_on_otherwise) {
  Opened world;
  BOOST_REQUIRE(world.accept(to_bob()));
  BOOST_REQUIRE(world.accept(Letter("second").to("bob@example.org").file("bob@example.org").by_copy_client()));
  const auto listed = world.messages("bob@example.org");
  BOOST_REQUIRE(listed.size() == 2u);
  BOOST_TEST((listed[0].message.name == base::sha256(to_bob().handed())));
  BOOST_TEST((listed[1].message.name == base::sha256("second")));
}

BOOST_AUTO_TEST_CASE(sent_is_the_folder_of_that_special_use_whatever_its_owner_calls_it) {  // RFC 6154
  Opened world;
  const auto letter = [](const std::string& text) {
    return Letter(text).from("alice@example.org").to("x@far.example").sent("alice@example.org");
  };
  BOOST_REQUIRE(world.accept(letter("one")));
  const auto alice = world.number_of("alice@example.org");
  BOOST_REQUIRE(
      world.change([&](auto& stage, auto& owners) { return owners.mailbox.rename_folder(stage, alice, "Sent", "Gesendet"); }));
  BOOST_REQUIRE(world.accept(letter("two")));
  BOOST_TEST(world.messages("alice@example.org", "Gesendet").size() == 2u);
  BOOST_TEST(!mailbox::find_folder(world.store(), alice, "Sent"));
}

BOOST_AUTO_TEST_CASE(a_plan_that_does_not_fit_its_envelope_is_refused) {
  Opened world;
  auto arrival = to_bob().arrive(world.store());
  arrival.plan.recipients.clear();
  bool refused = false;
  world.archive().accept(std::move(arrival), [&](base::Result<Accepted> accepted) { refused = !accepted; });
  world.pump();
  BOOST_TEST(refused);
  BOOST_TEST(world.journaled() == 0u);
}

BOOST_AUTO_TEST_CASE(a_message_made_here_is_known_by_its_unique) {
  Opened world;
  BOOST_REQUIRE(world.accept(Letter("bounce").from_nobody().to("bob@example.org").file("bob@example.org").made("u1")));
  BOOST_TEST((*journal::read_made(world.store(), 0, "u1") == base::sha256("bounce")));
  BOOST_TEST(!*journal::read_made(world.store(), 0, "u2"));
}

BOOST_AUTO_TEST_SUITE_END()
