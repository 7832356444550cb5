#include "relay/peer/custody_watch.hpp"

#include <algorithm>
#include <iterator>

#include "archive/await.hpp"
#include "archive/custody/desk.hpp"
#include "archive/custody/number.hpp"
#include "base/log.hpp"
#include "relay/peer/receipt_topics.hpp"

namespace understudy::relay::peer {
namespace {

constexpr std::size_t number_octets = 42;

/// For the postmaster.
Notice notice_of(const std::vector<mail::smtp::CustodyNumber>& numbers, std::size_t again) {
  std::string text = std::to_string(numbers.size()) +
                     " messages were handed over to the other machine, and it has not got them. " + std::to_string(again) +
                     " of them\r\nare handed over again now, from the journal of this machine.\r\n\r\nThe first number is " +
                     std::to_string(numbers.front().number) +
                     ": `understudy journal custody` lists all that have no receipt.\r\n";
  return {"Copies were lost on their way", std::move(text), "`understudy journal custody` lists all that have no receipt"};
}

}  // namespace

std::string encode_numbers(const std::vector<mail::smtp::CustodyNumber>& numbers) {
  base::Writer out;
  for (const auto& number : numbers) archive::custody::encode(out, number);
  return out.take();
}

base::Result<std::vector<mail::smtp::CustodyNumber>> decode_numbers(std::string_view octets) {
  if (octets.size() % number_octets != 0 || octets.size() / number_octets > CustodyWatch::most)
    return base::fail("custody numbers", base::errc::malformed);
  std::vector<mail::smtp::CustodyNumber> numbers;
  for (base::Reader in(octets); !in.at_end();) numbers.push_back(archive::custody::decode_number(in));
  return numbers;
}

net::Task<base::Result<archive::custody::Overdue>> CustodyWatch::overdue() {
  auto work = [this, from = from_] { return parts_.archive.overdue(from, parts_.clock.now() - parts_.wait, most); };
  auto found = co_await net::run_by(parts_.workers, std::move(work));
  if (!found) co_return base::fail("the workers have too much to do", base::errc::busy);
  co_return std::move(*found);
}

std::chrono::milliseconds CustodyWatch::pause() const {
  const std::chrono::milliseconds soon = std::chrono::seconds(1);
  return begins_round() ? parts_.wait / 2 : std::min(parts_.wait / 2, soon);
}

net::Task<> CustodyWatch::look() {
  const auto found = co_await overdue();
  if (!found) {
    base::log::error("custody.overdue", {{"reason", found.error().text()}});
    co_return;
  }
  found_ = begins_round() ? found->numbers.size() : found_ + found->numbers.size();
  from_ = found->next;
  missing_ = begins_round() ? found_ : std::max(found_, missing_.load());
  const auto disputed = parts_.witness.open_dispute();
  if (!disputed || *disputed) co_return;  // its word is not taken for what it has
  const auto numbers = to_be_asked(found->numbers);
  if (numbers.empty()) co_return;
  Traffic::Question question;
  question.feature = receipts_feature;
  question.verb = receipts_verb;
  question.octets = encode_numbers(numbers);
  const auto answer = co_await put_question(ask_, std::move(question));
  if (!answer) co_return;  // the link is down, or the other machine cannot say: whether it has them is not known
  co_await take_answer(numbers, *answer);
}

net::Task<> CustodyWatch::take_answer(const Numbers& asked, const std::string& answer) {
  base::Reader in(answer);
  const auto unknown = decode_numbers(in.text());
  const auto ended = archive::custody::decode_all(in.text(), most);
  const std::string receipts(in.rest());
  if (!in.ok() || !unknown || !ended) {
    base::log::error("custody.asked", {{"reason", "an answer that cannot be read"}});
    co_return;
  }
  if (!receipts.empty()) {
    auto start = [this, &receipts](archive::Done<> done) { parts_.taker.take_asked(receipts, std::move(done)); };
    const auto taken = co_await archive::wait_for<void>(std::move(start));
    if (!taken) base::log::warn("custody.asked", {{"reason", taken.error().text()}});
    if (!taken) co_return;  // the next look asks again
  }
  const auto settled = co_await take_ended(asked, *ended);
  if (!settled) base::log::warn("custody.asked", {{"reason", settled.error().text()}});
  if (!settled) co_return;
  for (const auto& number : asked)
    if (answered_.size() < most_sent) answered_.emplace(number, parts_.clock.steady());
  auto lost = to_be_sent(asked, *unknown);
  if (!lost.empty()) co_await hand_over_again(std::move(lost));
}

/// Not those that an answer did not close a while ago: the next one will not either.
CustodyWatch::Numbers CustodyWatch::to_be_asked(const Numbers& numbers) {
  const auto now = parts_.clock.steady();
  std::erase_if(answered_, [now](const auto& answered) { return now - answered.second >= again_after; });
  Numbers asked;
  std::ranges::copy_if(numbers, std::back_inserter(asked), [this](const auto& number) { return !answered_.contains(number); });
  return asked;
}

/// Who says again and again that he has lost what he gave a receipt for gets it no more often than anything else.
bool CustodyWatch::may_break(const mail::smtp::CustodyNumber& number) {
  const std::lock_guard lock(mutex_);
  const auto now = parts_.clock.steady();
  std::erase_if(broken_at_, [now](const auto& broken) { return now - broken.second >= again_after; });
  return broken_at_.size() < most_sent && broken_at_.emplace(number, now).second;
}

void CustodyWatch::missed(std::vector<MissedNumber> missed, archive::Done<std::string> done) {
  namespace custody = archive::custody;
  std::string standings;
  Numbers broken;
  for (const auto& [number, doubted] : missed) {
    const auto standing = custody::Desk(parts_.archive).standing(number, parts_.clock.now() - parts_.wait);
    if (!standing) return done(std::unexpected(standing.error()));
    standings += static_cast<char>(*standing);
    if (doubted && *standing == custody::Standing::receipt && may_break(number)) broken.push_back(number);
  }
  if (broken.empty()) return done(std::move(standings));
  for (const auto& number : broken) base::log::error("custody.receipt_broken", {{"number", number.text()}});
  broken_ += broken.size();
  auto again = [standings = std::move(standings), done = std::move(done)](const base::Result<std::size_t>& staged) mutable {
    if (!staged) return done(std::unexpected(staged.error()));
    done(std::move(standings));
  };
  parts_.archive.hand_over_again(std::move(broken), archive::Archive::Closed::reopen, std::move(again));
}

/// What the other machine had and has ended since is lost to nobody.
net::Task<base::Result<>> CustodyWatch::take_ended(const Numbers& asked, std::vector<archive::custody::SignedEnded> ended) {
  std::erase_if(ended, [&asked](const auto& said) { return std::ranges::find(asked, said.ended.number) == asked.end(); });
  if (ended.empty()) co_return base::Result<>();
  auto start = [this, &ended](archive::Done<> done) { parts_.taker.take_ended(ended, std::move(done)); };
  auto taken = co_await archive::wait_for<void>(std::move(start));
  co_return taken;
}

/// Of what was asked for, what is not there; each once in a while, since it may be refused there for ever.
CustodyWatch::Numbers CustodyWatch::to_be_sent(const Numbers& asked, const Numbers& unknown) {
  const auto now = parts_.clock.steady();
  std::erase_if(sent_, [now](const auto& sent) { return now - sent.second >= again_after; });
  Numbers lost;
  for (const auto& number : unknown) {
    const bool was_asked = std::ranges::find(asked, number) != asked.end();
    if (was_asked && sent_.size() < most_sent && sent_.emplace(number, now).second) lost.push_back(number);
  }
  return lost;
}

net::Task<> CustodyWatch::hand_over_again(Numbers numbers) {
  for (const auto& number : numbers) base::log::error("custody.lost", {{"number", number.text()}});
  auto start = [this, &numbers](archive::Done<std::size_t> done) {
    parts_.archive.hand_over_again(numbers, archive::Archive::Closed::leave, std::move(done));
  };
  const auto again = co_await archive::wait_for<std::size_t>(std::move(start));
  if (!again) {
    base::log::error("custody.hand_over_again", {{"reason", again.error().text()}});
    co_return;
  }
  lost_ += *again;
  notices_.held("custody", notice_of(numbers, *again));
  co_await tell_postmaster();
}

net::Task<> CustodyWatch::tell_postmaster() {
  auto notice = notices_.take(parts_.clock.now());
  if (!notice) co_return;
  const auto told = co_await tell_(std::move(notice->subject), std::move(notice->text));
  if (!told) base::log::error("custody.tell_postmaster", {{"reason", told.error().text()}});
}

}  // namespace understudy::relay::peer
