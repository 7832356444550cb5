#include "base/net/dns_cache.hpp"

#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <variant>

#include "base/net/dns_name.hpp"

namespace understudy::net {
namespace asio = boost::asio;
namespace {
constexpr std::size_t largest_kept = 4096;  // so that hostile zones can't turn a bound on entries into gigabytes

std::size_t octets(const MxAnswer& answer) {
  std::size_t sum = 0;
  for (const MxRecord& record : answer.records) sum += sizeof record + record.exchange.size();
  return sum;
}
std::size_t octets(const AddressAnswer& answer) {
  return answer.addresses.size() * sizeof(IpAddress);
}
std::size_t octets(const NameAnswer& answer) {
  std::size_t sum = 0;
  for (const std::string& name : answer.names) sum += sizeof name + name.size();
  return sum;
}
}  // namespace

struct CachingResolver::Entries {
  using Answer = std::variant<MxAnswer, AddressAnswer, NameAnswer>;
  struct Entry {
    std::string key;
    base::SteadyTime until;
    Answer answer;
  };
  using Order = std::list<Entry>;  // the one asked for last in front

  Entries(const base::Clock& given, std::size_t entries) : clock(given), most(entries) {}

  template <class Kind>
  std::optional<Kind> find(const std::string& key) {
    const std::lock_guard lock(mutex);
    const auto known = by_key.find(key);
    if (known == by_key.end()) return std::nullopt;
    const auto left = known->second->until - clock.steady();
    if (left <= left.zero()) {
      order.erase(known->second);
      by_key.erase(known);
      return std::nullopt;
    }
    order.splice(order.begin(), order, known->second);
    Kind answer = std::get<Kind>(known->second->answer);
    answer.ttl = std::chrono::ceil<std::chrono::seconds>(left);
    return answer;
  }

  template <class Kind>
  void keep(const std::string& key, const Kind& answer) {
    if (answer.status == DnsStatus::temporary || answer.ttl <= answer.ttl.zero()) return;
    if (octets(answer) > largest_kept || most == 0) return;
    const std::lock_guard lock(mutex);
    if (const auto known = by_key.find(key); known != by_key.end()) {
      order.erase(known->second);
      by_key.erase(known);
    }
    if (by_key.size() >= most) {
      by_key.erase(order.back().key);
      order.pop_back();
    }
    order.push_front({key, clock.steady() + answer.ttl, answer});
    by_key[key] = order.begin();
  }

  const base::Clock& clock;
  const std::size_t most;
  std::mutex mutex;  // guards the rest
  Order order;
  std::unordered_map<std::string, Order::iterator> by_key;
};

CachingResolver::CachingResolver(Resolver& source, const base::Clock& clock, std::size_t most_entries)
    : source_(source), entries_(std::make_unique<Entries>(clock, most_entries)) {}
CachingResolver::~CachingResolver() = default;

asio::awaitable<base::Result<MxAnswer>> CachingResolver::mx(std::string domain) {
  const std::string key = "mx " + dns_name(domain).value_or("");
  if (auto known = entries_->find<MxAnswer>(key)) co_return std::move(*known);
  auto answer = co_await source_.mx(std::move(domain));
  if (answer) entries_->keep(key, *answer);
  co_return answer;
}

asio::awaitable<base::Result<AddressAnswer>> CachingResolver::addresses(std::string host, Families families) {
  const std::string key = "a" + std::to_string(static_cast<int>(families)) + " " + dns_name(host).value_or("");
  if (auto known = entries_->find<AddressAnswer>(key)) co_return std::move(*known);
  auto answer = co_await source_.addresses(std::move(host), families);
  if (answer) entries_->keep(key, *answer);
  co_return answer;
}

asio::awaitable<base::Result<NameAnswer>> CachingResolver::names(IpAddress address) {
  const std::string key = "ptr " + address.text();
  if (auto known = entries_->find<NameAnswer>(key)) co_return std::move(*known);
  auto answer = co_await source_.names(address);
  if (answer) entries_->keep(key, *answer);
  co_return answer;
}

std::size_t CachingResolver::size() const {
  const std::lock_guard lock(entries_->mutex);
  return entries_->by_key.size();
}

void CachingResolver::clear() {
  const std::lock_guard lock(entries_->mutex);
  entries_->by_key.clear();
  entries_->order.clear();
}

}  // namespace understudy::net
