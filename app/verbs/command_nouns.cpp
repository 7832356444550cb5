/// The verbs about what is kept, noun by noun: accounts, mailboxes, messages, the queue, the journal.
#include "app/verbs/ask.hpp"
#include "app/verbs/columns.hpp"
#include "app/verbs/command_words.hpp"
#include "app/verbs/verbs.hpp"

namespace understudy::app {

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
  auto* quota = verb(parent, "quota", "how much its owner may put into it; mail that comes is always filed",
                     [this] { return account_quota(context_, words_.account, words_.size, words_.limit); });
  want_account(quota);
  quota->add_option("SIZE", words_.size, "as 10G; 0: no limit")->required();
  quota->add_option("--messages", words_.limit, "so many at most; 0, and without: no limit");
  want_account(verb(parent, "remove", "its mailbox is out of reach; the journal keeps every message",
                    [this] { return do_it(context_, "account/remove", account_words(), words_.account + " removed"); }));
  auto* destroy = verb(parent, "destroy-key", "of a removed account: what it alone held is unreadable, everywhere", [this] {
    DestroyWords wanted{words_.account, words_.reason, words_.yes ? Confirm::given : Confirm::ask};
    if (words_.without_receipt) wanted.receipts = Receipts::waived;
    return account_destroy_key(context_, wanted);
  });
  destroy->add_option("ACCOUNT", words_.account, "the address that it had, or its number")->required();
  destroy->add_option("--reason", words_.reason, "for people; the journal keeps it")->required();
  destroy->add_flag("--yes", words_.yes, "do not ask");
  destroy->add_flag("--without-receipt", words_.without_receipt,
                    "also of mail that the other machine never gave a receipt for");
}

void CommandLine::add_mailbox() {
  auto* parent = noun("mailbox", "folders of an account");
  want_account(verb(parent, "list", "all folders",
                    [this] { return show_list(context_, "mailbox/list", account_words(), columns::mailboxes); }));
  want_account(verb(parent, "shares", "who else may use its folders, and for what",
                    [this] { return show_list(context_, "mailbox/shares", account_words(), columns::shares); }));
  auto* create = verb(parent, "create", "a new folder",
                      [this] { return do_it(context_, "mailbox/create", folder_words(), words_.folder + " created"); });
  auto* rename = verb(parent, "rename", "with all folders below it", [this] {
    auto words = folder_words();
    words["to"] = words_.to;
    return do_it(context_, "mailbox/rename", std::move(words), words_.folder + " renamed to " + words_.to);
  });
  auto* remove = verb(parent, "remove", "its messages go into the bin",
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
  want_message(verb(parent, "delete", "from this folder into the bin",
                    [this] { return do_it(context_, "message/delete", message_words(), "deleted: it is in the bin"); }));
}

void CommandLine::add_bin() {
  auto* parent = noun("bin", "what was deleted from an account's folders, until it is put back or gone for good");
  auto* list = verb(parent, "list", "what is in it, and where it came from", [this] {
    auto words = account_words();
    words["folder"] = words_.folder;
    words["search"] = words_.search;
    return show_list(context_, "bin/list", std::move(words), columns::bin);
  });
  want_account(list);
  list->add_option("--folder", words_.folder, "only what came from this folder");
  list->add_option("--search", words_.search, "only what has this text in its sender or subject");
  auto* restore = verb(parent, "restore", "put it back into the folders that it came from", [this] {
    return bin_restore(context_, {words_.account, words_.all ? "all" : words_.uids});
  });
  auto* empty = verb(parent, "empty", "for good; the journal keeps what it has of it", [this] {
    const auto confirm = words_.yes ? Confirm::given : Confirm::ask;
    return bin_empty(context_, {words_.account, words_.all ? "all" : words_.uids, confirm});
  });
  for (auto* each : {restore, empty}) {
    want_account(each);
    auto* uids = each->add_option("UIDS", words_.uids, "as `bin list` shows them: 4, or 1:5,9");
    each->add_flag("--all", words_.all, "all of the bin")->excludes(uids);
  }
  empty->add_flag("--yes", words_.yes, "do not ask");
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
  add_journal_endings(parent);
}

void CommandLine::add_journal_endings(CLI::App* parent) {
  auto* end = verb(parent, "end", "end an entry, or some recipients' parts of it; copies in mailboxes stay", [this] {
    EndWords wanted{words_.message, words_.recipients, words_.reason, words_.yes ? Confirm::given : Confirm::ask};
    if (words_.without_receipt) wanted.receipts = Receipts::waived;
    return journal_end(context_, wanted);
  });
  end->add_option("MESSAGE", words_.message, "its position, as 0.17; or ACCOUNT FOLDER UID")->required()->expected(1, 3);
  end->add_option("--recipient", words_.recipients, "only this recipient's part; may be repeated")->expected(1)->take_all();
  end->add_option("--reason", words_.reason, "for people; the journal keeps it for ever, so it should name nobody")->required();
  end->add_flag("--yes", words_.yes, "do not ask");
  end->add_flag("--without-receipt", words_.without_receipt, "also what the other machine never gave a receipt for");
  verb(parent, "orders", "what each machine told the other one to end", [this] {
    return journal_orders(context_, words_.all ? Orders::all : Orders::open);
  })->add_flag("--all", words_.all, "also what is answered for good");
  const auto want_order = [this](CLI::App* to) {
    to->add_option("ORDER", words_.first, "its number, as `journal orders` shows it")->required();
  };
  want_order(verb(parent, "obey", "end here what the other machine ordered",
                  [this] { return journal_obey(context_, words_.first.value_or(0)); }));
  auto* decline = verb(parent, "decline", "keep what the other machine ordered to be ended, and tell it why",
                       [this] { return journal_decline(context_, words_.first.value_or(0), words_.reason); });
  want_order(decline);
  decline->add_option("--reason", words_.reason, "for the other machine's people")->required();
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
  add_journal_custody(parent);
  verb(parent, "checker", "print the script that checks a proof", [this] {
    return journal_checker(context_, words_.add ? Checker::consistency : Checker::proof);
  })->add_flag("--consistency", words_.add, "the one that checks what `consistency` gives; it needs the other one beside it");
  auto* heads = verb(parent, "heads", "the signed tree heads", [this] {
    return show_heads(context_, "journal", {{"partition", words_.partition.value_or(0)}},
                      words_.add ? Signing::now : Signing::not_now);
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

void CommandLine::add_journal_custody(CLI::App* parent) {
  auto* custody = verb(parent, "custody", "what was handed over under a number and has no receipt yet", [this] {
    using What = CustodyWords::What;
    CustodyWords words{words_.all ? What::all : What::open, words_.since, words_.until, words_.file, words_.first, words_.id};
    if (words_.missing) words.what = What::missing;
    if (words_.received) words.what = What::received;
    return journal_custody(context_, words);
  });
  auto* all = custody->add_flag("--all", words_.all, "also what is final");
  auto* missing = custody->add_flag("--missing", words_.missing, "what the other machine numbered and is not here");
  auto* received = custody->add_flag("--received", words_.received, "who handed over what, in the last day or in a period");
  custody->add_option("--since", words_.since, "of a report or of --received: a day, or a moment as 2026-03-01T12:00:00Z");
  custody->add_option("--until", words_.until, "not in the period any more; now where not given");
  auto* report =
      custody->add_option("--report", words_.file, "write the report of the period, signed by both machines, to this new file");
  auto* again = custody->add_option("--again", words_.first, "hand this number over again, whatever came of it");
  custody
      ->add_option("--incarnation", words_.id,
                   "of --again: the life of the store that gave the number; this one where not given")
      ->needs(again);
  const std::vector<CLI::Option*> forms{all, missing, received, report, again};
  for (auto* one : forms)
    for (auto* other : forms)
      if (one != other) one->excludes(other);
}

void CommandLine::add_peer() {
  auto* parent = noun("peer", "the link to the other machine");
  verb(parent, "pair", "this machine's key, and what to put into the other one's configuration",
       [this] { return peer_pair(context_); });
  verb(parent, "status", "whether the link is up, with whom, and what goes over it",
       [this] { return show_object(context_, "peer/status", {}); });
  verb(parent, "witness", "what each machine has countersigned of the other's journal",
       [this] { return show_object(context_, "peer/witness", {}); });
  verb(parent, "settle", "after a look at `peer witness`: believe what the other machine shows next",
       [this] { return do_it(context_, "peer/settle", {}, "the dispute is settled; the next head that comes is believed"); });
}

void CommandLine::add_encryption() {
  auto* parent = noun("encryption", "encryption of all that is kept, and its keys");
  verb(parent, "status", "whether it is on, and what the key ring has",
       [this] { return show_object(context_, "encryption/status", {}); });
  verb(parent, "new-key", "print a new master key", [this] { return encryption_new_key(context_); });
  verb(parent, "rekey", "wrap the key ring under a new master key; the server must not run",
       [this] { return encryption_rekey(context_, words_.file); })
      ->add_option("--master-key", words_.file, "the file of the new one")
      ->required();
}

}  // namespace understudy::app
