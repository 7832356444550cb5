#include "relay/peer/custody_watch.hpp"

#include <algorithm>

#include "archive/custody/number.hpp"
#include "base/log.hpp"
#include "relay/await_archive.hpp"
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
  return {"Copies were lost on their way", std::move(text)};
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

net::Task<> CustodyWatch::look() {
  auto overdue = parts_.archive.overdue(from_, parts_.clock.now() - parts_.wait, most);
  if (!overdue) {
    base::log::error("custody.overdue", {{"reason", overdue.error().text()}});
    co_return;
  }
  const bool whole = from_ == 0 && overdue->next == 0;
  if (whole || !overdue->numbers.empty()) missing_ = overdue->numbers.size();
  from_ = overdue->next;
  if (overdue->numbers.empty()) co_return;
  const auto answer = co_await ask(overdue->numbers);
  if (!answer) co_return;  // the link is down, or the other machine cannot say: whether it has them is not known
  base::Reader in(*answer);
  const auto unknown = decode_numbers(in.text());
  const std::string receipts(in.rest());
  if (!in.ok() || !unknown) {
    base::log::error("custody.asked", {{"reason", "an answer that cannot be read"}});
    co_return;
  }
  if (!receipts.empty()) {
    auto start = [this, &receipts](archive::Done<> done) { parts_.taker.take_asked(receipts, std::move(done)); };
    const auto taken = co_await relay::wait_for<void>(std::move(start));
    if (!taken) base::log::warn("custody.asked", {{"reason", taken.error().text()}});
  }
  auto lost = to_be_sent(overdue->numbers, *unknown);
  if (!lost.empty()) co_await hand_over_again(std::move(lost));
}

/// Of what was asked for, what is not there; each once in a while, since it may be refused there for ever.
CustodyWatch::Numbers CustodyWatch::to_be_sent(const Numbers& asked, const Numbers& unknown) {
  const auto now = parts_.clock.steady();
  std::erase_if(sent_, [now](const auto& sent) { return now - sent.second >= again_after; });
  Numbers lost;
  for (const auto& number : unknown) {
    const bool was_asked = std::ranges::find(asked, number) != asked.end();
    if (was_asked && sent_.size() < most_sent && sent_.emplace(number.number, now).second) lost.push_back(number);
  }
  return lost;
}

net::Task<base::Result<std::string>> CustodyWatch::ask(const Numbers& numbers) {
  Traffic::Question question;
  question.feature = receipts_feature;
  question.verb = receipts_verb;
  question.octets = encode_numbers(numbers);
  auto start = [this, question](archive::Done<std::string> done) {
    auto shared = std::make_shared<archive::Done<std::string>>(std::move(done));
    ask_(question, [shared](const base::Result<Responder::Answer>& answer) {
      if (!answer) return (*shared)(std::unexpected(answer.error()));
      if (answer->status != peer::Answer::Status::done)
        return (*shared)(base::fail("the other machine: " + answer->octets, base::errc::refused));
      (*shared)(answer->octets);
    });
  };
  co_return co_await relay::wait_for<std::string>(std::move(start));
}

net::Task<> CustodyWatch::hand_over_again(Numbers numbers) {
  for (const auto& number : numbers) base::log::error("custody.lost", {{"number", number.text()}});
  auto start = [this, &numbers](archive::Done<std::size_t> done) { parts_.archive.hand_over_again(numbers, std::move(done)); };
  const auto again = co_await relay::wait_for<std::size_t>(std::move(start));
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
