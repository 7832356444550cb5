#include "app/verbs/init.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <ostream>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <unistd.h>

#include "app/verbs/client.hpp"
#include "app/verbs/questions.hpp"
#include "app/write_file.hpp"
#include "base/net/ip.hpp"
#include "base/text.hpp"
#include "conf/load.hpp"
#include "routing/route.hpp"

namespace understudy::app {
namespace {

using Role = conf::InitAnswers::Role;

std::string own_hostname(const InitWords& words) {
  std::array<char, 256> room{};
  std::string name = ::gethostname(room.data(), room.size() - 1) == 0 ? room.data() : "";
  if (name.empty() || name == "localhost") name = words.role == "archive" ? "archive" : "mailbox";
  return name.find('.') == std::string::npos ? name + "." + words.domain : name;
}

/// The addresses of the other machine as networks, as far as they are known now.
std::vector<std::string> networks_of(const std::string& host) {
  const auto network_of = [](const boost::asio::ip::address& address) {
    return address.to_string() + (address.is_v4() ? "/32" : "/128");
  };
  boost::system::error_code error;
  if (const auto address = boost::asio::ip::make_address(host, error); !error) return {network_of(address)};
  boost::asio::io_context context;
  boost::asio::ip::tcp::resolver resolver(context);
  std::vector<std::string> networks;
  for (const auto& found : resolver.resolve(host, "", error)) {
    auto network = network_of(found.endpoint().address());
    if (std::ranges::find(networks, network) == networks.end()) networks.push_back(std::move(network));
  }
  return networks;
}

/// A network of machines that may relay and send as local users: an office, scanners.
conf::InitClient client_of(const std::string& network, std::size_t number, const std::string& domain) {
  return {"client-" + std::to_string(number) + "." + domain, {network}, {"relay", "local-sender"}};
}

void complete_all(Context& context, InitWords& words) {
  complete(context, words.role, {"Is this the primary (serves the users) or the archive? primary|archive", "", judge_role});
  complete(context, words.domain, {"The mail domain, as example.org", "", judge_domain});
  complete(context, words.hostname, {"The name of this machine", own_hostname(words), judge_domain});
  if (words.role == "archive") {
    complete(context, words.peer, {"The primary, HOST[:PORT]", "", judge_next_hop});
  } else {
    complete(context, words.peer, {"The archive, HOST[:PORT]; - for none", "", judge_next_hop_or_none});
  }
  if (words.peer == "-") words.peer.clear();
  complete(context, words.data, {"The directory of all data", "/var/lib/understudy"});
  complete(context, words.postmaster, {"The postmaster's address", "postmaster@" + words.domain, judge_address});
}

/// Where the other machine hands over mail from: its addresses, or what a person knows of a name that has none yet.
void complete_networks(Context& context, InitWords& words) {
  if (words.peer.empty() || !words.peer_networks.empty()) return;
  const auto host = routing::parse_next_hop(words.peer)->host;
  words.peer_networks = networks_of(host);
  if (!words.peer_networks.empty()) return;
  std::string network;
  const std::string question = host + " has no address yet. Where will it hand over mail from, as 192.0.2.10/32";
  complete(context, network, {question, "", judge_network});
  if (!network.empty()) words.peer_networks = {network};
}

std::optional<std::string> problem_of(const InitWords& words) {
  if (words.role != "primary" && words.role != "archive") return "--role must be primary or archive";
  if (words.domain.empty()) return "--domain is missing: the company's mail domain, as example.org";
  if (words.role == "archive" && words.peer.empty()) return "--peer is missing: the primary, HOST or HOST:PORT";
  if (words.role == "archive" && !words.submission.empty())
    return "--submission is for a primary: users hand over their mail there";
  const auto hop = routing::parse_next_hop(words.peer);
  if (!words.peer.empty() && (!hop || hop->by_mx)) return "--peer must be HOST, HOST:PORT or [ADDRESS]:PORT";
  return std::nullopt;
}

/// An archive takes mail from its clients alone; a primary does without, at the price of a detour.
std::optional<std::string> problem_of_networks(Context& context, const InitWords& words) {
  if (words.peer.empty() || !words.peer_networks.empty()) return std::nullopt;
  const auto host = base::escape(routing::parse_next_hop(words.peer)->host);
  if (words.role == "archive")
    return "--peer-network is missing: " + host +
           " has no address yet, and the archive takes mail from it alone; give where it will hand over mail from, as "
           "192.0.2.10/32";
  context.err << "understudy: warning: " << host
              << " has no address yet, so there is no [[client]] for it, and what it brings home is copied back to it; give "
                 "--peer-network, as 192.0.2.20/32\n";
  return std::nullopt;
}

void set_peer(const InitWords& words, conf::InitAnswers& answers) {
  if (words.peer.empty()) return;
  const auto hop = routing::parse_next_hop(words.peer);
  answers.peer_host = hop->host;
  answers.peer_via = words.peer.find(':') == std::string::npos ? words.peer + ":25" : words.peer;
  answers.peer_networks = words.peer_networks;
  answers.peer_is =
      words.peer_is == InitWords::Peer::understudy ? conf::InitAnswers::Link::understudy : conf::InitAnswers::Link::foreign;
}

conf::InitAnswers answers_of(const InitWords& words) {
  conf::InitAnswers answers;
  answers.role = words.role == "archive" ? Role::archive : Role::primary;
  answers.domain = words.domain;
  answers.domain_aliases = words.domain_aliases;
  answers.hostname = words.hostname;
  answers.data = words.data;
  answers.postmaster = words.postmaster;
  for (const auto& account : words.accounts) answers.accounts.push_back({account});
  answers.certificate = words.certificate;
  answers.key = words.key;
  answers.master_key = words.master_key;
  set_peer(words, answers);
  if (!words.listen.empty()) answers.smtp_binds = words.listen;
  if (!words.submission.empty()) answers.submission_binds = words.submission;
  if (!words.imap.empty() || answers.role == Role::archive) answers.imap_binds = words.imap;  // there only where asked for
  answers.pop3_binds = words.pop3;
  for (const auto& network : words.clients)
    answers.clients.push_back(client_of(network, answers.clients.size() + 1, words.domain));
  if (!words.smarthost.empty()) answers.outside_via = words.smarthost;
  answers.dns_servers = words.dns;
  answers.mx_to_loopback = words.mx_to_loopback == InitWords::Loopback::allow ? conf::InitAnswers::Loopback::allow
                                                                              : conf::InitAnswers::Loopback::refuse;
  return answers;
}

}  // namespace

Exit init(Context& context, InitWords words) {
  complete_all(context, words);
  if (const auto problem = problem_of(words)) return fail(context, *problem, Exit::wrong_usage);
  complete_networks(context, words);
  if (const auto problem = problem_of_networks(context, words)) return fail(context, *problem, Exit::wrong_usage);
  const auto text = conf::render_init(answers_of(words));
  const auto loaded = conf::load(text, words.output.empty() ? "configuration" : words.output);
  if (!loaded) {
    for (const auto& problem : loaded.error()) context.err << problem.text() << '\n';
    return fail(context, "these answers make no good configuration; nothing was written", Exit::wrong_usage);
  }
  for (const auto& warning : loaded->warnings) context.err << warning.text() << '\n';
  if (words.output.empty()) {
    context.out << text << std::flush;
    return context.out.good() ? Exit::done : fail(context, "cannot write the configuration");
  }
  const auto existing = words.overwrite == InitWords::Overwrite::yes ? Existing::replace : Existing::refuse;
  const auto written = write_file(words.output, text, existing);
  if (!written && written.error().code == base::errc::exists)
    return fail(context, words.output + " is there already; --force replaces it");
  if (!written) return fail(context, "cannot write the configuration: " + written.error().text());
  context.err << "understudy: wrote " << words.output << "; next: `understudy check --config " << words.output << "`\n";
  return Exit::done;
}

}  // namespace understudy::app
