#include "app/admin/peer.hpp"

#include <ostream>

#include "app/admin/server.hpp"
#include "app/peer_wiring.hpp"
#include "app/private_files.hpp"
#include "app/problems.hpp"
#include "app/verbs/ask.hpp"
#include "app/verbs/verbs.hpp"
#include "conf/load.hpp"

namespace understudy::app {
namespace {

std::string text_of(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value ? cell(*value) : "-";
}

/// For people: two of them read it to each other on the telephone.
void print_pair(Context& context, const boost::json::object& pair) {
  auto& out = context.out;
  out << "this machine's key: " << text_of(pair, "key") << "\n\nfor the configuration of the other machine:\n\n[peer]\n";
  if (const auto* there = pair.if_contains("peer"); there && there->is_object()) {
    const auto& peer = there->get_object();
    out << "host = \"" << text_of(peer, "host") << "\"\nport = " << text_of(peer, "port") << "\nkey  = \""
        << text_of(peer, "key") << "\"\n";
  }
  const auto pinned = text_of(pair, "pinned"), offered = text_of(pair, "offered");
  if (pinned != "-") out << "\nthe key of the other machine, as it stands in the configuration here: " << pinned << '\n';
  if (offered != "-")
    out << "\nsomebody showed another key: " << offered
        << "\nIt is not trusted. Compare it with what `understudy peer pair` prints on the other machine, then put it into\n"
           "peer.key here and restart.\n";
}

Exit print(Context& context, const boost::json::value& pair) {
  if (context.form == Form::json || !pair.is_object()) return print_value(context, pair);
  print_pair(context, pair.get_object());
  return context.out.good() ? Exit::done : fail(context, "cannot write the answer");
}

Exit pair_from_file(Context& context, const conf::Config& config) {
  const auto key = read_key(peer_key_file(config));
  if (key) return print(context, peer_pair_of(config, key->public_key()));
  if (key.error().code == base::errc::not_found)
    return fail(context, "there is no key yet: the server makes it when it starts for the first time");
  return fail(context, key.error().text());
}

}  // namespace

Exit peer_pair(Context& context) {
  const auto loaded = conf::load_file(context.config_file);
  if (!loaded) {
    say(context.err, loaded.error());
    return Exit::wrong_usage;
  }
  auto client = AdminClient::connect_to(admin_socket_path(loaded->config.server.data));
  if (!client) {
    context.err << "understudy: the key of the file; " << client.error().what << '\n';
    return pair_from_file(context, loaded->config);
  }
  const auto pair = client->ask("peer/pair", {});
  if (!pair) return fail(context, pair.error());
  return print(context, *pair);
}

}  // namespace understudy::app
