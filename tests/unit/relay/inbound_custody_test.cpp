/// Mail under a custody number, as a session takes it: whom it is offered, and what becomes of damaged and of replayed
/// messages.
#include "base/codec.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/unit/relay/inbound_world.hpp"

using namespace understudy;
using test::InboundWorld;

namespace {

const std::string message = "Subject: hello\r\n\r\n.Hello.\r\n";
const std::string on_the_wire = "Subject: hello\r\n\r\n..Hello.\r\n.\r\n";

std::string custody_of(std::uint64_t number, const std::string& octets) {
  mail::smtp::Custody custody;
  custody.number.instance.fill(1);
  custody.number.incarnation.fill(2);
  custody.number.number = number;
  custody.digest = base::sha256(octets);
  return " XCUSTODY=" + custody.text();
}

struct World : InboundWorld {
  void know(routing::Permissions may) {
    auto& client = options.clients.emplace_back();
    client.name = "mailbox.example.org";
    client.networks = {*net::Network::parse("192.0.2.10/32")};
    client.may = may;
  }
  std::string greeted(Client& client) {
    hear(client);
    return ask(client, "EHLO client.example\r\n");
  }
  /// What is said of a message.
  std::string hand_over(Client& client, const std::string& parameter, const std::string& octets = on_the_wire) {
    ask(client, "MAIL FROM:<x@world.example>" + parameter + "\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n");
    return ask(client, octets);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(inbound_custody, World)

BOOST_AUTO_TEST_CASE(a_client_that_hands_over_is_offered_it_and_nobody_else) {
  struct Row {
    routing::Permissions may;
    bool offered;
  };
  for (const auto& row :
       {Row{{.copy = true}, true}, Row{{.relay = true}, true}, Row{{.local_sender = true}, false}, Row{{}, false}}) {
    World site;
    site.know(row.may);
    site.listen();
    auto client = site.connect("192.0.2.10");
    BOOST_TEST((site.greeted(*client).find("XCUSTODY") != std::string::npos) == row.offered);
    BOOST_TEST(site.ask(*client, "MAIL FROM:<x@world.example>" + custody_of(1, message) + "\r\n")
                   .starts_with(row.offered ? "250" : "555 5.5.4"));
    auto stranger = site.connect("192.0.2.99");
    BOOST_TEST(site.greeted(*stranger).find("XCUSTODY") == std::string::npos);
    BOOST_TEST(site.ask(*stranger, "MAIL FROM:<x@world.example>" + custody_of(1, message) + "\r\n").starts_with("555 5.5.4"));
  }
}

BOOST_AUTO_TEST_CASE(octets_that_are_not_those_named_are_not_kept_and_the_right_ones_are_taken_afterwards) {
  know({.copy = true});
  listen();
  auto client = connect("192.0.2.10");
  greeted(*client);
  const test::CapturedLog log;
  BOOST_TEST(hand_over(*client, custody_of(1, message + "x")).starts_with("451 4.6.0 the octets are not those"));
  BOOST_TEST(log.lines("custody.refused").find("reason=damaged") != std::string::npos);
  BOOST_TEST(accepted() == 0u);
  BOOST_TEST(counts().custody_damaged == 1u);
  BOOST_TEST(counts().refused == 1u);
  BOOST_TEST(hand_over(*client, custody_of(1, message)).starts_with("250 2.0.0"));
  BOOST_TEST(accepted() == 1u);
}

BOOST_AUTO_TEST_CASE(chunks_are_compared_as_well) {
  know({.copy = true});
  listen();
  auto client = connect("192.0.2.10");
  greeted(*client);
  const auto by_chunks = [&](std::string octets, const std::string& parameter) {
    ask(*client, "MAIL FROM:<x@world.example>" + parameter + "\r\nRCPT TO:<alice@example.org>\r\n");
    const auto half = octets.size() / 2;
    ask(*client, "BDAT " + std::to_string(half) + "\r\n" + octets.substr(0, half));
    return ask(*client, "BDAT " + std::to_string(octets.size() - half) + " LAST\r\n" + octets.substr(half));
  };
  auto damaged = message;
  damaged[3] ^= 1;
  BOOST_TEST(by_chunks(damaged, custody_of(1, message)).starts_with("451 4.6.0"));
  BOOST_TEST(by_chunks(message, custody_of(1, message)).starts_with("250 2.0.0"));
  const std::string open_end = "Subject: x\r\n\r\nno line end";
  BOOST_TEST(by_chunks(open_end, custody_of(2, open_end)).starts_with("250 2.0.0"));
}

BOOST_AUTO_TEST_CASE(a_number_with_other_octets_is_refused_for_now_and_its_repetition_is_told_where_it_lies) {
  know({.copy = true});
  listen();
  auto client = connect("192.0.2.10");
  greeted(*client);
  const auto first = hand_over(*client, custody_of(1, message));
  BOOST_TEST(first.starts_with("250 2.0.0"));
  const std::string other = "Subject: other\r\n\r\nHello.\r\n";
  BOOST_TEST(hand_over(*client, custody_of(1, other), other + ".\r\n").starts_with("451 4.7.0"));
  BOOST_TEST(counts().custody_replayed == 1u);
  BOOST_TEST(hand_over(*client, custody_of(1, message)) == first);
  BOOST_TEST(counts().resent == 1u);
  BOOST_TEST(hand_over(*client, custody_of(2, message)).starts_with("250 2.0.0"));  // no trace, no Message-ID: another message
  BOOST_TEST(counts().resent == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
