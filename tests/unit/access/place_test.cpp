/// Which flags rights let somebody change.
#include "archive/access/imap/place.hpp"

#include <boost/test/unit_test.hpp>

using namespace understudy::archive;
using access::imap::permitted;
using mailbox::Flags;
using mailbox::Rights;

BOOST_AUTO_TEST_CASE(flags_are_changed_by_s_t_and_w_each_by_its_own) {  // RFC 4314 §4
  const Flags all{Flags::seen | Flags::answered | Flags::flagged | Flags::deleted | Flags::draft, {"$a", "b"}};
  constexpr std::uint8_t others = Flags::answered | Flags::flagged | Flags::draft;
  struct Row {
    std::string_view rights;
    Flags left;
  };
  for (const auto& row : std::vector<Row>{{"", {}},
                                          {"lripkxea", {}},
                                          {"s", {Flags::seen, {}}},
                                          {"t", {Flags::deleted, {}}},
                                          {"w", {others, {"$a", "b"}}},
                                          {"st", {Flags::seen | Flags::deleted, {}}},
                                          {"swt", all},
                                          {"lrswipkxtea", all}}) {
    BOOST_TEST((permitted(all, *Rights::parse(row.rights)) == row.left), row.rights);
    BOOST_TEST((permitted({}, *Rights::parse(row.rights)) == Flags()));
  }
}
