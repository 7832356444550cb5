#include "relay/peer/gap_watch.hpp"

#include <algorithm>

#include "archive/await.hpp"
#include "archive/custody/desk.hpp"
#include "base/log.hpp"

namespace understudy::relay::peer {
namespace {

namespace custody = archive::custody;
using custody::Standing;

constexpr std::size_t most_heard = 64;  // announcements that are not old enough yet
constexpr std::size_t most_counted = custody::GapLook::most_kept;

/// For the postmaster.
Notice notice_of(const std::vector<custody::Gap>& gaps) {
  std::string text =
      std::to_string(gaps.size()) +
      " messages that the other machine numbered for this one are not here, and will not come by themselves.\r\n\r\n";
  constexpr std::size_t most = 20;
  for (const auto& gap : std::vector(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(std::min(gaps.size(), most))))
    text += "    " + gap.number.text() + ": " + std::string(custody::word(gap.standing)) + "\r\n";
  text +=
      "\r\nWhat these words mean, and how to have a message handed over again, stands in docs/custody.md; `understudy "
      "journal\r\n"
      "custody --missing` lists all that are not here.\r\n";
  return {"Copies are missing in this archive", std::move(text), "`understudy journal custody --missing` lists all of them"};
}

void log_gap(const custody::Gap& gap) {
  base::log::warn("custody.gap", {{"number", gap.number.text()}, {"standing", custody::word(gap.standing)}});
}

}  // namespace

std::string encode_missed(const std::vector<MissedNumber>& missed) {
  base::Writer out;
  for (const auto& each : missed) {
    custody::encode(out, each.number);
    out.u8(each.receipt_doubted ? 1 : 0);
  }
  return out.take();
}

base::Result<std::vector<MissedNumber>> decode_missed(std::string_view octets) {
  constexpr std::size_t size = 43;
  if (octets.size() % size != 0 || octets.size() / size > GapWatch::most_missed)
    return base::fail("custody numbers", base::errc::malformed);
  std::vector<MissedNumber> missed;
  for (base::Reader in(octets); !in.at_end();) {
    const auto number = custody::decode_number(in);
    missed.push_back({number, in.u8() == 1});
  }
  return missed;
}

void GapWatch::hear(const custody::Announcement& announced, archive::Done<> done) {
  custody::Upto next;
  for (const auto& life : announced.lives) next[{life.life, life.partition}] = life.marks.next;
  if (heard_.size() < most_heard) heard_.push_back({parts_.clock.steady(), std::move(next)});
  auto refused = std::make_shared<std::size_t>(0);
  auto stage = [this, announced, refused](archive::commit::Stage& stage, archive::commit::Owners&) -> base::Result<> {
    auto noted = custody::note_marks(stage, announced, parts_.clock.now());
    if (!noted) return std::unexpected(noted.error());
    *refused = *noted;
    return {};
  };
  auto finished = [refused, done = std::move(done)](base::Result<> noted) mutable {
    if (noted && *refused > 0) base::log::error("custody.marks_refused", {{"reason", "too many lives"}, {"lives", *refused}});
    done(std::move(noted));
  };
  parts_.archive.change(std::move(stage), std::move(finished));
}

custody::Upto GapWatch::old_enough() {
  const auto now = parts_.clock.steady();
  for (; !heard_.empty() && now - heard_.front().at >= parts_.wait; heard_.pop_front()) upto_ = std::move(heard_.front().next);
  return upto_;
}

std::chrono::milliseconds GapWatch::pause() const {
  return whole_ ? parts_.wait / 2 : std::min(parts_.wait / 2, soon_);
}

net::Task<> GapWatch::look() {
  const auto looked = co_await look_once();
  soon_ = looked == Looked::got_on ? soon : std::min(soon_ * 2, parts_.wait);
}

custody::GapCounts GapWatch::counted() {
  custody::GapCounts counts;
  for (const auto& [standing, count] : gaps()) {
    counts.all += count;
    if (standing == custody::word(Standing::waits)) counts.waiting = count;
  }
  const bool full = counts.all >= custody::GapLook::most_kept;
  if (full && !full_) base::log::error("custody.gaps_full", {{"gaps", counts.all}});
  full_ = full;
  return counts;
}

net::Task<GapWatch::Looked> GapWatch::look_once() {
  const auto upto = old_enough();
  if (upto.empty() && counted_) co_return Looked::in_vain;
  const auto counts = counted();
  auto work = [this, upto, counts, from = from_] { return custody::Desk(parts_.archive).look(upto, from, counts); };
  auto result = co_await net::run_by(parts_.workers, std::move(work));
  if (!result) co_return Looked::in_vain;  // too much to do: later
  auto& look = *result;
  if (!look) {
    base::log::error("custody.look", {{"reason", look.error().text()}});
    co_return Looked::in_vain;
  }
  whole_ = look->whole;
  const auto looked = look->checked.empty() && look->came.empty() ? Looked::in_vain : Looked::got_on;
  auto gaps = co_await ask(*look);
  if (gaps) {
    from_ = look->next;
    co_await keep(std::move(*look), std::move(*gaps));
  } else {  // the other machine cannot say: what is new is looked at again, what has come is known
    whole_ = true;
    look->checked.clear();
    co_await keep(std::move(*look), {});
  }
  co_return looked;
}

/// What the other machine says of all that is not here.
net::Task<base::Result<std::vector<custody::Gap>>> GapWatch::ask(const custody::GapLook& look) {
  std::vector<Gap> gaps = look.still;
  for (const auto& number : look.found) {
    Gap gap;
    gap.number = number;
    gap.since = parts_.clock.now();
    gaps.push_back(gap);
  }
  if (gaps.empty()) co_return gaps;
  std::vector<MissedNumber> missed;
  for (const auto& gap : gaps) missed.push_back({gap.number, gap.standing == Standing::receipt});
  Traffic::Question question;
  question.feature = marks_feature;
  question.verb = owed_verb;
  question.octets = encode_missed(missed);
  auto answer = co_await put_question(ask_, std::move(question));
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->size() != gaps.size()) co_return base::fail("standings", base::errc::malformed);
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const auto standing = static_cast<Standing>((*answer)[i]);
    const bool is_new = i >= look.still.size() || gaps[i].standing != standing;
    gaps[i].standing = standing;
    if (is_new && standing != Standing::waits) log_gap(gaps[i]);
  }
  co_return gaps;
}

bool GapWatch::to_be_told(const Gap& gap) const {
  if (gap.told || gap.standing == Standing::given_up || gap.standing == Standing::ended) return false;
  return gap.lasts() || (gap.standing == Standing::missing && parts_.clock.now() - gap.since >= mended_in);
}

net::Task<> GapWatch::keep(custody::GapLook look, std::vector<Gap> gaps) {
  std::vector<Gap> told;
  for (auto& gap : gaps)
    if (to_be_told(gap)) {
      gap.told = true;
      told.push_back(gap);
    }
  for (const auto& number : look.came) base::log::info("custody.gap_closed", {{"number", number.text()}});
  const bool changed = gaps != look.still || !look.came.empty() || !look.checked.empty();
  if (changed) {
    auto start = [&](archive::Done<> done) {
      auto stage = [&](archive::commit::Stage& stage, archive::commit::Owners&) -> base::Result<> {
        return custody::note_look(stage, gaps, look.came, look.checked);
      };
      parts_.archive.change(std::move(stage), std::move(done));
    };
    const auto kept = co_await archive::wait_for<void>(std::move(start));
    if (!kept) {
      base::log::error("custody.look", {{"reason", kept.error().text()}});
      co_return;
    }
  }
  if (changed || !counted_) co_await count();
  co_await tell(told);
}

net::Task<> GapWatch::count() {
  auto work = [this] { return custody::Desk(parts_.archive).gaps({}, most_counted); };
  auto page = co_await net::run_by(parts_.workers, std::move(work));
  if (!page || !*page) co_return;
  counted_ = true;
  std::map<std::string, std::uint64_t> counts;
  for (const auto& gap : (*page)->gaps) counts[std::string(custody::word(gap.standing))] += 1;
  const std::lock_guard lock(mutex_);
  gaps_ = std::move(counts);
}

net::Task<> GapWatch::tell(const std::vector<Gap>& gaps) {
  if (!gaps.empty()) notices_.held("custody gaps", notice_of(gaps));
  auto notice = notices_.take(parts_.clock.now());
  if (!notice) co_return;
  const auto told = co_await tell_(std::move(notice->subject), std::move(notice->text));
  if (!told) base::log::error("custody.tell_postmaster", {{"reason", told.error().text()}});
}

std::map<std::string, std::uint64_t> GapWatch::gaps() const {
  const std::lock_guard lock(mutex_);
  return gaps_;
}

}  // namespace understudy::relay::peer
