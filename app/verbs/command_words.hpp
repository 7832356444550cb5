/// How words on the command line become verbs: what is shared by the files that define them, a noun each. For these alone;
/// others want command_line.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include "app/verbs/command_line.hpp"
#include "app/verbs/init.hpp"

namespace understudy::app {

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
  std::string who, action, duration, size;
  std::uint64_t last_entries = 0;
  bool all = false;
  bool add = false, remove = false, bodies = false, check = false, dry_run = false, password_stdin = false, no_password = false;
  std::string since, until, uids, search;
  bool missing = false, received = false, without_receipt = false;
  std::string archive, primary;
  InitWords init;
  bool other_product = false, allow_loopback = false, force = false, yes = false;
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
  void add_bin();
  void add_queue();
  void add_journal();
  void add_journal_proofs(CLI::App* parent);
  void add_journal_endings(CLI::App* parent);
  void add_journal_custody(CLI::App* parent);
  void add_peer();
  void add_audit();
  void want_audit_filter(CLI::App* verb);
  boost::json::object audit_words() const;
  void add_approval();
  void add_case();
  boost::json::object case_words() const;
  void add_encryption();

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

}  // namespace understudy::app
