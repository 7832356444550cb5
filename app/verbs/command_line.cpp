#include "app/verbs/command_line.hpp"

#include <algorithm>
#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "app/serve.hpp"
#include "app/verbs/ask.hpp"
#include "app/verbs/columns.hpp"
#include "app/verbs/init.hpp"
#include "app/verbs/verbs.hpp"
#include "app/version.hpp"

namespace understudy::app {
namespace {

using Act = std::function<Exit()>;

/// Everything that any verb is called with. One process runs one verb.
struct Words {
  std::string account, folder, to, id, reason, position, from, host, file;
  std::vector<std::string> aliases, flags, networks;
  std::uint32_t uid = 0;
  std::uint64_t limit = 0;
  std::optional<std::uint16_t> partition;
  std::optional<std::uint64_t> first, last;
  std::vector<std::string> message, recipients;
  bool all = false;
  bool add = false, remove = false, bodies = false, check = false, dry_run = false, password_stdin = false, no_password = false;
  std::string archive, primary;
  InitWords init;
  bool other_product = false, allow_loopback = false, force = false;
};

class CommandLine {
 public:
  CommandLine(Context& context, const Serve& serve);

  int run(const std::vector<std::string>& words);

 private:
  /// Says what is wrong, and where help is.
  int refuse(const CLI::ParseError& problem, const std::vector<std::string>& words);
  CLI::App* noun(const std::string& name, const std::string& help);
  CLI::App* verb(CLI::App* parent, const std::string& name, const std::string& help, Act act);
  CLI::App* verb(const std::string& name, const std::string& help, Act act) { return verb(&app_, name, help, std::move(act)); }

  void add_server_verbs();
  void add_init();
  void add_passthrough();
  void add_account();
  void add_mailbox();
  void add_message();
  void add_queue();
  void add_journal();
  void add_journal_proofs(CLI::App* parent);

  void want_account(CLI::App* verb) { verb->add_option("ACCOUNT", words_.account, "address of the account")->required(); }
  void want_folder(CLI::App* verb) { verb->add_option("FOLDER", words_.folder, "name of the folder")->required(); }
  void want_uid(CLI::App* verb) { verb->add_option("UID", words_.uid, "UID of the message")->required(); }
  void want_to(CLI::App* verb, const std::string& help) { verb->add_option("TO", words_.to, help)->required(); }
  void want_message(CLI::App* verb);
  void want_id(CLI::App* verb) { verb->add_option("ID", words_.id, "as `queue list` shows it")->required(); }

  boost::json::object account_words() const { return {{"account", words_.account}}; }
  boost::json::object folder_words() const { return {{"account", words_.account}, {"folder", words_.folder}}; }
  boost::json::object message_words() const {
    return {{"account", words_.account}, {"folder", words_.folder}, {"uid", words_.uid}};
  }
  Exit enable_passthrough();
  Exit flag_message();

  Context& context_;
  const Serve& serve_;
  CLI::App app_{"Understudy: a mail archive and standby relay", "understudy"};
  Words words_;
  bool json_ = false;
  Act chosen_;
  std::optional<int> served_;
};

CommandLine::CommandLine(Context& context, const Serve& serve) : context_(context), serve_(serve) {
  app_.require_subcommand(1);
  app_.fallthrough();  // --config and --json may stand behind the verb
  app_.set_version_flag("--version", "understudy " + std::string(version));
  app_.add_option("--config", context_.config_file, "the configuration file")->capture_default_str();
  app_.add_flag("--json", json_, "print JSON");
  add_server_verbs();
  add_init();
  add_passthrough();
  add_account();
  add_mailbox();
  add_message();
  add_queue();
  add_journal();
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
  added->add_option("--submission", init_words.submission, "submission listens here; may be repeated");
  added->add_option("--imap", init_words.imap, "IMAP will listen here: a comment, for this version has none; may be repeated");
  added->add_option("--client", init_words.clients, "a network that may relay and use local senders; may be repeated");
  added->add_option("--smarthost", init_words.smarthost, "mail for the world goes here, HOST:PORT; by MX where not given");
  added->add_option("--dns", init_words.dns, "DNS server, ADDRESS:PORT; may be repeated");
  added->add_flag("--allow-loopback", words_.allow_loopback, "follow MX records to loopback; for tests only");
  added->add_option("--certificate", init_words.certificate, "PEM file; a self-signed pair is made where none is given");
  added->add_option("--key", init_words.key, "PEM file");
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

void CommandLine::add_account() {
  auto* parent = noun("account", "who has a mailbox");
  verb(parent, "list", "all accounts", [this] { return show_list(context_, "account/list", {}, columns::accounts); });
  want_account(verb(parent, "show", "one account", [this] { return show_object(context_, "account/show", account_words()); }));
  auto* add = verb(parent, "add", "a new account, without a login unless a password is given", [this] {
    const NewAccount wanted{words_.account, words_.aliases};
    return account_add(context_, wanted, words_.password_stdin ? PasswordFrom::input : PasswordFrom::nowhere);
  });
  want_account(add);
  add->add_option("--alias", words_.aliases, "another address of the account; may be repeated");
  add->add_flag("--password-stdin", words_.password_stdin, "the password is the first line of standard input");
  auto* import = verb(parent, "import", "many accounts, from lines of ADDRESS,VERIFIER,ALIASES", [this] {
    return account_import(context_, words_.file, words_.check ? ImportMode::check : ImportMode::import);
  });
  import->add_option("FILE", words_.file, "comma-separated; - is standard input")->required();
  import->add_flag("--check", words_.check, "say what would be done; change nothing");
  auto* passwd = verb(parent, "passwd", "a new password", [this] {
    if (words_.no_password) return account_passwd(context_, words_.account, PasswordFrom::nowhere);
    return account_passwd(context_, words_.account, words_.password_stdin ? PasswordFrom::input : PasswordFrom::terminal);
  });
  want_account(passwd);
  auto* from_input = passwd->add_flag("--password-stdin", words_.password_stdin, "the first line of standard input");
  passwd->add_flag("--none", words_.no_password, "no login any more")->excludes(from_input);
  want_account(verb(parent, "remove", "its mailbox is out of reach; the journal keeps every message",
                    [this] { return do_it(context_, "account/remove", account_words(), words_.account + " removed"); }));
}

void CommandLine::add_mailbox() {
  auto* parent = noun("mailbox", "folders of an account");
  want_account(verb(parent, "list", "all folders",
                    [this] { return show_list(context_, "mailbox/list", account_words(), columns::mailboxes); }));
  auto* create = verb(parent, "create", "a new folder",
                      [this] { return do_it(context_, "mailbox/create", folder_words(), words_.folder + " created"); });
  auto* rename = verb(parent, "rename", "with all folders below it", [this] {
    auto words = folder_words();
    words["to"] = words_.to;
    return do_it(context_, "mailbox/rename", std::move(words), words_.folder + " renamed to " + words_.to);
  });
  auto* remove = verb(parent, "remove", "with its messages; the journal keeps them",
                      [this] { return do_it(context_, "mailbox/remove", folder_words(), words_.folder + " removed"); });
  want_account(verb(parent, "assign", "give an account what was kept for it while it could not be made (create_limit)",
                    [this] { return mailbox_assign(context_, words_.account); }));
  for (auto* each : {create, rename, remove}) {
    want_account(each);
    want_folder(each);
  }
  want_to(rename, "its new name");
}

Exit CommandLine::flag_message() {
  auto words = message_words();
  boost::json::array flags;
  for (const auto& flag : words_.flags) flags.emplace_back(flag);
  words["flags"] = std::move(flags);
  words["how"] = words_.add ? "add" : words_.remove ? "remove" : "set";
  return do_it(context_, "message/flag", std::move(words), "flags changed");
}

void CommandLine::add_message() {
  auto* parent = noun("message", "messages of a folder");
  auto* list = verb(parent, "list", "all messages, by UID",
                    [this] { return show_list(context_, "message/list", folder_words(), columns::messages); });
  want_account(list);
  want_folder(list);
  want_message(verb(parent, "show", "what is known of it, and its header",
                    [this] { return show_object(context_, "message/show", message_words()); }));
  want_message(verb(parent, "export", "its octets on standard output", [this] {
    const MessageName name{words_.account, words_.folder, words_.uid};
    return message_export(context_, name);
  }));
  auto* flag = verb(parent, "flag", "set its flags to these", [this] { return flag_message(); });
  want_message(flag);
  flag->add_option("FLAGS", words_.flags, "seen, answered, flagged, deleted, draft, or keywords");
  auto* add = flag->add_flag("--add", words_.add, "add these to the others");
  flag->add_flag("--remove", words_.remove, "take these away")->excludes(add);
  auto* move = verb(parent, "move", "into another folder", [this] {
    auto words = message_words();
    words["to"] = words_.to;
    return do_it(context_, "message/move", std::move(words), "moved to " + words_.to);
  });
  auto* copy = verb(parent, "copy", "into another folder", [this] {
    auto words = message_words();
    words["to"] = words_.to;
    return do_it(context_, "message/copy", std::move(words), "copied to " + words_.to);
  });
  for (auto* each : {move, copy}) {
    want_message(each);
    want_to(each, "name of the other folder");
  }
  want_message(verb(parent, "delete", "from this folder; the journal keeps it",
                    [this] { return do_it(context_, "message/delete", message_words(), "deleted"); }));
}

void CommandLine::add_queue() {
  auto* parent = noun("queue", "mail that waits to leave");
  verb(parent, "list", "all entries", [this] { return show_list(context_, "queue/list", {}, columns::queue); });
  want_id(verb(parent, "show", "one entry", [this] { return show_object(context_, "queue/show", {{"id", words_.id}}); }));
  verb(parent, "retry", "try again now: this entry, or all", [this] {
    boost::json::object words;
    if (!words_.id.empty()) words["id"] = words_.id;
    return do_it(context_, "queue/retry", std::move(words),
                 words_.id.empty() ? "all are tried now" : words_.id + " is tried now");
  })->add_option("ID", words_.id, "as `queue list` shows it");
  auto* hold = verb(parent, "hold", "keep it back until it is released", [this] {
    return do_it(context_, "queue/hold", {{"id", words_.id}, {"reason", words_.reason}}, words_.id + " is held");
  });
  want_id(hold);
  hold->add_option("REASON", words_.reason, "shown in lists");
  want_id(verb(parent, "release", "let a held entry go, now", [this] {
    return do_it(context_, "queue/release", {{"id", words_.id}}, words_.id + " is released");
  }));
  want_id(verb(parent, "remove", "end it; nobody is told, the journal keeps the message", [this] {
    return do_it(context_, "queue/remove", {{"id", words_.id}}, words_.id + " is removed");
  }));
}

void CommandLine::add_journal() {
  auto* parent = noun("journal", "everything that ever arrived");
  auto* list = verb(parent, "list", "entries in order", [this] {
    const JournalRange range{words_.from, words_.limit, words_.partition.value_or(0)};
    return journal_list(context_, range);
  });
  list->add_option("--from", words_.from, "the first position, as 0.17");
  list->add_option("--limit", words_.limit, "at most so many");
  list->add_option("--partition", words_.partition, "0 where not given");
  verb(parent, "show", "one entry",
       [this] {
         return show_object(context_, "journal/show", {{"position", words_.position}});
       })
      ->add_option("POSITION", words_.position, "as 0.17, or 17")
      ->required();
  auto* verify = verb(parent, "verify", "compute every hash again, up to the tree head", [this] {
    const auto depth = words_.bodies ? Verification::Depth::bodies : Verification::Depth::records;
    const Verification wanted{depth, words_.partition, words_.first, words_.last};
    return journal_verify(context_, wanted);
  });
  verify->add_flag("--bodies", words_.bodies, "read the octets of every message, too");
  verify->add_option("--partition", words_.partition, "this one alone");
  verify->add_option("--from", words_.first, "index of the first entry to look at");
  verify->add_option("--to", words_.last, "index of the last one");
  add_journal_proofs(parent);
}

void CommandLine::add_journal_proofs(CLI::App* parent) {
  auto* prove = verb(parent, "prove", "a file by which others can check a message without this server", [this] {
    const Shown shown{words_.all, words_.recipients};
    return journal_prove(context_, words_.message, shown, words_.file);
  });
  prove->add_option("MESSAGE", words_.message, "its position, as 0.17; or ACCOUNT FOLDER UID")->required()->expected(1, 3);
  prove->add_option("--out", words_.file, "write to this new file");
  auto* give = verb(parent, "export", "octets and proof of each entry as files", [this] {
    const Shown shown{words_.all, words_.recipients};
    const JournalRange range{words_.from, words_.limit, words_.partition.value_or(0)};
    return journal_export(context_, words_.file, range, shown);
  });
  give->add_option("DIR", words_.file, "a folder that is empty or not there")->required();
  give->add_option("--from", words_.from, "the first position, as 0.17");
  give->add_option("--limit", words_.limit, "at most so many");
  give->add_option("--partition", words_.partition, "0 where not given");
  for (auto* each : {prove, give}) {
    each->add_option("--recipient", words_.recipients, "show this recipient; others stay hidden")->expected(1)->take_all();
    each->add_flag("--all-recipients", words_.all, "show all of them, Bcc too");
  }
  verb(parent, "checker", "print the script that checks a proof", [this] { return journal_checker(context_); });
  auto* heads = verb(parent, "heads", "the signed tree heads", [this] {
    boost::json::object words{{"partition", words_.partition.value_or(0)}, {"now", words_.add ? 1 : 0}};
    return show_list(context_, "journal/heads", std::move(words), columns::heads);
  });
  heads->add_option("--partition", words_.partition, "0 where not given");
  heads->add_flag("--sign", words_.add, "sign one now");
  auto* consistency = verb(parent, "consistency", "show that a later head continues an earlier one", [this] {
    boost::json::object words{{"from", words_.first.value_or(0)}, {"to", words_.last.value_or(0)}};
    return show_object(context_, "journal/consistency", std::move(words));
  });
  consistency->add_option("FROM", words_.first, "entries under the earlier head")->required();
  consistency->add_option("TO", words_.last, "entries under the later one; the newest where not given");
  verb(parent, "rotate-key", "sign with a new key from now on",
       [this] { return do_it(context_, "journal/rotate-key", {}, "a new key signs: `journal heads --sign` shows it"); });
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

}  // namespace

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
