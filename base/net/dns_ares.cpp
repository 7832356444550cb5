#include "base/net/dns_ares.hpp"

#include <algorithm>
#include <optional>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/net/ares_channel.hpp"
#include "base/net/dns_message.hpp"
#include "base/net/dns_name.hpp"
#include "base/net/errc.hpp"

namespace understudy::net {
namespace asio = boost::asio;

/// A question between the caller, on whose executor all of this is used, and the channel, which posts the answer to it.
struct AresResolver::Question {
  Question(asio::any_io_executor executor, std::string asked, DnsType kind)
      : wake(executor), name(std::move(asked)), type(kind) {}
  asio::steady_timer wake;  // ends at the deadline or with the answer
  std::string name;
  DnsType type;
  bool answered = false;
  int status = ARES_ETIMEOUT;
  std::string message;
};

namespace {
struct Reading : DnsAnswer {
  DnsRecords records;
};

Reading temporary(std::string detail) {
  Reading reading;
  reading.detail = std::move(detail);
  return reading;
}

Reading judge(int status, const std::string& message, const std::string& name, DnsType type) {
  const bool negative = status == ARES_ENODATA || status == ARES_ENOTFOUND;
  if (status != ARES_SUCCESS && !negative) return temporary(ares_strerror(status));
  auto records = read_records(message, name, type);
  if (!records) return temporary(records.error().text());
  if (records->cut_short && !negative) return temporary("CNAME without an end");
  Reading reading;
  reading.records = std::move(*records);
  const DnsRecords& got = reading.records;
  if (status == ARES_ENOTFOUND) {
    reading.status = DnsStatus::no_such_domain;
  } else {
    const bool empty = got.mx.empty() && got.addresses.empty() && got.names.empty();
    reading.status = empty ? DnsStatus::no_data : DnsStatus::found;
  }
  reading.ttl = reading.status == DnsStatus::found ? got.ttl : got.negative_ttl;
  return reading;
}

template <class Question>
asio::awaitable<base::Result<Reading>> answer_to(std::shared_ptr<Question> question) {
  boost::system::error_code error;
  const auto told = co_await asio::this_coro::cancellation_state;
  if (told.cancelled() != asio::cancellation_type::none) co_return base::fail("look-up of " + question->name, errc::cancelled);
  if (!question->answered) co_await question->wake.async_wait(asio::redirect_error(asio::use_awaitable, error));
  if (!question->answered && error) co_return base::fail("look-up of " + question->name, errc::cancelled);
  co_return judge(question->status, question->message, question->name, question->type);
}

template <class Answer>
Answer unasked() {
  Answer answer;
  answer.status = DnsStatus::no_such_domain;
  return answer;
}

template <class Answer>
Answer answer_from(const Reading& reading) {
  Answer answer;
  static_cast<DnsAnswer&>(answer) = reading;
  return answer;
}

void add(AddressAnswer& sum, const Reading& reading) {
  const bool first = sum.addresses.empty();
  if (reading.status == DnsStatus::found) sum.ttl = first ? reading.ttl : std::min(sum.ttl, reading.ttl);
  for (const IpAddress& address : reading.records.addresses)
    if (sum.addresses.size() < max_addresses) sum.addresses.push_back(address);
}

/// Of two answers without addresses: the one that leaves more open. A name exists where either family says so.
DnsStatus weaker(DnsStatus a, DnsStatus b) {
  for (const DnsStatus status : {DnsStatus::found, DnsStatus::temporary, DnsStatus::no_data})
    if (a == status || b == status) return status;
  return DnsStatus::no_such_domain;
}

/// One answer of the families that were asked for.
AddressAnswer joined(const std::vector<Reading>& readings) {
  AddressAnswer sum;
  sum.status = DnsStatus::no_such_domain;
  for (const Reading& reading : readings) {
    add(sum, reading);
    sum.status = weaker(sum.status, reading.status);
    if (sum.detail.empty()) sum.detail = reading.detail;
  }
  if (sum.status == DnsStatus::found) return sum;
  sum.ttl = std::ranges::min(readings, {}, &Reading::ttl).ttl;
  return sum;
}
}  // namespace

AresResolver::AresResolver(std::shared_ptr<Channel> channel, std::chrono::milliseconds total)
    : channel_(std::move(channel)), total_(total) {}

AresResolver::~AresResolver() {
  channel_->close();
}

base::Result<std::unique_ptr<AresResolver>> AresResolver::make(asio::any_io_executor home, const Options& options) {
  auto channel = std::make_shared<Channel>(home, options.at_once);
  if (auto opened = channel->open(options); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<AresResolver>(new AresResolver(std::move(channel), options.total));
}

asio::awaitable<std::shared_ptr<AresResolver::Question>> AresResolver::ask(std::string name, std::uint16_t type) {
  auto question = std::make_shared<Question>(co_await asio::this_coro::executor, std::move(name), DnsType(type));
  question->wake.expires_after(total_);
  auto deliver = [question](int status, std::string message) {
    asio::post(question->wake.get_executor(), [question, status, message = std::move(message)]() mutable {
      question->answered = true;
      question->status = status;
      question->message = std::move(message);
      question->wake.cancel();
    });
  };
  asio::post(channel_->executor(), [channel = channel_, name = question->name, type, deliver = std::move(deliver)]() mutable {
    channel->ask(name, type, std::move(deliver));
  });
  co_return question;
}

asio::awaitable<base::Result<MxAnswer>> AresResolver::mx(std::string domain) {
  auto name = dns_name(domain);
  if (!name) co_return unasked<MxAnswer>();
  auto question = co_await ask(std::move(*name), std::uint16_t(DnsType::mx));
  auto reading = co_await answer_to(std::move(question));
  if (!reading) co_return std::unexpected(reading.error());
  auto answer = answer_from<MxAnswer>(*reading);
  answer.records = std::move(reading->records.mx);
  std::ranges::stable_sort(answer.records, {}, &MxRecord::preference);
  if (answer.records.size() > max_mx) answer.records.resize(max_mx);
  co_return answer;
}

asio::awaitable<base::Result<AddressAnswer>> AresResolver::addresses(std::string host, Families families) {
  auto name = dns_name(host);
  if (!name) co_return unasked<AddressAnswer>();
  std::vector<std::shared_ptr<Question>> questions;  // all asked before the first answer is waited for
  if (families != Families::ipv4) questions.push_back(co_await ask(*name, std::uint16_t(DnsType::aaaa)));
  if (families != Families::ipv6) questions.push_back(co_await ask(*name, std::uint16_t(DnsType::a)));
  std::vector<Reading> readings;
  for (auto& question : questions) {
    auto reading = co_await answer_to(std::move(question));
    if (!reading) co_return std::unexpected(reading.error());
    readings.push_back(std::move(*reading));
  }
  co_return joined(readings);
}

asio::awaitable<base::Result<NameAnswer>> AresResolver::names(IpAddress address) {
  auto question = co_await ask(reverse_name(address), std::uint16_t(DnsType::ptr));
  auto reading = co_await answer_to(std::move(question));
  if (!reading) co_return std::unexpected(reading.error());
  auto answer = answer_from<NameAnswer>(*reading);
  answer.names = std::move(reading->records.names);
  if (answer.names.size() > max_names) answer.names.resize(max_names);
  co_return answer;
}

}  // namespace understudy::net
