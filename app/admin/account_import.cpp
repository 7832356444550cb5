/// Many accounts at a time: each line is a change of its own, taken whole or refused with a reason; all of a request share a
/// commit. What is there already is completed, never taken away: the same lines may come again.

#include <algorithm>
#include <atomic>

#include "app/admin/handlers.hpp"
#include "archive/await.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mail/sasl/verifier.hpp"

namespace understudy::app {
namespace {

using archive::directory::AccountRecord;

constexpr std::size_t most_lines = 1000;
constexpr std::uint64_t last_line = 0xffffffffffff;

enum class Became : std::uint8_t { added, changed, unchanged };
enum class Mode : std::uint8_t { import, check };

struct Line {
  std::uint64_t number = 0;
  std::string address;  ///< as given
  AccountRecord wanted;
  base::Result<Became> became = base::fail("not answered", base::errc::stopped);
};

/// The lines of one request; each is answered on the committer's thread.
struct Import {
  std::vector<Line> lines;
  Mode mode = Mode::import;
  std::atomic<std::size_t> left = 0;
  archive::Done<> done;
};

/// What is wrong with the line by itself stands in `became` then.
Line line_of(const archive::Archive& archive, std::uint64_t number, std::string address, std::string verifier,
             const std::vector<std::string>& aliases) {
  Line line;
  line.number = number;
  line.address = std::move(address);
  line.became = Became::unchanged;
  const auto canonical = [&](const std::string& text) {
    auto name = account_name(archive, text);
    if (!name && line.became) line.became = std::unexpected(name.error());
    return name ? std::move(*name) : std::string();
  };
  line.wanted.name = canonical(line.address);
  for (const auto& alias : aliases)
    if (auto name = canonical(alias); std::ranges::find(line.wanted.aliases, name) == line.wanted.aliases.end())
      line.wanted.aliases.push_back(std::move(name));
  if (!verifier.empty() && !mail::sasl::Verifier::parse(verifier))
    line.became =
        base::fail("verifier: must be \"{SCRAM-SHA-256}iterations,salt,stored-key,server-key\"", base::errc::malformed);
  line.wanted.verifier = std::move(verifier);
  line.wanted.login = !line.wanted.verifier.empty();
  line.wanted.made_by = archive::directory::MadeBy::command;
  return line;
}

base::Result<Became> complete(archive::commit::Stage& stage, archive::commit::Owners& owners, AccountRecord record,
                              const AccountRecord& wanted) {
  auto became = Became::unchanged;
  for (const auto& alias : wanted.aliases) {
    if (std::ranges::find(record.aliases, alias) != record.aliases.end()) continue;
    record.aliases.push_back(alias);
    became = Became::changed;
  }
  if (!wanted.verifier.empty() && record.verifier != wanted.verifier) {
    if (!record.verifier.empty())
      return base::fail("account " + record.name + ": has another password; `understudy account passwd` changes it",
                        base::errc::exists);
    record.verifier = wanted.verifier;
    record.login = true;
    became = Became::changed;
  }
  if (became == Became::unchanged) return became;
  if (auto changed = owners.directory.change(stage, record); !changed) return std::unexpected(changed.error());
  return became;
}

base::Result<Became> stage_line(archive::commit::Stage& stage, archive::commit::Owners& owners,
                                const archive::directory::Live& live, const AccountRecord& wanted) {
  if (auto there = owners.directory.find(wanted.name)) return complete(stage, owners, std::move(*there), wanted);
  auto added = owners.directory.add(stage, wanted);
  if (!added) return std::unexpected(added.error());
  if (auto folders = archive::commit::make_folders(stage, owners, live, *added); !folders)
    return std::unexpected(folders.error());
  return Became::added;
}

void submit(const Permit& permit, const std::shared_ptr<Import>& import, std::size_t index) {
  const auto& live = permit.archive().directory();
  archive::Change change = [import, index, &live](archive::commit::Stage& stage,
                                                  archive::commit::Owners& owners) -> base::Result<> {
    auto& line = import->lines[index];
    line.became = stage_line(stage, owners, live, line.wanted);
    if (!line.became) return std::unexpected(line.became.error());
    return {};
  };
  permit.change(std::move(change), [import, index](const base::Result<>& committed) {
    auto& became = import->lines[index].became;
    if (!committed && became) became = std::unexpected(committed.error());
    if (--import->left == 0) import->done({});
  });
}

/// The same changes as one, so that each line sees what those before it would take; and all of it taken back at the end.
void submit_check(const Permit& permit, const std::shared_ptr<Import>& import, std::vector<std::size_t> sound) {
  const auto& live = permit.archive().directory();
  archive::Change change = [import, sound = std::move(sound), &live](archive::commit::Stage& stage,
                                                                     archive::commit::Owners& owners) -> base::Result<> {
    for (const auto index : sound) {
      auto& line = import->lines[index];
      line.became = stage_line(stage, owners, live, line.wanted);
    }
    return base::fail("a check", base::errc::refused);
  };
  permit.change(std::move(change), [import](const base::Result<>& answer) {
    const bool looked = !answer && answer.error().code == base::errc::refused;
    import->done(looked ? base::Result<>() : answer);
  });
}

boost::json::object report(const Import& import) {
  std::uint64_t counts[3] = {};
  boost::json::array refused;
  for (const auto& line : import.lines) {
    if (line.became) {
      ++counts[static_cast<std::size_t>(*line.became)];
      continue;
    }
    boost::json::object row;
    row["line"] = line.number;
    row["address"] = json_text(line.address);
    row["why"] = json_text(line.became.error().text());
    refused.emplace_back(std::move(row));
  }
  boost::json::object told;
  told["added"] = counts[static_cast<std::size_t>(Became::added)];
  told["changed"] = counts[static_cast<std::size_t>(Became::changed)];
  told["unchanged"] = counts[static_cast<std::size_t>(Became::unchanged)];
  told["refused"] = std::move(refused);
  return told;
}

}  // namespace

net::Task<AdminAnswer> account_import(const AdminParts&, const Permit& permit, Arguments arguments) {
  const auto given = arguments.objects("accounts");
  const auto check = arguments.number_or("check", 1, 0);
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  if (given.size() > most_lines) co_return wrong_usage("accounts: at most 1000 at a time");
  auto import = std::make_shared<Import>();
  import->mode = check == 1 ? Mode::check : Mode::import;
  std::vector<std::size_t> sound;
  for (const auto& each : given) {
    Arguments fields(each);
    const auto number = fields.number("line", last_line);
    auto address = fields.text("address");
    auto verifier = fields.text_or("verifier", "");
    const auto aliases = fields.texts("aliases");
    if (auto problem = fields.problem()) co_return wrong_usage("accounts: " + *problem);
    import->lines.push_back(line_of(permit.archive(), number, std::move(address), std::move(verifier), aliases));
    if (import->lines.back().became) sound.push_back(import->lines.size() - 1);
  }
  if (!sound.empty()) {
    auto start = [&permit, import, sound](archive::Done<> done) {
      import->left = sound.size();
      import->done = std::move(done);
      if (import->mode == Mode::check) return submit_check(permit, import, sound);
      for (const auto index : sound) submit(permit, import, index);
    };
    const auto answered = co_await archive::wait_for<void>(std::move(start));
    if (!answered) co_return failed(answered.error());
  }
  auto told = report(*import);
  if (import->mode == Mode::import)
    base::log::info("admin.account_import", {{"accounts", given.size()}, {"refused", told.at("refused").as_array().size()}});
  co_return done(std::move(told));
}

}  // namespace understudy::app
