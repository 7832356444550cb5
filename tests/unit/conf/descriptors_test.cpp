#include "conf/descriptors.hpp"

#include "conf/check_files.hpp"
#include "conf/convert.hpp"

using namespace understudy;
using namespace understudy::conf;

namespace {

Config listening_at(std::size_t binds) {
  Config config;
  auto& listener = config.relay.listeners.emplace_back();
  for (std::size_t i = 0; i < binds; ++i)
    listener.binds.push_back({*net::IpAddress::parse("192.0.2.1"), std::uint16_t(25 + i)});
  return config;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(descriptors)

BOOST_AUTO_TEST_CASE(connections_have_what_the_others_leave) {
  auto config = listening_at(1);
  config.relay.connections.total = 1000;
  const auto others = descriptors_beside_connections(config);
  BOOST_TEST(others > to_store_options(config).open_files + config.relay.outbound.connections);
  const struct {
    std::uint64_t descriptors;
    std::uint32_t connections;
  } rows[] = {
      {0, 0}, {others, 0}, {others + 1, 1}, {others + 999, 999}, {others + 1000, 1000}, {others + 1001, 1000}, {~0ull, 1000},
  };
  for (const auto& row : rows) BOOST_TEST(connections_within(config, row.descriptors) == row.connections, row.descriptors);
}

BOOST_AUTO_TEST_CASE(more_of_the_others_is_counted) {
  auto config = listening_at(1);
  const auto before = descriptors_beside_connections(config);
  config.relay.outbound.connections += 7;
  BOOST_TEST(descriptors_beside_connections(config) == before + 7);
  BOOST_TEST(descriptors_beside_connections(listening_at(2)) > descriptors_beside_connections(listening_at(1)));
}

BOOST_AUTO_TEST_CASE(too_few_are_a_warning_and_none_an_error) {
  auto config = listening_at(1);
  config.relay.connections.total = 1000;
  const auto others = descriptors_beside_connections(config);
  BOOST_TEST(check_descriptors(config, "f", others + 1000).empty());
  const auto fewer = check_descriptors(config, "f", others + 10);
  BOOST_REQUIRE(fewer.size() == 1u);
  BOOST_TEST(!has_error(fewer));
  BOOST_TEST(fewer[0].message.find("only 10 connections") != std::string::npos, fewer[0].text());
  BOOST_TEST(fewer[0].message.find(std::to_string(others + 1000)) != std::string::npos, fewer[0].text());
  BOOST_TEST(has_error(check_descriptors(config, "f", others)));
}

BOOST_AUTO_TEST_SUITE_END()
