#include <ctime>

#include "corpus_files.hpp"
#include "mail/header/date.hpp"
#include "mail/header/fields.hpp"
#include "mail/header/identity.hpp"
#include "mail/header/received.hpp"
#include "mail/mime/structure.hpp"
#include "mail/report/delivery_status.hpp"
#include "mime_tiling.hpp"

using namespace understudy;
using namespace understudy::mail;

namespace {

/// Of the processor's time: a busy machine makes nothing slower.
double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

void read_every_field(const header::Header& header) {
  std::uint64_t last = 0;
  for (const header::Field& field : header.fields) {
    BOOST_REQUIRE(field.whole.begin >= last);
    BOOST_REQUIRE(field.whole.contains(field.name));
    BOOST_REQUIRE(field.whole.contains(field.value));
    last = field.whole.end;
    const auto value = header.value(field);
    header::parse_date(value);
    header::by_host(value);
    header::parse_message_ids(value);
    mime::parse_content_type(value);
    BOOST_REQUIRE(header::parse_address_list(value).entries.size() <= header::max_addresses + 1);
    BOOST_REQUIRE(header::unfold(value).find_first_of("\r\n") == std::string::npos);
  }
  BOOST_REQUIRE(last <= header.body);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(corpus)

BOOST_AUTO_TEST_CASE(the_whole_corpus_is_there) {
  const auto files = tests::corpus();
  const auto is_message = [](const tests::CorpusFile& file) { return file.name.ends_with(".eml"); };
  BOOST_TEST(std::ranges::count_if(files, is_message) == 598);
  BOOST_TEST(files.size() == 598u + 37u);
}

BOOST_AUTO_TEST_CASE(headers_of_the_corpus_are_scanned_within_bounds_and_time) {
  for (const auto& file : tests::corpus()) {
    BOOST_TEST_INFO_SCOPE(file.name);
    const auto start = std::clock();
    const auto header = header::scan(file.octets);
    BOOST_REQUIRE(header.body <= file.octets.size());
    read_every_field(header);
    const auto facts = header::scan_facts(file.octets, "mx.example.org");
    BOOST_REQUIRE(facts.body == header.body);
    BOOST_REQUIRE(facts.subject.find_first_of("\r\n\x1b") == std::string::npos);
    BOOST_TEST(seconds_since(start) < 2.0);
  }
}

BOOST_AUTO_TEST_CASE(every_octet_of_the_corpus_is_in_its_structure_once) {
  for (const auto& file : tests::corpus()) {
    BOOST_TEST_INFO_SCOPE(file.name);
    const auto start = std::clock();
    const auto structure = mime::parse_structure(file.octets);
    BOOST_TEST(seconds_since(start) < 2.0);
    tests::check_structure(structure, file.octets);
    BOOST_REQUIRE(structure.parts[0].header.end == header::scan(file.octets).body);
    for (const auto& part : structure.parts) report::parse_delivery_status(part.body.of(file.octets));
    BOOST_TEST(seconds_since(start) < 2.0);
  }
}

BOOST_AUTO_TEST_CASE(delivery_reports_of_the_corpus_name_recipient_and_status) {
  std::size_t reports = 0, recipients = 0, with_action = 0;
  for (const auto& file : tests::corpus()) {
    const auto structure = mime::parse_structure(file.octets);
    for (const auto& part : structure.parts) {
      if (part.type.type != "message" || !part.type.subtype.ends_with("delivery-status")) continue;
      ++reports;
      const auto status = report::parse_delivery_status(part.body.of(file.octets));
      for (const auto& recipient : status.recipients) {
        ++recipients;
        with_action += recipient.action.has_value();
      }
    }
  }
  BOOST_TEST(reports >= 30u);
  BOOST_TEST(recipients >= reports);
  BOOST_TEST(with_action + 5 >= recipients);
}

BOOST_AUTO_TEST_CASE(facts_of_known_files_of_the_corpus_are_right) {
  const auto files = tests::corpus();
  const auto octets = [&](std::string_view name) -> const std::string& {
    const auto found = std::ranges::find(files, name, &tests::CorpusFile::name);
    BOOST_REQUIRE(found != files.end());
    return found->octets;
  };
  BOOST_TEST(header::scan_facts(octets("headers/gena__received-120-hops.eml"), "x").received_count == 120u);
  BOOST_TEST(header::scan_facts(octets("headers/gena__mbox-from-line-first.eml"), "x").from_fields == 1u);
  BOOST_TEST(header::scan_facts(octets("line-endings/gena__all-cr.eml"), "x").from_fields == 1u);
  BOOST_TEST(header::scan_facts(octets("line-endings/gena__crcrlf.eml"), "x").from_fields == 1u);
  BOOST_TEST(header::scan_facts(octets("headers/gena__no-headers-blank-first.eml"), "x").from_fields == 0u);
  BOOST_TEST(header::addresses(header::scan(octets("headers/gena__to-3000-addresses.eml")), "To").entries.size() == 3000u);
  BOOST_TEST(mime::parse_structure(octets("mime/gena__parts-5000.eml")).parts.size() == 5001u);
  const auto nested = mime::parse_structure(octets("mime/gena__nest-400.eml"));
  BOOST_TEST(nested.unparsed.has_value());
  BOOST_TEST(nested.parts.back().depth <= 100u);
}

BOOST_AUTO_TEST_SUITE_END()
