#include "mail/imap/command.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/imap/command_name.hpp"
#include "mail/imap/parsers.hpp"

namespace understudy::mail::imap {
namespace {

enum class Uid : std::uint8_t { refused, allowed };

using Read = bool (*)(TokenReader& in, bool uid, command::Any& out);

template <class What>
bool nothing(TokenReader&, bool, command::Any& out) {
  out = What{};
  return true;
}
template <class What>
bool arguments(TokenReader& in, bool, command::Any& out) {
  return parsers::read(in, out.emplace<What>());
}
template <class What>
bool one_mailbox(TokenReader& in, bool, command::Any& out) {
  return parsers::read_mailbox(in, out.emplace<What>().mailbox);
}
template <class What>
bool with_uid(TokenReader& in, bool uid, command::Any& out) {
  auto& what = out.emplace<What>();
  what.uid = uid;
  return parsers::read(in, what);
}

bool examine(TokenReader& in, bool, command::Any& out) {
  auto& what = out.emplace<command::Select>();
  what.read_only = true;
  return parsers::read(in, what);
}
bool move_messages(TokenReader& in, bool uid, command::Any& out) {
  auto& what = out.emplace<command::Copy>();
  what.uid = uid;
  what.move = true;
  return parsers::read(in, what);
}
bool expunge(TokenReader& in, bool uid, command::Any& out) {
  auto& what = out.emplace<command::Expunge>();
  return !uid || parsers::read(in, what);
}

/// The whole of APPEND or REPLACE; of the messages there are only the heads.
AppendParser read_whole(TokenReader& in, AppendParser::Kind kind) {
  AppendParser parser(kind, in.context());
  if (in.space() && parser.go_on(in.text(), in.at(), AppendParser::Text::whole) == AppendParser::State::ended)
    in.take_rest();
  else
    in.fail(parser.error());
  return parser;
}
bool append(TokenReader& in, bool, command::Any& out) {
  AppendParser parser = read_whole(in, AppendParser::Kind::append);
  out = command::Append{parser.mailbox(), parser.take_messages()};
  return in.error().empty();
}
bool replace(TokenReader& in, bool uid, command::Any& out) {
  AppendParser parser = read_whole(in, uid ? AppendParser::Kind::uid_replace : AppendParser::Kind::replace);
  if (!in.error().empty()) return false;
  out = command::Replace{uid, parser.target(), parser.mailbox(), std::move(parser.take_messages().front())};
  return true;
}

struct Known {
  std::string_view name;
  Uid uid;
  Read read;
};
constexpr std::array<Known, 45> known_commands = {{
    {"CAPABILITY", Uid::refused, nothing<command::Capability>},
    {"NOOP", Uid::refused, nothing<command::Noop>},
    {"LOGOUT", Uid::refused, nothing<command::Logout>},
    {"STARTTLS", Uid::refused, nothing<command::StartTls>},
    {"CHECK", Uid::refused, nothing<command::Check>},
    {"CLOSE", Uid::refused, nothing<command::Close>},
    {"UNSELECT", Uid::refused, nothing<command::Unselect>},
    {"NAMESPACE", Uid::refused, nothing<command::Namespace>},
    {"IDLE", Uid::refused, nothing<command::Idle>},
    {"COMPRESS", Uid::refused, arguments<command::CompressDeflate>},
    {"ID", Uid::refused, arguments<command::Id>},
    {"AUTHENTICATE", Uid::refused, arguments<command::Authenticate>},
    {"LOGIN", Uid::refused, arguments<command::Login>},
    {"ENABLE", Uid::refused, arguments<command::Enable>},
    {"SELECT", Uid::refused, arguments<command::Select>},
    {"EXAMINE", Uid::refused, examine},
    {"CREATE", Uid::refused, arguments<command::Create>},
    {"DELETE", Uid::refused, one_mailbox<command::Delete>},
    {"RENAME", Uid::refused, arguments<command::Rename>},
    {"SUBSCRIBE", Uid::refused, one_mailbox<command::Subscribe>},
    {"UNSUBSCRIBE", Uid::refused, one_mailbox<command::Unsubscribe>},
    {"LIST", Uid::refused, arguments<command::List>},
    {"LSUB", Uid::refused, arguments<command::Lsub>},
    {"STATUS", Uid::refused, arguments<command::Status>},
    {"APPEND", Uid::refused, append},
    {"REPLACE", Uid::allowed, replace},
    {"EXPUNGE", Uid::allowed, expunge},
    {"SEARCH", Uid::allowed, with_uid<command::Search>},
    {"SORT", Uid::allowed, with_uid<command::Sort>},
    {"THREAD", Uid::allowed, with_uid<command::Thread>},
    {"FETCH", Uid::allowed, with_uid<command::Fetch>},
    {"STORE", Uid::allowed, with_uid<command::Store>},
    {"COPY", Uid::allowed, with_uid<command::Copy>},
    {"MOVE", Uid::allowed, move_messages},
    {"GETQUOTA", Uid::refused, arguments<command::GetQuota>},
    {"GETQUOTAROOT", Uid::refused, one_mailbox<command::GetQuotaRoot>},
    {"SETQUOTA", Uid::refused, arguments<command::SetQuota>},
    {"GETACL", Uid::refused, one_mailbox<command::GetAcl>},
    {"SETACL", Uid::refused, arguments<command::SetAcl>},
    {"DELETEACL", Uid::refused, arguments<command::DeleteAcl>},
    {"LISTRIGHTS", Uid::refused, arguments<command::ListRights>},
    {"MYRIGHTS", Uid::refused, one_mailbox<command::MyRights>},
    {"GETMETADATA", Uid::refused, arguments<command::GetMetadata>},
    {"SETMETADATA", Uid::refused, arguments<command::SetMetadata>},
    {"NOTIFY", Uid::refused, arguments<command::Notify>},
}};

const Known* find(const CommandName& name) {
  const auto found = std::ranges::find_if(
      known_commands, [&](const Known& k) { return base::iequals(k.name, name.name) && (!name.uid || k.uid == Uid::allowed); });
  return found == known_commands.end() ? nullptr : &*found;
}

bool is_tag_char(char c) {
  return c > 0x20 && c < 0x7f && std::string_view("(){%*\"\\+").find(c) == std::string_view::npos;
}

// The word at the front, as far as a space or the end.
std::string_view first_word(std::string_view text) {
  return text.substr(0, std::min(text.find(' '), text.size()));
}

}  // namespace

std::string_view tag_of(std::string_view text, std::size_t most) {
  const auto word = first_word(text.substr(0, most + 1));
  const bool good = !word.empty() && word.size() <= most && std::ranges::all_of(word, is_tag_char);
  return good ? word : std::string_view();
}

CommandName name_of(std::string_view text, std::size_t tag) {
  constexpr std::size_t longest = 16;  // no name is longer
  CommandName found;
  found.arguments = std::min(tag + 1, text.size());
  const auto next = [&] { return first_word(text.substr(found.arguments, longest)); };
  found.name = next();
  if (base::iequals(found.name, "UID")) {
    found.uid = true;
    found.arguments = std::min(found.arguments + found.name.size() + 1, text.size());
    found.name = next();
  }
  found.arguments += found.name.size();
  return found;
}

std::expected<Command, SyntaxError> parse_command(std::string_view text, const ParseContext& context) {
  const std::string tag(tag_of(text, context.limits.tag));
  const auto wrong = [&](std::string_view sentence) { return std::unexpected(SyntaxError{tag, std::string(sentence)}); };
  if (tag.empty()) return wrong("The tag of a command is missing or not understood");
  if (tag.size() == text.size()) return wrong("The name of a command is missing");
  const CommandName name = name_of(text, tag.size());
  const Known* known = find(name);
  if (known == nullptr) return wrong("This command is not known");
  TokenReader in(text, name.arguments, context);
  Command command{tag, {}};
  const bool good = known->read(in, name.uid, command.what);
  if (!good) return wrong(in.error().empty() ? "Syntax error" : in.error());
  if (!in.at_end()) return wrong("Something stands behind the command that is not understood");
  return command;
}

bool is_done(std::string_view line) {
  return base::iequals(line, "DONE");
}

std::string_view known_name(std::string_view text) {
  constexpr ParseLimits limits;
  const auto tag = tag_of(text, limits.tag);
  if (tag.empty() || tag.size() == text.size()) return {};
  const CommandName name = name_of(text, tag.size());
  const Known* known = find(name);
  if (known == nullptr || !name.uid) return known == nullptr ? std::string_view() : known->name;
  using Named = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Named, 9> with_uid = {{{"REPLACE", "UID REPLACE"},
                                              {"EXPUNGE", "UID EXPUNGE"},
                                              {"SEARCH", "UID SEARCH"},
                                              {"SORT", "UID SORT"},
                                              {"THREAD", "UID THREAD"},
                                              {"FETCH", "UID FETCH"},
                                              {"STORE", "UID STORE"},
                                              {"COPY", "UID COPY"},
                                              {"MOVE", "UID MOVE"}}};
  const auto found = std::ranges::find(with_uid, known->name, &Named::first);
  return found == with_uid.end() ? std::string_view() : found->second;
}

}  // namespace understudy::mail::imap
