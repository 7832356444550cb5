/// archive/access/heading_cache: what is kept, and what goes first.
#include "archive/access/heading_cache.hpp"

#include <boost/test/unit_test.hpp>

using namespace understudy;
using archive::access::HeadingCache;
using mail::imap::Headings;
using mail::imap::HeadingView;

namespace {

HeadingCache::Kept with_subject(std::size_t octets) {
  auto headings = std::make_shared<Headings>();
  const std::string text(octets, 'A');
  HeadingView heading;
  heading.searched[0] = text;
  headings->add(1, heading);
  headings->shrink();
  return headings;
}

HeadingCache::Key part(std::uint32_t number) {
  return {1, 2, number};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(heading_cache)

BOOST_AUTO_TEST_CASE(accounts_folders_and_parts_are_told_apart) {
  HeadingCache cache;
  cache.keep({1, 2, 3}, with_subject(10), 1 << 20);
  BOOST_TEST(cache.find({1, 2, 3}));
  for (const HeadingCache::Key& other : {HeadingCache::Key{2, 2, 3}, {1, 3, 3}, {1, 2, 4}}) BOOST_TEST(!cache.find(other));
}

BOOST_AUTO_TEST_CASE(what_was_asked_for_longest_ago_goes_first) {
  HeadingCache cache;
  const std::uint64_t most = 3500;
  for (std::uint32_t i = 0; i < 3; ++i) cache.keep(part(i), with_subject(500), most);
  BOOST_TEST(cache.find(part(0)));  // now 1 is the oldest
  cache.keep(part(3), with_subject(500), most);
  BOOST_TEST(cache.find(part(0)));
  BOOST_TEST(!cache.find(part(1)));
  BOOST_TEST(cache.find(part(3)));
  BOOST_TEST(cache.octets() <= most);
}

BOOST_AUTO_TEST_CASE(a_part_takes_the_place_of_what_was_there_and_counts_once) {
  HeadingCache cache;
  cache.keep(part(1), with_subject(500), 1 << 20);
  const auto before = cache.octets();
  const auto other = with_subject(500);
  cache.keep(part(1), other, 1 << 20);
  BOOST_TEST(cache.octets() == before);
  BOOST_TEST((cache.find(part(1)) == other));
}

BOOST_AUTO_TEST_CASE(what_alone_is_more_than_the_limit_is_not_kept_and_takes_nothing_away) {
  HeadingCache cache;
  cache.keep(part(1), with_subject(100), 2000);
  cache.keep(part(2), with_subject(5000), 2000);
  BOOST_TEST(cache.find(part(1)));
  BOOST_TEST(!cache.find(part(2)));
  cache.keep(part(1), with_subject(5000), 2000);  // what was there is not what is asked for any more
  BOOST_TEST(!cache.find(part(1)));
  BOOST_TEST(cache.octets() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
