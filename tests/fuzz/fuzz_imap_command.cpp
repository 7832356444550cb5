/// Any octets as the input of an IMAP client, whole and in pieces: the same events come of both, the reader stays within its
/// limits, and what the parser takes it takes again, written anew, as the same command.
#include <algorithm>
#include <cctype>

#include "fuzz_check.hpp"
#include "imap_written.hpp"
#include "mail/imap/command_reader.hpp"

using namespace understudy::mail::imap;
using understudy::tests::ImapWriter;
using understudy::tests::must;
using Event = CommandReader::Event;

namespace {

ReaderLimits small_limits(bool logged_in) {
  ReaderLimits limits = logged_in ? ReaderLimits::after_login(300) : ReaderLimits::before_login();
  limits.line = 400;
  limits.command = 1000;
  limits.literal = 200;
  limits.literals = 8;
  limits.skipped = 2000;
  return limits;
}

/// What a command promises beyond its text: limits, and what stands there together.
void check(const command::Append& append) {
  must(!append.messages.empty());
  for (const auto& message : append.messages) must(!message.parts.empty());
}
void check(const command::SetAcl& acl) {
  must(std::ranges::all_of(acl.rights, [](unsigned char c) { return std::islower(c) || std::isdigit(c); }));
}
void check_entry(const std::string& name) {
  must(name.starts_with('/') && name.find_first_of("*%") == name.npos);
  must(std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c >= 0x7f || std::isupper(c); }));
}
void check(const command::GetMetadata& get) {
  must(!get.entries.empty());
  std::ranges::for_each(get.entries, check_entry);
}
void check(const command::SetMetadata& set) {
  must(!set.entries.empty());
  for (const auto& [name, value] : set.entries) check_entry(name);
}
void check(const command::Select& select) {
  must(!select.qresync || (select.condstore && select.qresync->match_uids.count() == select.qresync->match_sequence.count()));
}
void check(const command::Notify& notify) {
  std::size_t held = 0;
  for (const auto& group : notify.groups) {
    const bool named = group.filter == NotifyGroup::Filter::subtree || group.filter == NotifyGroup::Filter::mailboxes;
    must(named != group.names.empty());
    held += group.names.size() + group.events.size();
    for (const auto& event : group.events) must(event.fetch.empty() || event.kind == NotifyEvent::Kind::message_new);
  }
  must(held <= ParseLimits().list_items);
}
template <class Other>
void check(const Other&) {}

void look_at(std::string_view text, const ParseContext& context) {
  const auto got = parse_command(text, context);
  if (!got) {
    const auto& why = got.error().text;
    must(!why.empty() && why.size() <= 200);
    must(std::ranges::none_of(why, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }));
    return;
  }
  must(!got->tag.empty() && got->tag.size() <= context.limits.tag && !known_name(text).empty());
  std::visit([](const auto& what) { check(what); }, got->what);
  const auto written = ImapWriter::text_of(*got, context.names);
  if (!written) return;
  const auto again = parse_command(*written, context);
  must(again && again->what.index() == got->what.index());
  must(ImapWriter::text_of(*again, context.names) == written);
  if (const auto* search = std::get_if<command::Search>(&got->what))
    must(std::get<command::Search>(again->what).key == search->key);
  else if (const auto* fetch = std::get_if<command::Fetch>(&got->what))
    must(std::get<command::Fetch>(again->what).items == fetch->items);
  else if (const auto* append = std::get_if<command::Append>(&got->what))
    must(std::get<command::Append>(again->what).messages == append->messages);
}

/// What happens, as text.
std::string play(std::string_view input, std::size_t piece_size, const ReaderLimits& limits, const ParseContext& context) {
  CommandReader reader(limits, context);
  std::string log;
  std::uint64_t left = 0;  // of a message
  while (!input.empty()) {
    std::string_view piece = input.substr(0, piece_size);
    input.remove_prefix(piece.size());
    while (true) {
      const auto taken = std::min<std::uint64_t>(left, piece.size());
      piece.remove_prefix(taken);
      left -= taken;
      if (left > 0) break;
      const Event event = reader.feed(piece);
      must(reader.text().size() <= limits.command + 2);
      if (event == Event::more) break;
      log += static_cast<char>('0' + static_cast<int>(event));
      if (event == Event::bye) return log;
      if (event == Event::refused) log += reader.refusal().reply();
      if (event == Event::command || event == Event::line) log += reader.text();
      if (event == Event::command) look_at(reader.text(), context);
      if (event == Event::command && reader.text().ends_with('E')) reader.expect_line();
      if (event != Event::message) continue;
      must(reader.literal().octets <= limits.message);
      if (reader.literal().octets % 7 == 6) {
        reader.refuse_message({.kind = Refusal::Kind::no, .text = "No"});
      } else {
        left = reader.literal().octets;
        reader.take_message();
      }
    }
  }
  return log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const ReaderLimits limits = small_limits(data[0] % 4 != 0);
  const ParseContext context{.names = data[0] % 2 == 0 ? NameForm::utf7 : NameForm::utf8};
  must(play(input, size, limits, context) == play(input, 1 + data[1] % 16, limits, context));
  look_at(input, context);
  return 0;
}
