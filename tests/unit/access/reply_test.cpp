/// archive/access/imap/reply: what a client hears of an error, by its code (RFC 5530).
#include "archive/access/imap/reply.hpp"

#include <boost/test/unit_test.hpp>

using namespace understudy;
using archive::access::imap::Reply;
using base::errc;

namespace {

struct Row {
  errc error;
  const char* code;
};

const Row rows[] = {
    {errc::not_found, "NONEXISTENT"},  {errc::exists, "ALREADYEXISTS"},
    {errc::malformed, "CANNOT"},       {errc::refused, "CANNOT"},
    {errc::too_long, "LIMIT"},         {errc::busy, "UNAVAILABLE"},
    {errc::no_key, "UNAVAILABLE"},     {errc::damaged, "CORRUPTION"},
    {errc::unsupported, "CORRUPTION"}, {errc::shutting_down, "UNAVAILABLE"},
    {errc::stopped, "UNAVAILABLE"},    {errc::io, "SERVERBUG"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(reply)

BOOST_AUTO_TEST_CASE(each_error_has_its_code_and_says_nothing_of_what_is_inside) {
  for (const auto& row : rows) {
    const auto reply = archive::access::imap::reply_for(base::Error{row.error, "/var/lib/understudy/secret"});
    BOOST_TEST(reply.code == row.code);
    BOOST_TEST((reply.kind == Reply::Kind::no));
    BOOST_TEST(!reply.text.empty());
    BOOST_TEST(reply.text.find("secret") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
