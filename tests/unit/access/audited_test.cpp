#include "archive/access/imap/audited.hpp"

using namespace understudy;
using archive::access::imap::gives_octets;
using archive::access::imap::looks_into_octets;
using mail::imap::FetchItem;
using mail::imap::SearchKey;

BOOST_AUTO_TEST_CASE(octets_of_messages_are_what_a_message_says_and_not_what_a_list_shows) {
  using Kind = FetchItem::Kind;
  const auto gives = [](Kind kind) {
    FetchItem item;
    item.kind = kind;
    return gives_octets(item);
  };
  for (const auto kind : {Kind::rfc822, Kind::rfc822_header, Kind::rfc822_text, Kind::section, Kind::binary, Kind::preview})
    BOOST_TEST(gives(kind), static_cast<int>(kind));
  for (const auto kind :
       {Kind::flags, Kind::uid, Kind::internal_date, Kind::rfc822_size, Kind::envelope, Kind::body, Kind::body_structure,
        Kind::binary_size, Kind::mod_sequence, Kind::email_id, Kind::thread_id, Kind::save_date})
    BOOST_TEST(!gives(kind), static_cast<int>(kind));
}

BOOST_AUTO_TEST_CASE(words_in_octets_are_found_however_deep_they_stand) {
  using Kind = SearchKey::Kind;
  for (const auto kind : {Kind::body, Kind::text, Kind::subject, Kind::header, Kind::all}) {
    SearchKey inner;
    inner.kind = kind;
    inner.name = "References";  // is kept beside the message
    for (const auto outer : {Kind::negated, Kind::both, Kind::either}) {
      SearchKey key;
      key.kind = outer;
      key.keys.resize(2);
      key.keys[1] = inner;
      SearchKey top;
      top.kind = Kind::both;
      top.keys.push_back(key);
      BOOST_TEST(looks_into_octets(top) == (kind == Kind::body || kind == Kind::text));
    }
  }
  SearchKey other;
  other.kind = Kind::header;
  other.name = "X-Odd";
  BOOST_TEST(looks_into_octets(other));
}
