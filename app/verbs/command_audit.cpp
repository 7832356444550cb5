/// The verbs about the audit journal, the second person and cases.
#include "app/verbs/ask.hpp"
#include "app/verbs/audit_columns.hpp"
#include "app/verbs/command_words.hpp"
#include "app/verbs/verbs.hpp"

namespace understudy::app {
namespace {

void put(boost::json::object& words, std::string_view name, const std::string& text) {
  if (!text.empty()) words[name] = text;
}

}  // namespace

boost::json::object CommandLine::audit_words() const {
  boost::json::object words;
  put(words, "since", words_.since);
  put(words, "until", words_.until);
  put(words, "operator", words_.who);
  put(words, "action", words_.action);
  if (words_.last_entries > 0) words["last"] = words_.last_entries;
  return words;
}

void CommandLine::want_audit_filter(CLI::App* verb) {
  verb->add_option("--since", words_.since, "from this moment on, as 2026-03-01 or 2026-03-01T12:00:00Z (UTC)");
  verb->add_option("--until", words_.until, "before this moment");
  verb->add_option("--operator", words_.who, "what this one did");
  verb->add_option("--action", words_.action,
                   "this verb (message/export), these (message), or of this kind (read, export, ...)");
  verb->add_option("--last", words_.last_entries, "look at the last so many entries alone");
}

void CommandLine::add_audit() {
  auto* parent = noun("audit", "who did what with what the archive keeps");
  want_audit_filter(verb(parent, "list", "entries in order",
                         [this] { return show_list(context_, "audit/list", audit_words(), columns::audit); }));
  verb(parent, "show", "one entry, with its leaf in the tree",
       [this] {
         return show_object(context_, "audit/show", {{"entry", words_.first.value_or(0)}});
       })
      ->add_option("ENTRY", words_.first, "its number")
      ->required();
  verb(parent, "verify", "compute every hash of the audit journal again, and check each signed head",
       [this] { return audit_verify(context_); });
  verb(parent, "prove", "that an entry is in the audit journal, for others to check, as JSON",
       [this] {
         context_.form = Form::json;
         return show_object(context_, "audit/prove", {{"entry", words_.first.value_or(0)}});
       })
      ->add_option("ENTRY", words_.first, "its number")
      ->required();
  want_audit_filter(verb(parent, "export", "entries with their proofs, a JSON object on each line",
                         [this] { return audit_export(context_, audit_words()); }));
  verb(parent, "heads", "the signed tree heads of the audit journal", [this] {
    return show_heads(context_, "audit", {}, words_.add ? Signing::now : Signing::not_now);
  })->add_flag("--sign", words_.add, "sign one now");
  auto* consistency = verb(parent, "consistency", "show that a later head continues an earlier one", [this] {
    return show_object(context_, "audit/consistency", {{"from", words_.first.value_or(0)}, {"to", words_.last.value_or(0)}});
  });
  consistency->add_option("FROM", words_.first, "entries under the earlier head")->required();
  consistency->add_option("TO", words_.last, "entries under the later one; the newest where not given");
}

void CommandLine::add_approval() {
  auto* parent = noun("approval", "what waits for the consent of a second person");
  verb(parent, "list", "requests that nobody has answered yet", [this] {
    return show_list(context_, "approval/list", {{"all", words_.all ? 1 : 0}}, columns::approvals);
  })->add_flag("--all", words_.all, "those that were answered, too");
  const auto number = [this](CLI::App* added) {
    added->add_option("NUMBER", words_.first, "as `approval list` shows it")->required();
  };
  number(verb(parent, "show", "one request, with all that it asks for", [this] {
    return show_object(context_, "approval/show", {{"number", words_.first.value_or(0)}});
  }));
  number(verb(parent, "give", "agree to the action of another operator, for once", [this] {
    const boost::json::object words{{"number", words_.first.value_or(0)}};
    return do_it(context_, "approval/give", words, "approved; the operator who asked may now run the same command again");
  }));
  number(verb(parent, "refuse", "do not agree to it; or withdraw a request of your own", [this] {
    return do_it(context_, "approval/refuse", {{"number", words_.first.value_or(0)}}, "refused");
  }));
}

boost::json::object CommandLine::case_words() const {
  boost::json::object words{{"case", words_.id}, {"operator", words_.who}};
  boost::json::array accounts;
  for (const auto& account : words_.aliases) accounts.emplace_back(account);
  words["accounts"] = std::move(accounts);
  put(words, "until", words_.until);
  put(words, "from", words_.from);
  put(words, "to", words_.to);
  return words;
}

void CommandLine::add_case() {
  auto* parent = noun("case", "what an auditor may see, why, and until when");
  const auto name = [this](CLI::App* added) { added->add_option("NAME", words_.id, "name of the case")->required(); };
  auto* open = verb(parent, "open", "let an auditor see some accounts for a while; --reason says why",
                    [this] { return case_open(context_, case_words(), words_.duration); });
  name(open);
  open->add_option("--account", words_.aliases, "an account; may be repeated")->required()->expected(1)->take_all();
  open->add_option("--operator", words_.who, "the auditor whose case it is")->required();
  open->add_option("--until", words_.until, "its end, as 2026-03-01 or 2026-03-01T12:00:00Z (UTC)");
  open->add_option("--for", words_.duration, "or how long, as 30d");
  open->add_option("--from", words_.from, "messages from this moment on alone");
  open->add_option("--to", words_.to, "messages before this moment alone");
  verb(parent, "list", "all cases", [this] { return show_list(context_, "case/list", {}, columns::cases); });
  name(verb(parent, "show", "one case", [this] { return show_object(context_, "case/show", {{"case", words_.id}}); }));
  name(verb(parent, "close", "end it before its time", [this] {
    return do_it(context_, "case/close", {{"case", words_.id}}, "case " + words_.id + " is closed");
  }));
}

}  // namespace understudy::app
