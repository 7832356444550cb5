#include <chrono>

#include "mail/mime/html_text.hpp"

using namespace understudy::mail::mime;

BOOST_AUTO_TEST_SUITE(mime_html_text)

BOOST_AUTO_TEST_CASE(tags_go_words_stay_apart_and_references_are_decoded) {
  struct Row {
    std::string html, text;
  };
  for (const Row& row : std::vector<Row>{
           {"", ""},
           {"plain", "plain"},
           {"<p>one</p><p>two</p>", " one  two "},
           {"w<b>or</b>d", "word"},
           {"a<br>b<br/>c", "a b c"},
           {"<style>p { x: \"</p>\" }</style>seen", " seen"},
           {"<SCRIPT type='a>b'>var x = '<b>';</SCRIPT >seen", " seen"},
           {"<title>gone</title>seen", " seen"},
           {"<script>without end", " "},
           {"a<!-- <b> -- > -->b", "ab"},
           {"a<!-- without end", "a"},
           {"<!DOCTYPE html><?xml ?>x", "  x"},
           {"<a href=\"x>y\">z</a>", "z"},
           {"<a title='it>z</a>", "z"},
           {"1 < 2 &amp;&lt;3 &unknown; & &", "1 < 2 &<3 &unknown; & &"},
           {"&#65;&#x42;&#X43;&auml;&nbsp;&euro;", "ABCä €"},
           {"&#0;&#xD800;&#1114112;&#;&#x;&#12a;", "\ufffd\ufffd\ufffd&#;&#x;&#12a;"},
           {"<", "<"},
           {"</", "</"},
           {"<b", ""},
           {"&#99999999999;", "&#99999999999;"},
           {"<stylesheet>x</stylesheet>", " x "},
       }) {
    BOOST_TEST_INFO_SCOPE(row.html);
    BOOST_TEST(html_to_text(row.html, 1000) == row.text);
  }
}

BOOST_AUTO_TEST_CASE(the_result_ends_at_its_limit) {
  BOOST_TEST(html_to_text("abcdef<p>ghi", 3) == "abc");
  BOOST_TEST(html_to_text("abc<p>def", 4) == "abc ");
  BOOST_TEST(html_to_text("abc", 0) == "");
}

BOOST_AUTO_TEST_CASE(a_megabyte_of_anything_takes_less_than_a_second) {
  for (const std::string_view piece : {"<div>", "<div", "<", "</", "&", "&#", "<a '", "<a \"'", "<!--", "<script>",
                                       "<script></", "<style></styl", "</script", "&amp;", "<b>x"}) {
    BOOST_TEST_INFO_SCOPE(piece);
    std::string html;
    while (html.size() < 1'000'000) html += piece;
    const auto start = std::chrono::steady_clock::now();
    BOOST_TEST(html_to_text(html, html.size()).size() <= html.size());
    BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(1)));
  }
}

BOOST_AUTO_TEST_SUITE_END()
