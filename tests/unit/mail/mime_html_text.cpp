/// The text of HTML, cut at each place.
#include <chrono>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "mail/mime/html_text.hpp"
#include "smtp_pieces.hpp"

using understudy::mail::mime::HtmlText;
using understudy::test::Pieces;

BOOST_AUTO_TEST_SUITE(mime_html_text)

BOOST_AUTO_TEST_CASE(tags_go_and_text_stays) {
  const std::vector<std::pair<std::string_view, std::string_view>> rows = {
      {"plain", "plain"},
      {"a<b>b</b>c", "abc"},
      {"a<BR>b<br/>c<p class=x>d", "a b c d"},
      {"<td>a</td><td>b</td>", " a  b "},
      {"a<!-- <b> -- > x -->b", "ab"},
      {"a<!--->b-->c", "ac"},
      {"<!DOCTYPE html>a<?xml x?>b", "ab"},
      {"<script>if (a<b) x('</s');</SCRIPT>y", "y"},
      {"<style type=x>p{}</style >y", "y"},
      {"<script>a<</script>y", "y"},
      {"<scripty>x</scripty>", "x"},
      {"1 < 2 & 3 &c; <", "1 < 2 & 3 &c; <"},
      {"<<b>>", "<>"},
      {"&lt;b&gt; &amp;amp; &quot;&apos;", "<b> &amp; \"'"},
      {"&#65;&#x42;&#X63;&#66", "ABcB"},
      {"&auml;&Auml&euro;&nbsp;.", "\u00e4\u00c4\u20ac\u00a0."},
      {"&#0;&#xd800;&#x110000;&#99999999999;", "&#0;&#xd800;&#x110000;&#99999999999;"},
      {"&nosuch;&averyveryverylongname;", "&nosuch;&averyveryverylongname;"},
      {"&", "&"},
      {"&am", "&am"},
      {"a<b", "a"},
      {"a<!-- b", "a"},
  };
  for (const auto& [html, expected] : rows) {
    understudy::test::for_each_split(html, [&, expected = expected](const Pieces& pieces) {
      HtmlText text;
      std::string out;
      for (const auto piece : pieces) text.feed(piece, out);
      text.finish(out);
      BOOST_TEST(out == expected);
    });
  }
}

BOOST_AUTO_TEST_CASE(a_megabyte_of_nesting_and_references_is_linear) {
  for (const std::string_view piece : {"<b>", "<", "&", "&amp", "<!--", "<!", "</", "<script>", "&#x", "-->", "<b"}) {
    std::string html;
    while (html.size() < 1'000'000) html += piece;
    HtmlText text;
    std::string out;
    text.feed(html, out);
    text.finish(out);
    BOOST_TEST(out.size() <= html.size());
  }
}

BOOST_AUTO_TEST_SUITE_END()
