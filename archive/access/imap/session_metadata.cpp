// What users note beside their mailboxes and their account (RFC 5464). "/shared" is what everybody sees who may see the
// mailbox: today that is its owner. Nothing can be noted beside the whole server.
#include <algorithm>

#include "archive/access/imap/session.hpp"
#include "archive/access/imap/session_parts.hpp"
#include "mail/imap/wire.hpp"

namespace understudy::archive::access::imap {
namespace {

namespace command = mail::imap::command;
using mailbox::Annotated;

constexpr std::string_view own = "/private/", shared = "/shared/";

/// Whether what is named `entry` was asked for by `asked` (RFC 5464 §4.2.2).
bool is_asked(std::string_view entry, std::string_view asked, command::GetMetadata::Depth depth) {
  using Depth = command::GetMetadata::Depth;
  if (entry == asked) return true;
  const bool below = entry.size() > asked.size() && entry.starts_with(asked) && entry[asked.size()] == '/';
  if (!below || depth == Depth::zero) return false;
  return depth == Depth::infinity || entry.find('/', asked.size() + 1) == entry.npos;
}

Reply not_of_others() {
  return Reply::no("what is noted beside a mailbox is its owner's", "NOPERM");
}

void put_value(std::string& out, std::string_view value) {
  if (value.find('\0') == value.npos) return mail::imap::put_text(out, value);
  out += '~';  // literal8: RFC 5464 §5
  mail::imap::put_literal(out, value);
}

}  // namespace

base::Result<std::string> Session::metadata_of(mailbox::FolderNumber folder, std::string_view name,
                                               const command::GetMetadata& asked, std::uint64_t& longest) const {
  auto noted = account_->annotations(folder);
  if (!noted) return std::unexpected(noted.error());
  std::string values;
  const auto add = [&values](std::string_view entry) -> std::string& {
    if (!values.empty()) values += ' ';
    mail::imap::put_astring(values, entry);
    return values += ' ';
  };
  for (const auto& [entry, value] : *noted) {
    const auto wants = [&entry = entry, &asked](const std::string& each) { return is_asked(entry, each, asked.depth); };
    if (std::ranges::none_of(asked.entries, wants)) continue;
    if (asked.max_size && value.size() > *asked.max_size) {
      longest = std::max<std::uint64_t>(longest, value.size());
      continue;
    }
    put_value(add(entry), value);
  }
  if (asked.depth == command::GetMetadata::Depth::zero)
    for (auto each = asked.entries.begin(); each != asked.entries.end(); ++each)
      if (!noted->contains(*each) && std::find(asked.entries.begin(), each, *each) == each) add(*each) += "NIL";
  if (values.empty()) return std::string();
  return "* METADATA " + written(name) + " (" + values + ")\r\n";
}

net::Task<Reply> Session::on(command::GetMetadata& asked) {
  if (auditor_) co_return Reply::no("what the user has noted is no mail, and not for auditors", "NOPERM");
  auto folder = Annotated::of_account;
  if (!asked.mailbox.utf8.empty() || !asked.mailbox.good()) {
    const auto place = find(asked.mailbox, mailbox::Rights::of("r"));
    if (!place) co_return place.error();
    if (!place->own()) co_return not_of_others();
    folder = place->folder;
  }
  std::uint64_t longest = 0;
  auto told = metadata_of(folder, asked.mailbox.utf8, asked, longest);
  if (!told) co_return reply_for(told.error());
  output_ += *told;
  if (longest == 0) co_return Reply::ok("done");
  co_return Reply::ok("some are longer", "METADATA LONGENTRIES " + std::to_string(longest));
}

net::Task<Reply> Session::on(command::SetMetadata& asked) {
  if (auto refused = why_not_change()) co_return std::move(*refused);
  auto folder = Annotated::of_account;
  if (!asked.mailbox.utf8.empty() || !asked.mailbox.good()) {
    const auto place = find(asked.mailbox, mailbox::Rights::of("r"));
    if (!place) co_return place.error();
    if (!place->own()) co_return not_of_others();
    folder = place->folder;
  }
  const auto& options = settings_->options;
  const auto most = std::min<std::uint64_t>(options.metadata_value, mailbox::longest_annotation);
  for (const auto& [entry, value] : asked.entries) {
    const bool is_shared = entry.starts_with(shared);
    if (!is_shared && !entry.starts_with(own)) co_return Reply::bad("names of entries begin with /private/ or /shared/");
    if (is_shared && folder == Annotated::of_account)
      co_return Reply::no("what all users of the server share is not theirs to change", "NOPERM");
    if (entry.size() > mailbox::longest_annotation_name) co_return Reply::no("the name of the entry is too long", "LIMIT");
    if (value && value->size() > most) co_return Reply::no("the value is too long", "METADATA MAXSIZE " + std::to_string(most));
  }
  mailbox::Owner::AnnotationLimits limits;
  limits.entries = options.metadata_entries;
  limits.octets = options.metadata_size;
  limits.value = options.metadata_value;
  Change noted = [account = account_number_, folder, entries = asked.entries, limits](commit::Stage& stage,
                                                                                      commit::Owners& owners) {
    return owners.mailbox.annotate(stage, account, folder, entries, limits);
  };
  auto done = co_await change(std::move(noted));
  if (!done && done.error().code == base::errc::too_long)
    co_return Reply::no("no more can be noted in this account", "METADATA TOOMANY");
  if (!done) co_return reply_for(done.error());
  co_return Reply::ok("done");
}

}  // namespace understudy::archive::access::imap
