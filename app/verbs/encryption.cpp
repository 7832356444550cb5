/// The verbs about keys: a new master key, the ring under another one, the end of an account's key.
#include <ostream>

#include "app/key_ring.hpp"
#include "app/problems.hpp"
#include "app/verbs/ask.hpp"
#include "app/verbs/verbs.hpp"
#include "archive/keys/master_key.hpp"
#include "base/text.hpp"
#include "conf/load.hpp"

namespace understudy::app {

Exit encryption_new_key(Context& context) {
  base::SystemRandom random;
  auto line = archive::keys::master_key_line(base::SecretKey::make(random));
  context.out << line << std::flush;
  base::wipe(line);
  return context.out ? Exit::done : fail(context, "the key could not be written");
}

Exit encryption_rekey(Context& context, const std::string& new_key_file) {
  const auto loaded = conf::load_file(context.config_file);
  if (!loaded) {
    say(context.err, loaded.error());
    return Exit::wrong_usage;
  }
  const auto& options = loaded->config.encryption;
  if (!options.on()) return fail(context, "the configuration has no [encryption]: there is no ring to change");
  const auto next = master_key_of(new_key_file);
  if (!next) return fail(context, "--master-key " + next.error().text(), Exit::wrong_usage);
  const auto master = master_key_of(options);
  if (!master) return fail(context, master.error().text());
  if (*master == *next) return fail(context, "--master-key is the key that the ring has already", Exit::wrong_usage);
  base::SystemClock clock;
  base::SystemRandom random;
  const auto ring = archive::keys::Ring::open(options.ring, *master, random, clock);
  if (!ring && ring.error().code == base::errc::busy)
    return fail(context, "no server may run while its keys are wrapped anew: " + ring.error().text());
  if (!ring) return fail(context, ring.error().text());
  if (auto changed = (*ring)->change_master(*next); !changed) return fail(context, changed.error().text());
  context.out << options.ring << " is under the new master key, with " << (*ring)->counts().keys
              << " keys. Let [encryption] name that key before the next start, and destroy the old one: with it every older "
                 "copy of the ring opens\n";
  return Exit::done;
}

namespace {

/// From a person at a terminal; anything but the account's name is a no.
bool confirmed(Context& context, const std::string& account) {
  context.err << "What only " << base::escape(account)
              << " held is unreadable from then on, here and in every copy of the store. Nothing brings it back.\n"
                 "Write the account once more to go on: "
              << std::flush;
  std::string answer;
  return std::getline(context.in, answer) && base::trim(answer) == account;
}

}  // namespace

Exit account_destroy_key(Context& context, const DestroyWords& words) {
  if (words.confirm == Confirm::ask && context.in_is == Context::Terminal::no)
    return fail(context, "no terminal to ask on: give --yes", Exit::wrong_usage);
  if (context.reason.empty()) context.reason = words.reason;  // the audit journal is told why, too
  if (words.confirm == Confirm::ask && !confirmed(context, words.account)) return fail(context, "nothing was destroyed");
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  boost::json::object arguments{{"account", words.account}, {"reason", words.reason}};
  if (words.receipts == Receipts::waived) arguments["without_receipt"] = 1;
  const auto answer = client->ask("account/destroy-key", std::move(arguments));
  if (!answer) return fail(context, answer.error());
  if (context.form == Form::json) return print_value(context, *answer);
  context.out << base::escape("the key of " + words.account + " is destroyed: what it alone held is unreadable", 4096) << '\n';
  for (const auto& name : answer->as_object().at("unreadable").as_array())
    context.err << "could not be read, so that the places which it filled are remembered under the journal's key: "
                << name.as_string().c_str() << '\n';
  return Exit::done;
}

}  // namespace understudy::app
