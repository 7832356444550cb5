/// Headings: what they hold of a message, and that what is found in many of them at once is what contains() finds in each.
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "base/bytes.hpp"
#include "corpus_files.hpp"
#include "mail/imap/envelope_view.hpp"
#include "mail/imap/headings.hpp"
#include "mail/imap/summary.hpp"
#include "mail/mime/fold.hpp"

using namespace understudy;
using namespace understudy::mail::imap;

namespace {

using Field = HeadingView::Field;

struct Message {
  std::string record;
  std::shared_ptr<const std::string> kept;  ///< what the heading is a view of
  HeadingView heading;
};

Message message(std::string_view octets) {
  Message made;
  made.record = encode(summarise(octets));
  made.kept = std::make_shared<const std::string>(heading_of(*SummaryView::open(made.record)));
  const auto heading = HeadingView::decode(*made.kept);
  BOOST_REQUIRE(heading);
  made.heading = *heading;
  BOOST_TEST(heading->encode() == *made.kept);
  return made;
}

std::string key(const HeadingView& heading, SortField field) {
  return std::string(heading.keys[HeadingView::key_of(field)]);
}

std::vector<ThreadId> ids_of(const HeadingView& heading) {
  std::vector<ThreadId> ids;
  for (base::Reader in(heading.references); !in.at_end();) ids.push_back(in.u64());
  return ids;
}

/// As a search without headings goes about it; nullopt: the octets must be asked.
std::optional<bool> holds(const std::string& record, Field field, const FoldedText& text) {
  const auto view = SummaryView::open(record);
  const auto kept = view->kept();
  const char* name = HeadingView::names[static_cast<std::size_t>(field)];
  if (!kept || !kept->knows(name)) return std::nullopt;
  if (kept->any_value(name, [&](auto value) { return contains(value, text); })) return true;
  if (field == Field::subject) return false;
  EnvelopeView envelope(view->envelope().value_or(empty_envelope));
  const auto listed = field == Field::from ? EnvelopeField::from : field == Field::to ? EnvelopeField::to : EnvelopeField::cc;
  auto addresses = envelope.addresses(listed);
  while (const auto each = addresses.next())
    if (!each->is_group_start() && !each->is_group_end() && contains(each->address(), text)) return true;
  return false;
}

std::string with(std::string_view header) {
  return std::string(header) + "\r\ntext\r\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_headings)

BOOST_AUTO_TEST_CASE(a_heading_has_what_sort_and_thread_compare) {
  const auto made =
      message(with("Date: Fri, 21 Nov 1997 23:55:06 -0600\r\n"
                   "Subject: Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from\r\n here\r\n"
                   "From: \"J. Doe\" <John@x.example>\r\nTo: Group: b@y.example, c@z.example;\r\n"
                   "Message-ID: <one@x>\r\nReferences: <a@x> <b@x>\r\n"));
  const auto& heading = made.heading;
  BOOST_TEST(heading.sent->time_since_epoch().count() == 880178106);
  BOOST_TEST((*heading.sent_on == std::chrono::sys_days(std::chrono::year(1997) / 11 / 21)));
  BOOST_TEST(heading.is_reply_or_forward);
  BOOST_TEST(key(heading, SortField::subject) == mail::mime::fold("Gr\u00fc\u00dfe from here"));
  BOOST_TEST(key(heading, SortField::from) == "JOHN");
  BOOST_TEST(key(heading, SortField::display_from) == "J. DOE");
  BOOST_TEST(key(heading, SortField::to) == "GROUP");
  BOOST_TEST(key(heading, SortField::cc) == "");
  BOOST_TEST(heading.message_id == thread_id("one@x"));
  BOOST_TEST(ids_of(heading) == (std::vector<ThreadId>{thread_id("a@x"), thread_id("b@x")}));
  BOOST_TEST(heading.base_subject == thread_id(key(heading, SortField::subject)));
}

BOOST_AUTO_TEST_CASE(an_address_is_found_as_the_envelope_has_it_too) {
  const auto made = message(with("From: <John (of here) @ (or there) x.example>, plain@y.example\r\nSubject: a@b\r\n"));
  Headings headings;
  headings.add(1, made.heading);
  for (const char* text : {"john@x.example", "John (of here)", "plain@y.example"})
    BOOST_TEST(headings.find(Field::from, FoldedText(text)) == std::vector<bool>{true}, text);
  BOOST_TEST(headings.find(Field::from, FoldedText("x.exampleplain")) == std::vector<bool>{false});
  const std::string_view from = *made.heading.searched[static_cast<std::size_t>(Field::from)];
  BOOST_TEST(std::ranges::count(from, HeadingView::mark) == 2);  // what the field has already is not there twice
}

BOOST_AUTO_TEST_CASE(without_references_the_first_id_of_in_reply_to_counts) {
  const auto made = message(with("In-Reply-To: <a@x> <b@x>\r\n"));
  const auto& heading = made.heading;
  BOOST_TEST(ids_of(heading) == std::vector<ThreadId>{thread_id("a@x")});
  BOOST_TEST(heading.message_id == 0u);
  BOOST_TEST(!heading.sent);
  BOOST_TEST(!heading.sent_on);
}

BOOST_AUTO_TEST_CASE(what_is_too_long_is_not_known_or_cut_and_the_last_references_count) {
  std::string references;
  for (int i = 0; i < 120; ++i) references += " <" + std::to_string(i) + ">";
  std::string many;
  for (int i = 0; i < 9; ++i) many += "To: " + std::string(1000, 'a') + "\r\n";
  const auto made = message(with("Subject: " + std::string(1001, 's') + "\r\nReferences:" + references + "\r\n" + many));
  const auto& heading = made.heading;
  BOOST_TEST(key(heading, SortField::subject) == std::string(1000, 'S'));
  BOOST_REQUIRE_EQUAL(ids_of(heading).size(), HeadingView::most_references);
  BOOST_TEST(ids_of(heading).front() == thread_id("20"));
  BOOST_TEST(ids_of(heading).back() == thread_id("119"));
  BOOST_TEST(!heading.searched[static_cast<int>(Field::to)]);
  BOOST_TEST(heading.searched[static_cast<int>(Field::subject)]->size() == 1002u);
}

BOOST_AUTO_TEST_CASE(a_record_that_was_cut_or_is_of_another_version_is_none) {
  const auto made =
      message(with("Subject: s\r\nFrom: a@x\r\nReferences: <a> <b>\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\n"));
  for (std::size_t size = 0; size < made.kept->size(); ++size)
    BOOST_TEST(!HeadingView::decode(std::string_view(*made.kept).substr(0, size)), size);
  auto other = *made.kept;
  other.front() = 2;
  BOOST_TEST((HeadingView::decode(other).error().code == base::errc::unsupported));
  HeadingView odd = made.heading;
  odd.references = "seven o";
  BOOST_TEST(!HeadingView::decode(odd.encode()));
  const std::string long_key(HeadingView::most_key + 1, 'x');
  odd = made.heading;
  odd.keys[0] = long_key;
  BOOST_TEST(!HeadingView::decode(odd.encode()));
}

BOOST_AUTO_TEST_CASE(rows_are_found_by_their_numbers_alone) {
  Headings headings;
  const auto seven = message(with("Subject: seven\r\n")), twelve = message(with("Subject: twelve\r\nCc: a@x\r\n"));
  headings.add(7, seven.heading);
  headings.add(9, std::nullopt);
  headings.add(12, twelve.heading);
  headings.shrink();
  BOOST_TEST(headings.row(7).value() == 0u);
  BOOST_TEST(headings.row(12).value() == 2u);
  for (const std::uint32_t number : {0U, 6U, 8U, 10U, 13U}) BOOST_TEST(!headings.row(number));
  BOOST_TEST(headings.is_known(0));
  BOOST_TEST(!headings.is_known(1));
  BOOST_TEST(!headings.is_known(1, Field::subject));
  BOOST_TEST(headings.key(1, SortField::subject) == "");
  BOOST_TEST(headings.key(2, SortField::subject) == "TWELVE");
  BOOST_TEST(headings.key(2, SortField::cc) == "A");
  BOOST_TEST(headings.octets() > 3u * 64);
}

BOOST_AUTO_TEST_CASE(a_text_is_never_found_across_two_values) {
  Headings headings;
  const auto two = message(with("To: ab\r\nTo: cd\r\n")), one = message(with("To: ef\r\n"));
  headings.add(1, two.heading);
  headings.add(2, one.heading);
  BOOST_TEST(headings.find(Field::to, FoldedText("ab")) == (std::vector<bool>{true, false}));
  BOOST_TEST(headings.find(Field::to, FoldedText("cd")) == (std::vector<bool>{true, false}));
  BOOST_TEST(headings.find(Field::to, FoldedText("ef")) == (std::vector<bool>{false, true}));
  for (const char* text : {"abcd", "bc", "cdef", "de"})
    BOOST_TEST(headings.find(Field::to, FoldedText(text)) == (std::vector<bool>{false, false}), text);
}

BOOST_AUTO_TEST_CASE(what_is_written_together_is_read_again_and_a_cut_or_longer_record_is_none) {
  std::mt19937 random(45);
  const auto files = tests::corpus();
  for (int round = 0; round < 60; ++round) {
    std::vector<Message> messages;
    Headings headings;
    std::uint32_t number = 0;
    for (std::size_t i = 1 + random() % 20; i > 0; --i) {
      number += 1 + static_cast<std::uint32_t>(random() % 5);
      if (random() % 9 == 0) {
        headings.add(number, std::nullopt);
        continue;
      }
      messages.push_back(message(files[random() % files.size()].octets));
      headings.add(number, messages.back().heading);
    }
    const auto record = headings.encode();
    const auto read = Headings::decode(record);
    BOOST_REQUIRE(read);
    BOOST_REQUIRE_EQUAL(read->size(), headings.size());
    BOOST_TEST(read->encode() == record);
    for (std::uint32_t each = 0; each <= number + 1; ++each) BOOST_TEST((read->row(each) == headings.row(each)));
    for (std::size_t row = 0; row < headings.size(); ++row) {
      BOOST_TEST(read->is_known(row) == headings.is_known(row));
      BOOST_TEST((read->sent(row) == headings.sent(row) && read->sent_on(row) == headings.sent_on(row)));
      BOOST_TEST(read->is_reply_or_forward(row) == headings.is_reply_or_forward(row));
      BOOST_TEST(read->base_subject(row) == headings.base_subject(row));
      BOOST_TEST(read->message_id(row) == headings.message_id(row));
      BOOST_TEST(std::ranges::equal(read->references(row), headings.references(row)));
      for (const auto field : {Field::subject, Field::from, Field::to, Field::cc})
        BOOST_TEST(read->is_known(row, field) == headings.is_known(row, field));
      for (const auto sorted :
           {SortField::subject, SortField::from, SortField::to, SortField::cc, SortField::display_from, SortField::display_to})
        BOOST_TEST(read->key(row, sorted) == headings.key(row, sorted));
    }
    for (const char* text : {"a", "re", "@", "example"})
      for (const auto field : {Field::subject, Field::from, Field::to, Field::cc})
        BOOST_TEST(read->find(field, FoldedText(text)) == headings.find(field, FoldedText(text)));
    for (std::size_t i = 0; i < 50; ++i)
      BOOST_TEST(!Headings::decode(std::string_view(record).substr(0, random() % record.size())));
    BOOST_TEST(!Headings::decode(record + '\0'));
  }
  BOOST_TEST((Headings::decode("\2").error().code == base::errc::unsupported));
  BOOST_TEST(Headings::decode(Headings().encode())->size() == 0u);
}

/// Whatever a record says, nothing is read outside of it: run with a sanitizer.
BOOST_AUTO_TEST_CASE(a_bit_that_is_turned_in_what_is_written_together_never_reads_outside) {
  std::mt19937 random(46);
  Headings headings;
  std::vector<Message> messages;
  const auto files = tests::corpus();
  for (std::uint32_t number = 1; number < 9; ++number) {
    messages.push_back(message(files[random() % files.size()].octets));
    headings.add(number, messages.back().heading);
  }
  const auto record = headings.encode();
  for (std::size_t at = 0; at < record.size(); ++at) {
    auto turned = record;
    turned[at] = static_cast<char>(turned[at] ^ (1 << random() % 8));
    const auto read = Headings::decode(turned);
    if (!read) continue;
    BOOST_TEST(read->size() == headings.size());
    for (std::size_t row = 0; row < read->size(); ++row) {
      BOOST_TEST(read->references(row).size() <= record.size());
      BOOST_TEST(read->key(row, SortField::display_to).size() <= record.size());
    }
    for (const auto field : {Field::subject, Field::to}) BOOST_TEST(read->find(field, FoldedText("e")).size() == read->size());
  }
}

/// Needles are cut from what stands in the messages, so that many are found, and at the edges.
BOOST_AUTO_TEST_CASE(what_is_found_in_all_is_what_is_found_in_each_of_the_corpus) {
  std::vector<Message> messages;
  for (const auto& file : tests::corpus()) messages.push_back(message(file.octets));
  Headings headings;
  for (std::size_t i = 0; i < messages.size(); ++i) headings.add(static_cast<std::uint32_t>(2 * i + 1), messages[i].heading);
  headings.shrink();
  std::mt19937 random(44);
  std::size_t found = 0;
  for (int round = 0; round < 400; ++round) {
    const auto field = static_cast<Field>(random() % 4);
    const char* name = HeadingView::names[static_cast<std::size_t>(field)];
    const auto kept = SummaryView::open(messages[random() % messages.size()].record)->kept();
    const auto value = kept ? kept->first_value(name) : std::nullopt;
    if (!value || value->empty()) continue;
    const FoldedText text(value->substr(random() % value->size(), 1 + random() % 12));
    if (text.empty() || text.octets().find(HeadingView::mark) != std::string_view::npos) continue;
    const auto hits = headings.find(field, text);
    BOOST_REQUIRE_EQUAL(hits.size(), messages.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (!headings.is_known(i, field)) continue;
      const auto wanted = holds(messages[i].record, field, text);
      BOOST_REQUIRE(wanted.has_value());
      BOOST_TEST(hits[i] == *wanted, name << " of row " << i << ", looking for " << text.octets());
      found += hits[i] ? 1 : 0;
    }
  }
  BOOST_TEST(found > 500u);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto& heading = messages[i].heading;
    for (const auto sorted :
         {SortField::subject, SortField::from, SortField::to, SortField::cc, SortField::display_from, SortField::display_to})
      BOOST_REQUIRE(headings.key(i, sorted) == key(heading, sorted));
    BOOST_REQUIRE(std::ranges::equal(headings.references(i), ids_of(heading)));
    BOOST_REQUIRE((headings.sent(i) == heading.sent && headings.sent_on(i) == heading.sent_on));
  }
}

BOOST_AUTO_TEST_SUITE_END()
