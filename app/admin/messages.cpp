#include <algorithm>

#include "app/admin/flags.hpp"
#include "app/admin/handlers.hpp"
#include "app/admin/message_rows.hpp"
#include "archive/mailbox/projection.hpp"
#include "archive/mailbox/view.hpp"
#include "archive/reading.hpp"
#include "archive/summaries.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mail/header/scan.hpp"
#include "mail/mime/encoded_word.hpp"

namespace understudy::app {
namespace {

namespace mailbox = archive::mailbox;

constexpr std::uint64_t max_uid = 0xffffffff;
constexpr std::size_t shown_header = 64 * 1024;  ///< octets of a message that `show` looks at
constexpr std::size_t shown_fields = 500;

/// What ACCOUNT and FOLDER lead to.
struct Where {
  mailbox::AccountNumber account = 0;
  std::string account_name;
  mailbox::ListedFolder folder;
};

base::Result<Where> find(const Permit& permit, const std::string& address, const std::string& folder) {
  auto account = find_account(permit.archive(), address);
  if (!account) return std::unexpected(account.error());
  auto found = mailbox::find_folder(permit.archive().store(), account->number, folder);
  if (!found) return std::unexpected(found.error());
  return Where{account->number, account->name, std::move(*found)};
}

/// The message that the arguments name.
struct Named {
  Where where;
  mailbox::Uid uid = 0;
  mailbox::Message message;
};

/// By "account", "folder" and "uid", the last arguments that the verb reads; or the answer that says why not.
std::expected<Named, AdminAnswer> find_message(const Permit& permit, Arguments& arguments) {
  const auto address = arguments.text("account");
  const auto folder = arguments.text("folder");
  const auto uid = static_cast<mailbox::Uid>(arguments.number("uid", max_uid));
  if (auto problem = arguments.problem()) return std::unexpected(wrong_usage(*problem));
  auto where = find(permit, address, folder);
  if (!where) return std::unexpected(failed(where.error()));
  auto message = mailbox::message(permit.archive().store(), where->account, where->folder.number, uid);
  if (!message) return std::unexpected(failed(message.error()));
  if (!permit.covers(message->internal_date, message->stored)) return std::unexpected(not_found(outside_the_case));
  return Named{std::move(*where), uid, std::move(*message)};
}

/// What a change of one message works with. The number stays when somebody renames the folder meanwhile.
struct Place {
  mailbox::AccountNumber account = 0;
  mailbox::FolderNumber number = 0;
  std::string folder;
  mailbox::Uid uid = 0;
};
using Act = std::function<base::Result<mailbox::Uid>(mailbox::Owner&, archive::commit::Stage&, const Place&)>;

/// Changes the message that "account", "folder" and "uid" name; answers with the UID that `act` gives.
net::Task<AdminAnswer> change_message(const Permit& permit, Arguments arguments, std::string event, Act act) {
  auto named = find_message(permit, arguments);
  if (!named) co_return std::move(named.error());
  auto result = std::make_shared<mailbox::Uid>(named->uid);
  const Place place{named->where.account, named->where.folder.number, named->where.folder.folder.name, named->uid};
  archive::Change staged = [place, result, act](archive::commit::Stage& stage,
                                                archive::commit::Owners& owners) -> base::Result<> {
    auto given = act(owners.mailbox, stage, place);
    if (!given) return std::unexpected(given.error());
    *result = *given;
    return {};
  };
  auto changed = co_await change(permit, std::move(staged));
  if (!changed) co_return failed(changed.error());
  base::log::info(event,
                  {{"account", named->where.account_name}, {"folder", named->where.folder.folder.name}, {"uid", named->uid}});
  boost::json::object answer;
  answer["uid"] = *result;
  co_return done(std::move(answer));
}

/// The header fields, as far as they are among the first octets.
base::Result<boost::json::array> header_of(const Permit& permit, const mailbox::Message& message) {
  auto opened = permit.open_body(message.body);
  if (!opened) return std::unexpected(opened.error());
  auto& body = *opened;
  std::string text;
  while (text.size() < shown_header && text.size() < message.body.size) {
    auto piece = body->read(text.size(), shown_header - text.size());
    if (!piece) return std::unexpected(piece.error());
    if (piece->empty()) break;
    text += *piece;
  }
  const auto header = mail::header::scan(text, {.octets = shown_header, .fields = shown_fields});
  boost::json::array fields;
  for (const auto& field : header.fields) {
    boost::json::object row;
    row["name"] = json_text(header.name(field));
    row["value"] = json_text(mail::mime::decode_encoded_words(mail::header::unfold(header.value(field))));
    fields.emplace_back(std::move(row));
  }
  return fields;
}

}  // namespace

net::Task<AdminAnswer> message_list(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto address = arguments.text("account");
  const auto folder = arguments.text("folder");
  const auto after = base::to_number(arguments.text_or("after", "0"));
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (!after || *after >= max_uid) co_return wrong_usage("after: was not given by this server");
  auto where = find(permit, address, folder);
  if (!where) co_return failed(where.error());
  auto messages = mailbox::messages(permit.archive().store(), where->account, where->folder.number,
                                    static_cast<mailbox::Uid>(*after + 1), AdminApi::page_rows);
  if (!messages) co_return failed(messages.error());
  Page page(AdminApi::page_rows);
  for (const auto& each : *messages)
    if (permit.covers(each.message.internal_date, each.message.stored))
      page.add(message_row(permit, where->account, each.uid, each.message));
  const bool more = messages->size() == AdminApi::page_rows;
  co_return page.take(more ? std::to_string(messages->back().uid) : std::string());
}

net::Task<AdminAnswer> message_show(const AdminParts&, const Permit& permit, Arguments arguments) {
  auto named = find_message(permit, arguments);
  if (!named) co_return std::move(named.error());
  auto header = header_of(permit, named->message);
  if (!header) co_return failed(header.error());
  auto row = message_row(permit, named->where.account, named->uid, named->message);
  row["header"] = std::move(*header);
  co_return done(std::move(row));
}

net::Task<AdminAnswer> message_export(const AdminParts&, const Permit& permit, Arguments arguments) {
  auto named = find_message(permit, arguments);
  if (!named) co_return std::move(named.error());
  const archive::InMailbox at{named->where.account, named->where.folder.number, named->uid};
  const auto digest = archive::digest_of(permit.archive().store(), at, named->message);
  if (!digest) co_return failed(digest.error());
  auto opened = permit.open_body(named->message.body);
  if (!opened) co_return failed(opened.error());
  const std::shared_ptr body = archive::checked(std::move(*opened), *digest);
  OctetStream octets;
  octets.size = named->message.body.size;
  octets.read = [body](std::uint64_t offset) { return body->read(offset, archive::store::Bodies::max_chunk); };
  AdminAnswer answer;
  answer.octets = std::move(octets);
  co_return answer;
}

net::Task<AdminAnswer> message_flag(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto words = arguments.texts("flags");
  const auto how = arguments.text_or("how", "set");
  auto flags = parse_flags(words);
  if (!flags) co_return failed(flags.error());
  if (how != "set" && how != "add" && how != "remove") co_return wrong_usage("how: must be set, add or remove");
  Act act = [flags = *flags, how](mailbox::Owner& owner, archive::commit::Stage& stage,
                                  const Place& place) -> base::Result<mailbox::Uid> {
    auto now = mailbox::find_message(stage, place.account, place.number, place.uid);
    if (!now) return std::unexpected(now.error());
    auto wanted = flags;
    if (how == "add") wanted = with_flags(now->flags, flags);
    if (how == "remove") wanted = without_flags(now->flags, flags);
    if (auto set = owner.set_flags(stage, place.account, place.folder, place.uid, std::move(wanted)); !set)
      return std::unexpected(set.error());
    return place.uid;
  };
  co_return co_await change_message(permit, std::move(arguments), "admin.message_flag", std::move(act));
}

net::Task<AdminAnswer> message_move(const AdminParts&, const Permit& permit, Arguments arguments) {
  Act act = [to = arguments.text("to")](mailbox::Owner& owner, archive::commit::Stage& stage, const Place& place) {
    return owner.move(stage, place.account, place.folder, place.uid, to);
  };
  co_return co_await change_message(permit, std::move(arguments), "admin.message_move", std::move(act));
}

net::Task<AdminAnswer> message_copy(const AdminParts&, const Permit& permit, Arguments arguments) {
  Act act = [to = arguments.text("to")](mailbox::Owner& owner, archive::commit::Stage& stage, const Place& place) {
    return owner.copy(stage, place.account, place.folder, place.uid, to);
  };
  co_return co_await change_message(permit, std::move(arguments), "admin.message_copy", std::move(act));
}

net::Task<AdminAnswer> message_delete(const AdminParts&, const Permit& permit, Arguments arguments) {
  Act act = [who = permit.actor().name](mailbox::Owner& owner, archive::commit::Stage& stage,
                                        const Place& place) -> base::Result<mailbox::Uid> {
    auto gone =
        owner.bin_all(stage, place.account, place.number, {{place.uid, place.uid}}, {mailbox::Binned::By::administrator, who});
    if (!gone) return std::unexpected(gone.error());
    if (gone->uids.empty()) return base::fail("message " + std::to_string(place.uid), base::errc::not_found);
    return gone->first;
  };
  co_return co_await change_message(permit, std::move(arguments), "admin.message_delete", std::move(act));
}

}  // namespace understudy::app
