#include "tests/sim/company.hpp"

#include <cstdlib>
#include <stdexcept>

#include "app/private_files.hpp"
#include "base/codec.hpp"
#include "base/log.hpp"

namespace understudy::sim {
using namespace std::chrono_literals;
namespace {

constexpr const char* primary_config = R"(
[server]
hostname = "mailbox.example.org"
domain_name = "example.org"
data = "/nonexistent/primary"
postmaster = "admin@example.org"
[[client]]
name = "desk.example.org"
networks = ["192.0.2.40/32"]
may = ["relay", "local-sender"]
[[client]]
name = "archive.example.org"
networks = ["192.0.2.20/32"]
may = ["local-sender", "copy"]
[[listener]]
protocol = "smtp"
bind = ["192.0.2.10:25"]
tls = "none"
[[domain]]
name = "example.org"
[[account]]
address = "admin@example.org"
[[account]]
address = "alice@example.org"
[[account]]
address = "bob@example.org"
[[alias]]
address = "team@example.org"
to = ["alice@example.org", "bob@example.org"]
[passthrough]
copy_local_to_outbox = true
[[route]]
match = "*"
via = "archive.example.org:25"
tls = "none"
)";

constexpr const char* archive_config = R"(
[server]
hostname = "archive.example.org"
domain_name = "example.org"
data = "/nonexistent/archive"
postmaster = "admin@example.org"
[[client]]
name = "mailbox.example.org"
networks = ["192.0.2.10/32"]
may = ["relay", "local-sender", "copy"]
odd_octets = "keep"
[[listener]]
protocol = "smtp"
bind = ["192.0.2.20:25"]
tls = "none"
[[domain]]
name = "example.org"
[[alias]]
address = "team@example.org"
to = ["alice@example.org", "bob@example.org"]
[passthrough]
copy_to_sender_sent = true
create_mailbox = true
copy_local_to_outbox = false
copy_without_received_to_outbox = true
accept_local_from = "clients"
[undelivered]
action = "store"
template = "default"
[[template]]
name = "default"
[[route]]
match = "example.org"
via = "mailbox.example.org:25"
tls = "none"
[[route]]
match = "*"
via = "mx"
tls = "none"
)";

std::unique_ptr<Drive> make_drive(Engine engine, char instance) {
  if (engine == Engine::memory) return std::make_unique<MemoryDrive>(std::string(32, instance));
  return std::make_unique<RocksDrive>();
}

base::PublicKey make_link_key(const std::filesystem::path& data, base::Random& random) {
  const auto key = app::own_key(data / "peer" / "key.pem", random);
  if (!key) throw std::runtime_error(key.error().text());
  return key->public_key();
}

/// Each start would read the system's roots, which costs more than all else that it does; nobody here verifies by them.
void do_without_roots() {
  static const int once = ::setenv("SSL_CERT_FILE", "/dev/null", 1);
  static_cast<void>(once);
}

enum class Listens { yes, no };

/// For the configuration of a machine, `bind` its own address.
std::string link_config(const std::string& other, const base::PublicKey& key, const std::string& bind, Listens listens) {
  std::string config = "[journal]\nsign_every = \"20s\"\n[peer]\nhost = \"" + other + "\"\nkey = \"" + key.text() + "\"\n";
  if (listens == Listens::yes) config += "bind = [\"" + bind + ":" + std::to_string(Company::link_port) + "\"]\n";
  return config;
}

std::string primary_config_with(Link link, const base::PublicKey& key) {
  if (link == Link::none) return primary_config;
  const auto listens = link == Link::archive_listens ? Listens::no : Listens::yes;
  return primary_config + link_config("archive.example.org", key, "192.0.2.10", listens);
}

std::string archive_config_with(Link link, const base::PublicKey& key) {
  if (link == Link::none) return archive_config;
  const auto listens = link == Link::primary_listens ? Listens::no : Listens::yes;
  return archive_config + link_config("mailbox.example.org", key, "192.0.2.20", listens);
}

}  // namespace

std::string message(const std::string& subject, std::size_t padding) {
  std::string octets =
      "Message-ID: <" + subject + "@client.example>\r\nFrom: x@y.example\r\nSubject: " + subject + "\r\n\r\nhello\r\n";
  const std::size_t all = octets.size() + padding;
  for (std::uint64_t line = 0; octets.size() < all; ++line) octets += base::to_hex(test::noise(32, line)) + "\r\n";
  return octets;
}

Company::Company(Engine engine, std::uint64_t seed, Link link)
    : world(seed),
      primary_key(make_link_key(scratch.path() / "p", world.random)),
      archive_key(make_link_key(scratch.path() / "a", world.random)),
      primary(world, primary_config_with(link, archive_key), "192.0.2.10", scratch.path() / "p", make_drive(engine, '1')),
      archive(world, archive_config_with(link, primary_key), "192.0.2.20", scratch.path() / "a", make_drive(engine, '2')) {
  do_without_roots();
  if (!std::getenv("UNDERSTUDY_SIM_LOG")) base::log::set_silent();
  world.dns.set_mx("world.example", {{10, "mx.world.example"}});
  world.dns.set_addresses("mx.world.example", {"198.51.100.1"});
  world.dns.set_addresses("archive.example.org", {"192.0.2.20"});
  world.dns.set_addresses("mailbox.example.org", {"192.0.2.10"});
  outside.refusals["nobody@world.example"] = {550, "5.1.1", "no such user"};
}

bool Company::repair(std::uint64_t seed) {
  bool any = false;
  for (Box* box : {&primary, &archive}) {
    if (box->on() && !box->dead()) continue;
    any = true;
    box->power_off(seed == 0 ? Drive::Kept::none : Drive::Kept::some, seed);
    try {
      box->power_on();
    } catch (const std::runtime_error&) {
      if (!box->dead()) throw;  // not by a further cut while it opened
    }
  }
  return any;
}

void Company::send(const std::string& from_address, const std::string& reverse_path,
                   const std::vector<std::string>& forward_paths, const std::string& subject, std::size_t padding) {
  const auto octets = message(subject, padding);
  for (int tries = 0; tries < 20; ++tries) {
    repair();
    if (primary.on()) {
      const auto reply = hand_over(world, from_address, "192.0.2.10:25", reverse_path, forward_paths, octets);
      if (reply.code == 250) return;
      if (reply.code != 0 && !reply.transient()) throw std::runtime_error(subject + ": " + reply.text());
    }
    world.advance(5min);
  }
  throw std::runtime_error("never accepted: " + subject);
}

void Company::drain() {
  for (int rounds = 0; rounds < 200; ++rounds) {
    const bool repaired = repair();
    if (!repaired && primary.queued() == 0 && archive.queued() == 0) return;
    world.advance(2min);
  }
  throw std::runtime_error("the outboxes are not empty");
}

void Company::everyday() {
  send("203.0.113.9", "ext@world.example", {"alice@example.org"}, "world-to-user");
  send("192.0.2.40", "alice@example.org", {"bob@example.org"}, "user-to-user");
  send("192.0.2.40", "alice@example.org", {"bob@example.org", "ext@world.example"}, "user-to-both");
  send("192.0.2.40", "alice@example.org", {"nobody@world.example"}, "user-to-nobody");
  drain();
}

}  // namespace understudy::sim
