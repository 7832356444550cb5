#include "archive/retention/rule.hpp"

#include <algorithm>

#include "archive/mailbox/account_state.hpp"
#include "archive/mailbox/folder_names.hpp"
#include "base/text.hpp"

namespace understudy::archive::retention {
namespace {

using mailbox::Flags;
using mailbox::Message;
using Word = Verdict::Word;

bool fits(Is wanted, bool is) {
  return wanted == Is::either || (wanted == Is::yes) == is;
}

bool is_spam(const Message& message) {
  return std::ranges::any_of(message.flags.keywords, [](const auto& keyword) { return base::iequals(keyword, spam_mark); });
}

bool is_in(const Rule& rule, std::string_view folder) {
  if (rule.folder == "*" || mailbox::same_name(rule.folder, folder)) return true;
  const bool is_longer = folder.size() > rule.folder.size() && folder[rule.folder.size()] == '/';
  return rule.below && is_longer && mailbox::same_name(rule.folder, folder.substr(0, rule.folder.size()));
}

bool asks_for_flags(const Rule& rule) {
  return rule.read != Is::either || rule.flagged != Is::either || rule.deleted || rule.spam;
}

/// The first column that does not fit, and will not by time alone.
std::string_view in_the_way(const Rule& rule, const mailbox::Folder& folder, const Message& message) {
  if (folder.kind != mailbox::FolderKind::live) return "kind";
  if (!is_in(rule, folder.name)) return "folder";
  if (message.body.size < rule.size) return "size";
  const auto has = [&](std::uint8_t flag) { return (message.flags.system & flag) != 0; };
  if (!fits(rule.read, has(Flags::seen))) return "read";
  if (!fits(rule.flagged, has(Flags::flagged))) return "flagged";
  if (rule.deleted && !has(Flags::deleted)) return "deleted";
  if (rule.spam && !is_spam(message)) return "spam";
  return {};
}

/// When its flags were last changed, at the latest: by the first sample that knows of the change; now, where none does.
base::WallTime changed_by(const Message& message, const std::vector<Sample>& samples, base::WallTime now) {
  const auto known = std::ranges::lower_bound(samples, message.modseq, {}, [](const Sample& sample) { return sample.modseq; });
  return known == samples.end() ? now : std::min(known->at, now);
}

}  // namespace

base::Result<> check(const Rule& rule) {
  const auto refuse = [](std::string why) -> base::Result<> { return base::fail(std::move(why), base::errc::malformed); };
  if (rule.name.empty() || rule.name.size() > 100 || !base::is_utf8(rule.name)) return refuse("name: 1 to 100 octets of UTF-8");
  if (rule.folder != "*" && rule.folder.find('*') != std::string::npos)
    return refuse("folder: \"*\" stands alone, for all folders; what is below one folder has a column of its own, `below`");
  if (rule.folder == "*" && rule.below) return refuse("below: all folders are meant already");
  if (rule.folder != "*")
    if (auto good = mailbox::check_folder_name(rule.folder); !good) return refuse("folder: " + good.error().text());
  if (rule.age > oldest_age) return refuse("age: at most " + std::to_string(oldest_age) + " days, a hundred years");
  if (rule.grace < std::chrono::seconds(0) || rule.grace > longest_grace) return refuse("grace: 0 to 365 days");
  return {};
}

Verdict judge(const Rule& rule, const mailbox::Folder& folder, const Message& message, const std::vector<Sample>& samples,
              base::WallTime now) {
  constexpr std::chrono::milliseconds more{1};  // than so old: at the moment itself it stays
  if (const auto column = in_the_way(rule, folder, message); !column.empty()) return {Word::never, column};
  const auto counts_from = message.put_back ? message.saved : message.stored;
  Verdict verdict{Word::takes, {}, counts_from + std::chrono::days(rule.age) + more};
  if (verdict.at > now) verdict.column = "age";
  const auto wait_until = [&](base::WallTime until) {
    if (until > now && until > verdict.at) verdict.column = "grace";
    verdict.at = std::max(verdict.at, until);
  };
  if (rule.folder != "*") wait_until(message.saved + rule.grace);
  if (asks_for_flags(rule)) wait_until(changed_by(message, samples, now) + rule.grace);
  if (verdict.at > now) verdict.word = Word::waits;
  return verdict;
}

}  // namespace understudy::archive::retention
