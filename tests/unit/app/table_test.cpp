#include "app/verbs/table.hpp"

#include <sstream>

#include <boost/json/parse.hpp>

#include "app/admin/flags.hpp"

using namespace understudy;
using namespace understudy::app;

BOOST_AUTO_TEST_SUITE(table)

BOOST_AUTO_TEST_CASE(columns_stand_below_each_other_and_no_line_ends_in_space) {
  Table table({{"A"}, {"NUMBER", Align::right}, {"LAST"}});
  table.add({"long cell", "1", "x"});
  table.add({"\xc3\xa9", "1000", "-"});
  std::ostringstream out;
  table.flush(out);
  BOOST_TEST(out.str() ==
             "A          NUMBER  LAST\n"
             "long cell       1  x\n"
             "\xc3\xa9            1000  -\n");
}

BOOST_AUTO_TEST_CASE(a_later_part_keeps_the_widths_and_repeats_no_title) {
  Table table({{"A"}, {"B"}});
  std::ostringstream out;
  table.add({"wide", "x"});
  table.flush(out);
  table.add({"y", "z"});
  table.flush(out);
  BOOST_TEST(out.str() == "A     B\nwide  x\ny     z\n");
}

BOOST_AUTO_TEST_CASE(what_came_by_mail_cannot_write_on_the_terminal) {
  const std::pair<const char*, const char*> cases[] = {{R"("a\u001b[2Jb\nc")", R"(a\x1b[2Jb\x0ac)"},
                                                       {R"("\u009b1m")", R"(\xc2\x9b1m)"},
                                                       {R"("")", "-"},
                                                       {"null", "-"},
                                                       {"true", "yes"},
                                                       {"[]", "-"},
                                                       {R"(["a","b"])", "a, b"},
                                                       {"12", "12"},
                                                       {R"({"a":"x y","b":""})", "a=x y"},
                                                       {R"(["\u0007"])", R"(\x07)"}};
  for (const auto& [json, shown] : cases) BOOST_TEST(cell(boost::json::parse(json)) == shown);
}

BOOST_AUTO_TEST_CASE(an_object_is_printed_line_by_line_also_its_names_escaped) {
  std::ostringstream out;
  print_object(out, boost::json::parse(R"({"a":1,"long":{"b\u0007":"x"},"list":[{"c":"d"}]})").as_object());
  BOOST_TEST(out.str() == "a     1\nlong\n  b\\x07  x\nlist\n  c=d\n");
}

BOOST_AUTO_TEST_CASE(flags_are_known_in_any_case_and_keywords_are_atoms) {
  const auto flags = parse_flags({"SEEN", "\\flagged", "b", "a", "b"});
  BOOST_REQUIRE(flags.has_value());
  BOOST_TEST(flag_words(*flags) == (std::vector<std::string>{"\\Seen", "\\Flagged", "a", "b"}));
  for (const std::string wrong : {"", "a b", "\\Recent", "a(", "a]", "\xc3\xa9", "a\n"})
    BOOST_TEST(!parse_flags({wrong}), wrong);
  BOOST_TEST(!parse_flags({std::string(101, 'x')}));
  BOOST_TEST(!parse_flags(std::vector<std::string>(101, "x")));
}

BOOST_AUTO_TEST_SUITE_END()
