#include <ctime>
#include <random>

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "corpus_files.hpp"
#include "mail/imap/envelope_view.hpp"
#include "mail/imap/preview.hpp"
#include "mail/imap/summary_record.hpp"
#include "mime_tiling.hpp"

using namespace understudy;
using namespace understudy::mail;
using namespace understudy::mail::imap;

namespace {

Summary in_pieces(std::string_view message, std::size_t size, const SummaryLimits& limits = {}) {
  SummaryMaker maker(limits);
  for (; message.size() > size; message.remove_prefix(size)) maker.feed(std::string(message.substr(0, size)));
  maker.feed(message);
  return maker.finish();
}

/// Of the processor's time: a busy machine makes nothing slower.
double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

std::optional<std::string> fields(const Summary& summary, std::vector<std::string_view> names,
                                  FieldChoice choice = FieldChoice::named) {
  return header_fields(summary, names, choice);
}

std::string preview(const std::string& message) {
  return summarise(message).preview;
}

const std::string rich =
    "Received: x\r\nFrom: A <a@x>\r\nTo: b@y,\r\n c@y\r\nSubject: s\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\nX-Odd: 1\r\n"
    "received: y\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\nContent-Type: "
    "application/pdf\r\n\r\npdf\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ninner text\r\n--b\r\nContent-Type: text/plain; "
    "charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\nd=C3=A9j=C3=A0\r\n vu\r\n--b--\r\nend";

}  // namespace

BOOST_AUTO_TEST_SUITE(imap_summary)

BOOST_AUTO_TEST_CASE(a_summary_says_what_stands_in_the_message) {
  const Summary summary = summarise(rich);
  BOOST_TEST(summary.facts.size == rich.size());
  BOOST_TEST(summary.facts.header_size == rich.find("preamble"));
  BOOST_TEST(summary.facts.lines == static_cast<std::size_t>(std::ranges::count(rich, '\n')));
  BOOST_TEST((summary.facts.sent == 880127706));
  BOOST_TEST(summary.facts.has_attachment);
  BOOST_TEST(summary.preview == "d\u00e9j\u00e0 vu");
  BOOST_TEST(EnvelopeView(summary.envelope).text(EnvelopeField::subject).str() == "s");
  BOOST_TEST(summary.parts.size() == 5u);
  BOOST_TEST(summary.kept.others == "\nreceived\nx-odd\n");
  BOOST_TEST(summary.kept.complete);
}

BOOST_AUTO_TEST_CASE(a_summary_does_not_depend_on_the_pieces) {
  const Summary whole = summarise(rich);
  for (std::size_t cut = 1; cut < rich.size(); ++cut) {
    SummaryMaker maker;
    maker.feed(rich.substr(0, cut));
    maker.feed(rich.substr(cut));
    BOOST_REQUIRE((maker.finish() == whole));
  }
  for (const std::string text :
       {"", "\r", "\n", "a: b\rc: d\r\rbody", "--b", "no header", "Content-Type: multipart/x; boundary=b\n\n--b\nhello",
        "Content-Type: multipart/x; boundary=b\n\n--b\nX: y\njunk\nmore", "Content-Type: multipart/x; boundary=b\n\n--b"})
    BOOST_TEST((in_pieces(text, 1) == summarise(text)), text);
}

BOOST_AUTO_TEST_CASE(summaries_of_the_corpus_hold_together) {
  std::size_t whole = 0;
  for (const auto& file : tests::corpus()) {
    BOOST_TEST_INFO_SCOPE(file.name);
    const auto start = std::clock();
    const Summary summary = summarise(file.octets);
    for (const std::size_t size : {std::size_t(7), std::size_t(1000)})
      if (file.octets.size() < 300'000) BOOST_REQUIRE((in_pieces(file.octets, size) == summary));
    const std::string record = encode(summary);
    BOOST_REQUIRE(record.size() <= longest_record);
    const auto view = SummaryView::open(record);
    BOOST_REQUIRE(view.has_value());
    if (view->is_whole()) BOOST_REQUIRE((*view->decode() == summary));
    whole += view->is_whole();
    BOOST_REQUIRE(EnvelopeView(summary.envelope).is_whole());
    BOOST_REQUIRE(!body_of(summary.body_structure).empty());
    BOOST_REQUIRE(base::is_utf8(summary.preview));
    BOOST_REQUIRE(summary.facts.size == file.octets.size());
    BOOST_REQUIRE((summary.parts == part_ranges(mime::parse_structure(file.octets))));
    const auto top = file.octets.substr(0, summary.facts.header_size);
    for (const std::vector<std::string_view>& names :
         {std::vector<std::string_view>{"From", "to", "X-None"}, {"Subject", "References"}})
      if (const auto kept = fields(summary, names))
        BOOST_REQUIRE(*kept == filter_header(top, summary.facts.line_ends, names, FieldChoice::named));
    BOOST_TEST(seconds_since(start) < 2.0);
  }
  BOOST_TEST(whole >= 595u);
}

BOOST_AUTO_TEST_CASE(fields_come_from_the_summary_wherever_it_knows_them) {
  const Summary summary = summarise(rich);
  BOOST_TEST((fields(summary, {"FROM", "to"}) == "From: A <a@x>\r\nTo: b@y,\r\n c@y\r\n\r\n"));
  BOOST_TEST((fields(summary, {"Bcc", "X-Absent"}) == "\r\n"));
  BOOST_TEST(!fields(summary, {"From", "Received"}));
  BOOST_TEST(!fields(summary, {"From"}, FieldChoice::all_but_named));
  const auto rest = fields(summary, {"Received", "x-odd", "From", "To", "Date", "Content-Type"}, FieldChoice::all_but_named);
  BOOST_TEST((rest == "Subject: s\r\n\r\n"));
  const KeptFieldsView view(summary.kept);
  BOOST_TEST((view.first_value("to") == " b@y,\r\n c@y"));
  BOOST_TEST(!view.first_value("cc"));
  BOOST_TEST((view.knows("cc") && !view.knows("received")));
}

BOOST_AUTO_TEST_CASE(a_field_that_is_too_long_is_not_taken_for_absent) {
  const KeptLimits limits{.field = 20, .fields = 30, .names = 12};
  const auto kept = [&](const std::string& text) { return keep_fields(header::scan(text), limits); };
  const auto knows = [](const KeptFields& k, std::string_view name) { return KeptFieldsView(k).knows(name); };
  const KeptFields exact = kept("To: 456789012345678\n\n");
  BOOST_TEST(knows(exact, "to"));
  const KeptFields longer = kept("To: 4567890123456789\nTo: x\n\n");
  BOOST_TEST((!knows(longer, "to") && knows(longer, "from") && longer.complete));
  const KeptFields full = kept("To: 4567890123\nFrom: 7890123\nCc: 5\n\n");
  BOOST_TEST((knows(full, "to") && knows(full, "from") && !knows(full, "cc")));
  const KeptFields names = kept("X-Abcdef: 1\nX-Abcdef: 2\nX-Uvwxyz: 3\n\n");
  BOOST_TEST((!names.complete && !knows(names, "x-none") && knows(names, "to") && !knows(names, "x-uvwxyz")));
  KeptFields old = names;
  old.set = kept_set - 1;
  BOOST_TEST(!knows(old, "to"));
}

BOOST_AUTO_TEST_CASE(a_header_beyond_the_limit_is_known_not_to_be_known) {
  const std::string text = "From: a@x\n" + std::string(100, 'X') + ": 1\nSubject: s\n\nbody";
  const Summary cut = summarise(text, {.head = 40});
  BOOST_TEST(!fields(cut, {"From"}));
  BOOST_TEST(cut.facts.envelope_cut);
  BOOST_TEST(cut.facts.header_size == text.find("body"));
  for (const std::size_t size : {1u, 7u, 39u, 40u, 41u}) BOOST_TEST((in_pieces(text, size, {.head = 40}) == cut));
  BOOST_TEST((fields(summarise(text, {.head = text.size() - 4}), {"From"}) == "From: a@x\n\r\n"));
}

BOOST_AUTO_TEST_CASE(a_field_that_the_limit_cut_in_two_is_not_told) {
  const std::string text = "From: a@x\nSubject: longer than the limit\n\nbody";
  const Summary cut = summarise(text, {.head = 25});
  BOOST_TEST(EnvelopeView(cut.envelope).text(EnvelopeField::subject).nil);
  BOOST_TEST((KeptFieldsView(cut.kept).first_value("From") == " a@x"));
  BOOST_TEST(!KeptFieldsView(cut.kept).first_value("Subject"));
}

BOOST_AUTO_TEST_CASE(a_preview_is_the_beginning_of_the_first_text) {
  struct Row {
    std::string message, text;
  };
  const std::string html = "Content-Type: text/html\n\n";
  for (const Row& row : std::vector<Row>{
           {"\n  a \r\n\t b\x01\n", "a b"},
           {"\n" + std::string(300, 'x'), std::string(256, 'x')},
           {"\n" + std::string(255, 'x') + " y", std::string(255, 'x')},
           {"\n" + std::string(254, 'x') + " y", std::string(254, 'x') + " y"},
           {"Content-Type: text/plain; charset=iso-8859-1\n\n\xe4", "\u00e4"},
           {"Content-Type: text/plain; charset=x-none\n\n\xe4", "\u00e4"},
           {"\n\xc3\xa4 \xe2\x82\xac", "\u00e4 \u20ac"},
           {"Content-Transfer-Encoding: base64\n\naGkgdGhlcmU=\n", "hi there"},
           {html + "<style>x</style><p>A &amp; B</p>&nbsp;c", "A & B c"},
           {"Content-Type: image/gif\n\nx", ""},
           {"Content-Type: message/rfc822\n\n\nx", ""},
           {"Content-Disposition: attachment\n\nx", ""},
           {"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n--b\nContent-Type: text/html\n\nhtml\n--b--",
            "plain"},
           {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/calendar\n\nno\n--b\n\nyes", "yes"},
       }) {
    BOOST_TEST_INFO_SCOPE(row.message);
    BOOST_TEST(preview(row.message) == row.text);
    BOOST_TEST(in_pieces(row.message, 1).preview == row.text);
  }
  const std::string euros = "\n" + std::string(1, 'x');
  std::string text = euros;
  for (int i = 0; i < 5000; ++i) text += "\xe2\x82\xac";
  BOOST_TEST(preview(text).size() == 1u + 255 * 3);
}

BOOST_AUTO_TEST_CASE(attachments_are_what_a_reader_calls_so) {
  const auto with = [](const std::string& part, const std::string& around = "multipart/mixed") {
    return summarise("Content-Type: " + around + "; boundary=b\n\n--b\n\ntext\n--b\n" + part + "\n\nx\n--b--\n")
        .facts.has_attachment;
  };
  BOOST_TEST(!summarise("\ntext").facts.has_attachment);
  BOOST_TEST(!with("Content-Type: text/html"));
  BOOST_TEST(with("Content-Type: text/plain; name=a.txt"));
  BOOST_TEST(with("Content-Disposition: attachment"));
  BOOST_TEST(with("Content-Type: application/pdf"));
  BOOST_TEST(with("Content-Type: image/png"));
  BOOST_TEST(!with("Content-Type: image/png", "multipart/related"));
  BOOST_TEST(!with("Content-Type: image/png\nContent-Disposition: inline"));
  BOOST_TEST(with("Content-Type: message/rfc822"));
  BOOST_TEST(!with("Content-Type: message/rfc822", "multipart/report"));
  BOOST_TEST(!with("Content-Type: message/delivery-status", "multipart/report"));
  BOOST_TEST(!with("Content-Type: application/pgp-signature; name=signature.asc\nContent-Disposition: attachment",
                   "multipart/signed"));
}

BOOST_AUTO_TEST_CASE(a_record_is_read_in_part_and_keeps_what_it_does_not_know) {
  Summary summary = summarise(rich);
  summary.later = {"from the future", ""};
  const std::string record = encode(summary);
  const auto view = SummaryView::open(record);
  BOOST_REQUIRE(view.has_value());
  BOOST_TEST((view->envelope() == summary.envelope));
  BOOST_TEST((view->body_structure() == summary.body_structure));
  BOOST_TEST((view->preview() == summary.preview));
  BOOST_TEST((view->parts() == summary.parts));
  BOOST_TEST((view->facts() == summary.facts));
  const std::vector<std::string_view> names = {"From"};
  BOOST_TEST((view->header_fields(names, FieldChoice::named) == "From: A <a@x>\r\n\r\n"));
  const auto back = decode(record);
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST((*back == summary));
  BOOST_TEST((decode("\x02" + record.substr(1)).error().code == base::errc::unsupported));
  for (std::size_t size = 1; size < record.size(); ++size)
    BOOST_TEST((decode(record.substr(0, size)).error().code == base::errc::damaged));
}

BOOST_AUTO_TEST_CASE(a_record_that_would_be_too_long_leaves_out_the_largest_and_says_so) {
  std::string text = "Subject: s\nX-Name: 1\nTo: ";
  for (int i = 0; i < 3000; ++i) text += "somebody@example.org,\n ";
  const Summary summary = summarise(text + "\n\nbody");
  BOOST_TEST(summary.envelope.size() > longest_record);
  const std::string record = encode(summary);
  BOOST_TEST(record.size() <= longest_record);
  const auto view = SummaryView::open(record);
  BOOST_REQUIRE(view.has_value());
  BOOST_TEST(!view->is_whole());
  BOOST_TEST(!view->envelope());
  BOOST_TEST((view->preview() == "body"));
  const std::vector<std::string_view> subject = {"Subject"}, odd = {"X-Absent"};
  BOOST_TEST((view->header_fields(subject, FieldChoice::named) == "Subject: s\n\r\n"));
  BOOST_TEST(!view->header_fields(odd, FieldChoice::named));
  for (std::size_t longest = 1024; longest < 4000; longest += 37) {
    const std::string small = encode(summarise(rich + std::string(3000, '\n')), longest);
    BOOST_TEST(small.size() <= longest);
    BOOST_TEST(decode(small).has_value());
  }
}

BOOST_AUTO_TEST_CASE(damaged_records_give_nothing_wrong_shaped) {
  const std::string record = encode(summarise(rich));
  std::mt19937 random(3);
  for (int run = 0; run < 20'000; ++run) {
    std::string bad = record;
    bad[random() % bad.size()] = static_cast<char>(random());
    const auto view = SummaryView::open(bad);
    if (!view) continue;
    if (const auto parts = view->parts()) find_section(*parts, {{3, 2, 1}, SectionPath::What::all});
    if (const auto wire = view->envelope()) EnvelopeView(*wire).is_whole();
    if (const auto wire = view->body_structure()) body_of(*wire);
    const std::vector<std::string_view> names = {"To"};
    view->header_fields(names, FieldChoice::named);
    (void)view->decode();
  }
  BOOST_TEST(SummaryView::open(record).has_value());
}

BOOST_AUTO_TEST_CASE(bombs_are_summarised_within_a_second) {
  const auto check = [](const std::string& what, const std::string& text) {
    BOOST_TEST_INFO_SCOPE(what);
    const auto start = std::clock();
    const Summary summary = summarise(text);
    const std::string record = encode(summary);
    body_of(summary.body_structure);
    BOOST_TEST(seconds_since(start) < 1.0);
    BOOST_TEST(record.size() <= longest_record);
    BOOST_TEST(summary.facts.size == text.size());
    BOOST_TEST(decode(record).has_value());
  };
  std::string deep, messages, parts = "Content-Type: multipart/x; boundary=b\n\n", continuations = "Content-Type: a/b",
                              tags = "Content-Type: text/html\n\n";
  for (int i = 0; i < 2000; ++i) {
    deep += "Content-Type: multipart/x; boundary=b" + std::to_string(i) + "\n\n--b" + std::to_string(i) + "\n";
    messages += "Content-Type: message/rfc822\n\n";
  }
  for (int i = 0; i < 100'000; ++i) {
    parts += "--b\nContent-ID: <x>\n\nx\n";
    continuations += ";\n name*" + std::to_string(i) + "=x";
  }
  while (tags.size() < 1'000'000) tags += "<div>";
  check("levels", deep);
  check("messages", messages);
  check("parts", parts);
  check("continuations", continuations + "\n\n");
  check("tags", tags);
  check("octets without a line end", std::string(1'000'000, 'x'));
  check("CR alone", std::string(1'000'000, '\r'));
}

BOOST_AUTO_TEST_SUITE_END()
