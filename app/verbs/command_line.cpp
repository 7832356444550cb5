#include "app/verbs/command_line.hpp"

#include <algorithm>
#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "app/serve.hpp"
#include "app/verbs/ask.hpp"
#include "app/verbs/columns.hpp"
#include "app/verbs/command_words.hpp"
#include "app/verbs/init.hpp"
#include "app/verbs/verbs.hpp"
#include "app/version.hpp"

namespace understudy::app {

CommandLine::CommandLine(Context& context, const Serve& serve) : context_(context), serve_(serve) {
  app_.require_subcommand(1);
  app_.fallthrough();  // --config and --json may stand behind the verb
  app_.set_version_flag("--version", "understudy " + std::string(version));
  app_.add_option("--config", context_.config_file, "the configuration file")->capture_default_str();
  app_.add_flag("--json", json_, "print JSON");
  app_.add_option("--socket", context_.socket, "the admin socket of the server to ask, where its configuration cannot be read");
  app_.add_option("--reason", context_.reason, "why: it is kept in the audit journal");
  app_.add_option("--case", context_.in_case, "the case in which it is done");
  add_server_verbs();
  add_init();
  add_passthrough();
  add_account();
  add_mailbox();
  add_message();
  add_bin();
  add_queue();
  add_journal();
  add_peer();
  add_audit();
  add_approval();
  add_case();
  add_encryption();
}

CLI::App* CommandLine::noun(const std::string& name, const std::string& help) {
  return app_.add_subcommand(name, help)->require_subcommand(1);
}

CLI::App* CommandLine::verb(CLI::App* parent, const std::string& name, const std::string& help, Act act) {
  auto* added = parent->add_subcommand(name, help);
  added->callback([this, act = std::move(act)] { chosen_ = act; });
  return added;
}

void CommandLine::want_message(CLI::App* verb) {
  want_account(verb);
  want_folder(verb);
  want_uid(verb);
}

void CommandLine::add_server_verbs() {
  verb("serve", "run the server until it is told to stop", [this] {
    served_ = serve_(context_.config_file);
    return Exit::done;
  });
  verb("check", "look at the configuration and the files that it names; change nothing", [this] { return check(context_); });
  verb("reload", "make the running server take the changed configuration", [this] { return reload(context_); });
  verb("status", "what the running server does", [this] { return show_object(context_, "server/status", {}); });
  verb("metrics", "counters and gauges of the running server, in the text format of Prometheus",
       [this] { return metrics(context_); });
  verb("version", "the version of this program", [this] {
    if (context_.form == Form::json) return print_value(context_, boost::json::object{{"version", version}});
    context_.out << "understudy " << version << '\n';
    return Exit::done;
  });
  verb("paths", "where the configuration, the data and the admin socket are", [this] { return paths(context_); });
  verb("rebuild", "make mailboxes again from the change log; the server must not run", [this] {
    return rebuild(context_, words_.account);
  })->add_option("ACCOUNT", words_.account, "this one alone");
  verb("restored", "the data was put back from an older copy: begin a new life of it; the server must not run",
       [this] { return restored(context_); });
}

void CommandLine::add_init() {
  auto& init_words = words_.init;
  auto* added = verb("init", "write a new configuration", [this] {
    if (words_.other_product) words_.init.peer_is = InitWords::Peer::other_product;
    if (words_.allow_loopback) words_.init.mx_to_loopback = InitWords::Loopback::allow;
    if (words_.force) words_.init.overwrite = InitWords::Overwrite::yes;
    return init(context_, words_.init);
  });
  added->add_option("--role", init_words.role, "primary or archive");
  added->add_option("--domain", init_words.domain, "the company's mail domain");
  added->add_option("--domain-alias", init_words.domain_aliases, "another name of the domain; may be repeated");
  added->add_option("--hostname", init_words.hostname, "the name of this machine");
  added->add_option("--peer", init_words.peer, "the other machine, HOST[:PORT]");
  added->add_option("--peer-network", init_words.peer_networks, "where it hands over mail from; its addresses where not given");
  added->add_flag("--peer-is-other-product", words_.other_product,
                  "the other machine does not run Understudy: no [peer], not even as a comment");
  added->add_option("--data", init_words.data, "the directory of all data");
  added->add_option("--postmaster", init_words.postmaster, "who reads mail to postmaster@");
  added->add_option("--account", init_words.accounts, "an account; may be repeated");
  added->add_option("--listen", init_words.listen, "SMTP listens here, ADDRESS:PORT; may be repeated");
  added->add_option("--submission", init_words.submission, "submission listens here, of a primary; may be repeated");
  added->add_option("--imap", init_words.imap, "IMAP listens here; not given: 0.0.0.0:993 of a primary; may be repeated");
  added->add_option("--pop3", init_words.pop3, "POP3 listens here; may be repeated");
  added->add_option("--client", init_words.clients, "a network that may relay and use local senders; may be repeated");
  added->add_option("--smarthost", init_words.smarthost, "mail for the world goes here, HOST:PORT; by MX where not given");
  added->add_option("--dns", init_words.dns, "DNS server, ADDRESS:PORT; may be repeated");
  added->add_flag("--allow-loopback", words_.allow_loopback, "follow MX records to loopback; for tests only");
  added->add_option("--certificate", init_words.certificate, "PEM file; a self-signed pair is made where none is given");
  added->add_option("--key", init_words.key, "PEM file");
  added->add_option("--master-key", init_words.master_key, "encrypt all that is kept; the master key's file");
  added->add_option("--output", init_words.output, "write to this file, not to standard output");
  added->add_flag("--force", words_.force, "replace the file");
}

Exit CommandLine::enable_passthrough() {
  using Role = conf::EnablePassthrough::Role;
  conf::EnablePassthrough wanted;
  if (words_.archive.empty() == words_.primary.empty())
    return fail(context_, "give --archive HOST on the primary, or --primary HOST on the archive", Exit::wrong_usage);
  wanted.role = words_.archive.empty() ? Role::archive : Role::primary;
  wanted.other = words_.archive.empty() ? words_.primary : words_.archive;
  wanted.networks = words_.networks;
  return passthrough_enable(context_, wanted, words_.dry_run ? Write::no : Write::yes);
}

void CommandLine::add_passthrough() {
  auto* parent = noun("passthrough", "copying of all mail to the archive");
  verb(parent, "show", "the settings in force", [this] { return passthrough_show(context_); });
  auto* enable = verb(parent, "enable", "make this machine a primary or an archive: edit the configuration, reload",
                      [this] { return enable_passthrough(); });
  enable->add_option("--archive", words_.archive, "this is the primary; the archive is HOST[:PORT]");
  enable
      ->add_option("--primary", words_.primary,
                   "this is the archive; the primary is HOST[:PORT]. Without HOST: this is the primary")
      ->expected(0, 1);
  enable->add_option("--network", words_.networks, "where the other machine hands over mail from; may be repeated");
  enable->add_flag("--dry-run", words_.dry_run, "show the difference alone");
}

int CommandLine::refuse(const CLI::ParseError& problem, const std::vector<std::string>& words) {
  if (problem.get_exit_code() == 0) return app_.exit(problem, context_.out, context_.err);  // --help, --version
  std::string known = "understudy";
  CLI::App* at = &app_;
  for (const auto& word : words) {
    const auto verbs = at->get_subcommands([](const CLI::App*) { return true; });
    const auto found = std::ranges::find(verbs, word, &CLI::App::get_name);
    CLI::App* below = found == verbs.end() ? nullptr : *found;
    if (!below && !word.starts_with('-') && !verbs.empty()) {
      fail(context_, "no verb \"" + word + "\": see `" + known + " --help`");
      return static_cast<int>(Exit::wrong_usage);
    }
    if (!below) break;
    at = below;
    known += " " + word;
  }
  fail(context_, std::string(problem.what()) + ": see `" + known + " --help`");
  return static_cast<int>(Exit::wrong_usage);
}

int CommandLine::run(const std::vector<std::string>& words) {
  try {
    app_.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes the last one first
  } catch (const CLI::ParseError& problem) {
    return refuse(problem, words);
  }
  context_.form = json_ ? Form::json : Form::table;
  const auto exit = chosen_();
  return served_.value_or(static_cast<int>(exit));
}

int run(const std::vector<std::string>& words, Context& context, const Serve& serve) {
  return CommandLine(context, serve).run(words);
}

int run(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  Context context{.out = std::cout, .err = std::cerr, .in = std::cin};
  if (::isatty(STDIN_FILENO) == 1) context.in_is = Context::Terminal::yes;
  if (::isatty(STDERR_FILENO) == 1) context.err_is = Context::Terminal::yes;
  return run(std::vector<std::string>(argv + 1, argv + argc), context, serve);
}

}  // namespace understudy::app
