/// Messages of 64 neighbouring UIDs in one record: what is written is read again, whatever the messages are; what is damaged is
/// never read as something else.
#include "archive/mailbox/message_chunk.hpp"

#include <map>
#include <random>

#include "archive/mailbox/view.hpp"
#include "archive/store/batch.hpp"
#include "tests/support/archive_mailbox.hpp"

using namespace understudy;
using namespace understudy::archive;
using mailbox::Flags;
using mailbox::Message;
using mailbox::MessageChunk;
using mailbox::Uid;

namespace {

/// One of any kind; numbers that are near to each other, and numbers that are at the ends of what there is.
Message any_message(std::mt19937_64& draw) {
  const auto number = [&](std::uint64_t usual) { return draw() % 8 == 0 ? draw() : usual + draw() % 1000; };
  const auto time = [&] {
    return base::WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(number(1'700'000'000'000))));
  };
  Message message;
  message.flags.system = static_cast<std::uint8_t>(draw() % 32);
  for (const std::string keyword : {"$Forwarded", "$Junk", "Later", "\xC3\xA9"})
    if (draw() % 6 == 0) message.flags.keywords.push_back(keyword);
  message.internal_date = message.stored = message.saved = time();
  if (draw() % 4 == 0) message.stored = time();
  if (draw() % 4 == 0) message.saved = time();
  message.body = {{number(17), number(90'000)}, number(40'000), static_cast<std::uint32_t>(number(131'072))};
  for (auto& octet : message.name) octet = static_cast<std::uint8_t>(draw());
  message.position = {static_cast<std::uint16_t>(draw() % 5 == 0 ? draw() : 0), number(700)};
  message.source = static_cast<mailbox::Source>(1 + draw() % 3);
  message.modseq = number(500);
  if (draw() % 9 == 0) message.original = "bob@example.org";
  return message;
}

MessageChunk any_chunk(std::mt19937_64& draw, MessageChunk::Number number) {
  MessageChunk chunk;
  const auto of_64 = 1 + draw() % 64;
  for (Uid place = 0; place < MessageChunk::uids; ++place)
    if (draw() % 64 < of_64) chunk.put(MessageChunk::first_uid(number) + place, any_message(draw));
  if (chunk.empty()) chunk.put(MessageChunk::last_uid(number), any_message(draw));
  return chunk;
}

bool same(std::span<const mailbox::ListedMessage> a, std::span<const mailbox::ListedMessage> b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x.uid == y.uid && x.message == y.message; });
}

std::string keyword_of(std::size_t octets, int number) {
  std::string word = "k" + std::to_string(number) + "-";
  return word + std::string(octets - word.size(), 'x');
}

}  // namespace

BOOST_AUTO_TEST_SUITE(message_chunk)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again_all_of_it_and_each_alone) {
  std::mt19937_64 draw(64);
  for (int round = 0; round < 300; ++round) {
    const auto number = static_cast<MessageChunk::Number>(draw() % 3 == 0 ? 67'108'863 : draw() % 2000);
    const auto chunk = any_chunk(draw, number);
    const auto record = chunk.encode();
    const auto read = MessageChunk::decode(number, record);
    BOOST_REQUIRE(read);
    BOOST_TEST(same(read->messages(), chunk.messages()));
    BOOST_TEST(read->encode() == record);
    for (std::uint64_t uid = MessageChunk::first_uid(number); uid <= MessageChunk::last_uid(number); ++uid) {
      const auto* expected = chunk.find(static_cast<Uid>(uid));
      const auto alone = mailbox::in_chunk(record, static_cast<Uid>(uid));
      BOOST_TEST(alone.has_value() == (expected != nullptr));
      if (alone && expected) BOOST_TEST((*alone == *expected));
      if (!alone) BOOST_TEST((alone.error().code == base::errc::not_found));
    }
  }
  BOOST_TEST((mailbox::in_chunk(std::nullopt, 4).error().code == base::errc::not_found));
}

BOOST_AUTO_TEST_CASE(each_beginning_of_a_record_is_damaged_and_so_is_one_with_more_behind_it) {
  std::mt19937_64 draw(65);
  const auto record = any_chunk(draw, 3).encode();
  for (std::size_t end = 0; end < record.size(); ++end)
    BOOST_TEST((MessageChunk::decode(3, record.substr(0, end)).error().code == base::errc::damaged), end);
  BOOST_TEST(!MessageChunk::decode(3, record + '\0'));
}

BOOST_AUTO_TEST_CASE(a_bit_that_is_turned_is_damage_or_another_message_and_never_reads_outside) {
  std::mt19937_64 draw(66);
  for (int round = 0; round < 20; ++round) {
    const auto record = any_chunk(draw, 3).encode();
    for (std::size_t at = 0; at < record.size(); ++at) {
      auto turned = record;
      turned[at] = static_cast<char>(turned[at] ^ (1 << draw() % 8));
      const auto read = MessageChunk::decode(3, turned);
      if (!read) continue;
      BOOST_TEST((read->messages().size() <= 64u && !read->empty()));
      BOOST_TEST(!same(read->messages(), MessageChunk::decode(3, record)->messages()) == (read->encode() != record), at);
    }
  }
}

BOOST_AUTO_TEST_CASE(places_that_do_not_grow_and_no_messages_at_all_are_damage) {
  const auto row = [](std::uint8_t place) {
    return base::Writer()
        .u8(place)
        .u8(0)
        .raw(std::string(6, '\0'))
        .raw(std::string(32, 'n'))
        .u8(1)
        .raw(std::string(2, '\0'))
        .take();
  };
  const auto record = [](std::initializer_list<std::string> rows) {
    base::Writer out(1);
    out.varint(0).varint(rows.size());
    for (const auto& each : rows) out.raw(each);
    return out.take();
  };
  BOOST_TEST(MessageChunk::decode(0, record({row(3), row(4)})).has_value());
  BOOST_TEST(!MessageChunk::decode(0, record({row(4), row(4)})));
  BOOST_TEST(!MessageChunk::decode(0, record({row(4), row(3)})));
  BOOST_TEST(!MessageChunk::decode(0, record({row(64)})));
  BOOST_TEST(!MessageChunk::decode(0, record({})));
  BOOST_TEST(!MessageChunk::decode(0, base::Writer(1).varint(0).varint(1ull << 60).take()));
  BOOST_TEST(!MessageChunk::decode(0, base::Writer(1).varint(1ull << 60).varint(1).take()));
}

BOOST_AUTO_TEST_CASE(what_is_put_and_erased_is_as_in_a_map) {
  std::mt19937_64 draw(67);
  MessageChunk chunk;
  std::map<Uid, Message> model;
  for (int step = 0; step < 3000; ++step) {
    const Uid uid = MessageChunk::first_uid(2) + static_cast<Uid>(draw() % 64);
    if (draw() % 2 == 0) {
      const auto message = any_message(draw);
      chunk.put(uid, message);
      model.insert_or_assign(uid, message);
    } else {
      BOOST_TEST(chunk.erase(uid) == (model.erase(uid) == 1));
    }
    BOOST_REQUIRE(chunk.messages().size() == model.size());
    BOOST_TEST(chunk.empty() == model.empty());
    for (const auto& [at, message] : chunk.messages()) BOOST_REQUIRE((model.at(at) == message));
  }
}

/// What is filed must always fit, whatever users noted on the messages beside it.
BOOST_AUTO_TEST_CASE(sixty_four_messages_with_all_the_keywords_that_are_allowed_fit_a_value_of_the_store) {
  MessageChunk chunk;
  for (Uid uid = 0; uid < 64; ++uid) {
    Message message;
    message.body = {{~std::uint64_t{0} * (uid % 2), ~std::uint64_t{0} * (uid % 2)}, ~std::uint64_t{0}, ~std::uint32_t{0}};
    message.modseq = uid % 2 ? 0 : 1ull << 63;
    message.stored = base::WallTime(std::chrono::milliseconds(uid % 2 ? 0 : std::numeric_limits<std::int64_t>::min()));
    message.position = {0xffff, uid % 2 ? 0 : 1ull << 63};
    message.original = std::string(320, 'a');
    chunk.put(uid, message);
  }
  BOOST_TEST(chunk.encode().size() + MessageChunk::most_keyword_octets < store::Batch::max_value);
}

BOOST_AUTO_TEST_CASE(keywords_are_kept_up_to_their_limit_and_mail_is_filed_beside_them) {
  test::ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  const std::string alice = "alice@example.org";
  test::TestMailbox box(world, alice);
  for (int i = 0; i < 20; ++i) BOOST_REQUIRE(box.append("INBOX", "Subject: " + std::to_string(i) + "\r\n\r\n"));
  const auto keywords = [&](Uid uid, int from, int count, std::size_t octets) {
    Flags flags;
    for (int i = from; i < from + count; ++i) flags.keywords.push_back(keyword_of(octets, i));
    std::ranges::sort(flags.keywords);
    return box.flags("INBOX", uid, flags);
  };
  BOOST_REQUIRE(keywords(1, 0, 96, 120));
  BOOST_REQUIRE(keywords(2, 96, 96, 120));
  BOOST_REQUIRE(keywords(3, 0, 96, 120));  // the same words once more take little
  const auto refused = keywords(4, 200, 96, 120);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == base::errc::too_long), refused.error().text());
  BOOST_TEST(world.messages(alice, "INBOX")[3].message.flags.keywords.empty());
  BOOST_REQUIRE(box.append("INBOX", "Subject: still\r\n\r\n"));
  BOOST_REQUIRE(world.accept(test::Letter("Subject: mail\r\n\r\n").to(alice).file(alice)));
  BOOST_TEST(world.messages(alice, "INBOX").size() == 22u);
  BOOST_REQUIRE(box.flags("INBOX", 1, {}));
  BOOST_REQUIRE(box.flags("INBOX", 3, {}));
  BOOST_TEST(keywords(4, 200, 90, 120).has_value());
}

/// Whoever may mark messages must not be able to keep mail away.
BOOST_AUTO_TEST_CASE(mail_is_filed_beside_keywords_that_take_all_their_room_to_the_last_octet) {
  test::ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  const std::string alice = "alice@example.org";
  test::TestMailbox box(world, alice);
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(box.append("INBOX", "Subject: " + std::to_string(i) + "\r\n\r\n"));
  const auto inbox = mailbox::find_folder(world.store(), box.number, "INBOX")->number;
  const auto taken = [&] {
    const auto record =
        world.store().get(mailbox::shard_of(box.number), store::Table::message_chunks, mailbox::keys::message_chunk(inbox, 0));
    return MessageChunk::decode(0, **record)->keyword_octets();
  };
  const auto mark = [&](Uid uid, int count, std::size_t last) {
    Flags flags;
    for (int i = 0; i < count; ++i)
      flags.keywords.push_back(keyword_of(i + 1 == count ? last : 200, static_cast<int>(uid) * 1000 + i));
    std::ranges::sort(flags.keywords);
    return box.flags("INBOX", uid, flags);
  };
  BOOST_REQUIRE(mark(1, 90, 200));
  int count = 1;
  while (mark(2, count + 1, 200)) ++count;
  std::size_t last = 200;
  BOOST_REQUIRE(mark(2, count, 200));
  const auto room = MessageChunk::most_keyword_octets - taken();
  last += room > 40 ? room - 40 : 0;
  while (mark(2, count, last + 1)) ++last;
  BOOST_TEST(taken() == MessageChunk::most_keyword_octets);
  BOOST_TEST(world.accept(test::Letter("Subject: mail\r\n\r\n").to(alice).file(alice)).has_value());
  BOOST_TEST(box.append("INBOX", "one more").has_value());
  BOOST_TEST(box.flags("INBOX", 3, {Flags::seen, {}}).has_value());
  BOOST_TEST(box.expunge("INBOX", 3).has_value());
  BOOST_TEST(box.copy("INBOX", 4, "INBOX").has_value());
  BOOST_TEST(world.messages(alice, "INBOX").size() == 5u);
}

BOOST_AUTO_TEST_CASE(mail_is_filed_behind_a_record_that_is_damaged_and_uids_end) {
  test::ArchiveWorld world;
  BOOST_REQUIRE(world.open());
  const std::string alice = "alice@example.org";
  test::TestMailbox box(world, alice);
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(box.append("INBOX", "Subject: " + std::to_string(i) + "\r\n\r\n"));
  const auto inbox = mailbox::find_folder(world.store(), box.number, "INBOX")->number;
  const auto put = [&](store::Table table, const std::string& key, const std::string& value) {
    store::Batch batch(mailbox::shard_of(box.number));
    batch.put(table, key, value);
    BOOST_REQUIRE(world.store().commit({&batch, 1}, store::Sync::now));
  };
  put(store::Table::message_chunks, mailbox::keys::message_chunk(inbox, 0), "\1 damaged");
  BOOST_TEST(world.accept(test::Letter("Subject: mail\r\n\r\n").to(alice).file(alice)).has_value());
  BOOST_TEST(mailbox::message(world.store(), box.number, inbox, 64).has_value());
  auto folder = box.folder("INBOX");
  folder.uid_next = std::numeric_limits<Uid>::max();
  put(store::Table::folders, mailbox::keys::folder(inbox), folder.encode());
  BOOST_REQUIRE(world.change([](auto&, auto& owners) -> base::Result<> {
    owners.mailbox.forget();
    return {};
  }));
  const auto refused = box.append("INBOX", "one too many");
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == base::errc::too_long));
}

BOOST_AUTO_TEST_SUITE_END()
