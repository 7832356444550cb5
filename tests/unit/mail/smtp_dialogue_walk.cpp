// Random walks through the server's side of SMTP, held against a model that is small enough to be believed.
#include <random>

#include "mail/smtp/dialogue.hpp"

using namespace understudy::mail;
using namespace understudy::mail::smtp;

namespace {

constexpr std::uint64_t max_message = 100;
constexpr std::size_t max_recipients = 3;

// What the RFCs say, as a table of conditions over eight variables.
struct Model {
  Demand demand;
  enum { none, helo, ehlo } greeted = none;
  bool tls = false, user = false, mail = false, chunked = false;
  std::size_t recipients = 0;
  std::uint64_t received = 0;

  void forget_transaction() { mail = chunked = false, recipients = 0, received = 0; }
  bool unmet() const { return demand != Demand::nothing && (!tls || (demand == Demand::authentication && !user)); }

  int ehlo_(bool extended) {
    greeted = extended ? ehlo : helo;
    forget_transaction();
    return 250;
  }
  int mail_(bool parameter, bool judged) {
    if (parameter && greeted != ehlo) return 555;
    if (greeted == none) return 503;
    if (unmet()) return 530;
    if (mail) return 503;
    mail = judged;
    return judged ? 250 : 550;
  }
  int rcpt(bool judged) {
    if (unmet()) return 530;
    if (!mail || chunked) return 503;
    if (recipients == max_recipients) return 452;
    recipients += judged;
    return judged ? 250 : 550;
  }
  int data() {
    if (unmet()) return 530;
    if (!mail || chunked) return 503;
    if (recipients == 0) return 554;
    forget_transaction();
    return 250;
  }
  int bdat(std::uint64_t octets, bool last, bool& keep) {
    const int refusal = unmet()                           ? 530
                        : greeted != ehlo || !mail        ? 503
                        : recipients == 0                 ? 554
                        : octets > max_message - received ? 552
                                                          : 0;
    keep = refusal == 0;
    chunked = true;
    received += octets;
    if (refusal != 0 || last) forget_transaction();
    return refusal != 0 ? refusal : 250;
  }
  int starttls() {
    if (tls || greeted != ehlo) return 503;
    *this = Model{demand};
    tls = true;
    return 220;
  }
  int auth(bool good) {
    if (greeted != ehlo) return 503;
    if (!tls) return 538;
    if (user || mail) return 503;
    user = good;
    return good ? 235 : 535;
  }
};

// Plays the driver for one line and gives the last reply's code.
class Driver {
 public:
  explicit Driver(const ServerOptions& options) : server_(options) { server_.greet(); }

  int run(const std::string& line, bool judged, bool keep) {
    auto next = server_.on_line(line);
    int code = next.reply ? next.reply->code : 0;
    while (next.want != Want::command) {
      next = step(next.want, judged, keep);
      if (next.reply) code = next.reply->code;
    }
    return code;
  }
  const ServerDialogue& server() const { return server_; }

 private:
  Next step(Want want, bool judged, bool keep) {
    const auto verdict = judged ? Reply(250, "2.1.0", "yes") : Reply(550, "5.7.1", "no");
    switch (want) {
      case Want::mail_verdict:
        return server_.on_mail_verdict(verdict);
      case Want::verdict:
        return server_.on_verdict(verdict);
      case Want::chunk:
        BOOST_REQUIRE((server_.chunk().use == Chunk::Use::keep) == keep);
        return server_.on_chunk();
      case Want::body:
      case Want::end_of_message:
        return server_.on_kept({250, "2.0.0", "kept"});
      case Want::auth:
        return judged ? server_.on_auth_success("alice") : server_.on_auth_failure(sasl::Failure::rejected);
      case Want::tls:
        return server_.on_tls_started(Leftover::none);
      default:
        throw std::logic_error("closed");
    }
  }
  ServerDialogue server_;
};

void compare(const Model& model, const ServerDialogue& server) {
  BOOST_REQUIRE(server.tls() == model.tls);
  BOOST_REQUIRE(server.user().has_value() == model.user);
  BOOST_REQUIRE(server.hello().empty() == (model.greeted == Model::none));
  if (model.mail) BOOST_REQUIRE(server.envelope().recipients.size() == model.recipients);
}

void walk(Demand demand, std::mt19937& random, int steps) {
  constexpr auto endless = std::numeric_limits<std::size_t>::max();
  ServerOptions options;
  options.tls = ServerTls::starttls;
  options.demand = demand;
  options.mechanisms = {"PLAIN"};
  options.max_message = max_message;
  options.max_recipients = max_recipients;
  options.max_errors = options.max_idle_commands = options.max_refused_recipients = options.max_auth_failures = endless;
  Driver driver(options);
  Model model{demand};
  for (int i = 0; i < steps; ++i) {
    if (random() % 200 == 0) {  // a new connection, or TLS and AUTH would soon be on for ever
      driver = Driver(options);
      model = Model{demand};
    }
    const bool judged = random() % 4 != 0;
    const auto octets = random() % 60;
    bool keep = false;
    std::string line;
    int expected = 0;
    switch (random() % 18) {
      case 0:
        line = "EHLO a.example", expected = model.ehlo_(true);
        break;
      case 1:
        line = "HELO a.example", expected = random() % 3 == 0 ? model.ehlo_(false) : (line = "NOOP", 250);
        break;
      case 2:
        line = "MAIL FROM:<a@b.example>", expected = model.mail_(false, judged);
        break;
      case 3:
        line = "MAIL FROM:<> SIZE=10", expected = model.mail_(true, judged);
        break;
      case 4:
      case 5:
      case 6:
        line = "RCPT TO:<x@y.example>", expected = model.rcpt(judged);
        break;
      case 7:
        line = "DATA", expected = model.data();
        break;
      case 8:
      case 9:
        line = "BDAT " + std::to_string(octets), expected = model.bdat(octets, false, keep);
        break;
      case 10:
        line = "BDAT " + std::to_string(octets) + " LAST", expected = model.bdat(octets, true, keep);
        break;
      case 11:
        line = "RSET", expected = 250, model.forget_transaction();
        break;
      case 12:
        line = "VRFY \xc3\xa4", expected = model.unmet() ? 530 : 252;
        break;
      case 13:
        line = "EXPN x", expected = 502;
        break;
      case 14:
        line = "STARTTLS", expected = model.starttls();
        break;
      case 15:
        line = "AUTH PLAIN AGEAYg==", expected = model.auth(judged);
        break;
      case 16:
        line = "FOO BAR", expected = 500;
        break;
      case 17:
        line = "HELP", expected = 214;
        break;
    }
    BOOST_REQUIRE_MESSAGE(driver.run(line, judged, keep) == expected,
                          line << " at step " << i << " is not answered by " << expected);
    compare(model, driver.server());
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(smtp_dialogue)

BOOST_AUTO_TEST_CASE(a_million_random_commands_are_answered_as_the_model_says) {
  const auto seed = std::random_device{}();
  BOOST_TEST_CONTEXT("seed " << seed) {
    std::mt19937 random(seed);
    walk(Demand::nothing, random, 600000);
    walk(Demand::tls, random, 200000);
    walk(Demand::authentication, random, 200000);
  }
}

BOOST_AUTO_TEST_SUITE_END()
