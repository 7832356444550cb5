#include "tests/support/sim_dns.hpp"

#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "base/net/dns_name.hpp"
#include "base/net/errc.hpp"

namespace understudy::sim {
namespace asio = boost::asio;

void SimResolver::set_mx(const std::string& domain, std::vector<net::MxRecord> records, std::chrono::seconds ttl) {
  std::ranges::stable_sort(records, {}, &net::MxRecord::preference);
  net::MxAnswer& answer = mx_[domain];
  answer.status = records.empty() ? net::DnsStatus::no_data : net::DnsStatus::found;
  answer.ttl = ttl;
  answer.records = std::move(records);
}

void SimResolver::set_addresses(const std::string& host, const std::vector<std::string>& addresses, std::chrono::seconds ttl) {
  net::AddressAnswer& answer = addresses_[host];
  answer.status = addresses.empty() ? net::DnsStatus::no_data : net::DnsStatus::found;
  answer.ttl = ttl;
  answer.addresses.clear();
  for (const std::string& text : addresses)
    if (const auto address = net::IpAddress::parse(text)) answer.addresses.push_back(*address);
}

void SimResolver::set_names(const net::IpAddress& address, std::vector<std::string> names) {
  net::NameAnswer& answer = names_[address.text()];
  answer.status = names.empty() ? net::DnsStatus::no_data : net::DnsStatus::found;
  answer.ttl = std::chrono::hours(1);
  answer.names = std::move(names);
}

void SimResolver::set_status(const std::string& name, net::DnsStatus status) {
  status_[name] = status;
}

void SimResolver::clear(const std::string& name) {
  mx_.erase(name);
  addresses_.erase(name);
  names_.erase(name);
  status_.erase(name);
}

template <class Answer>
asio::awaitable<base::Result<Answer>> SimResolver::answer(std::string kind, std::string name,
                                                          std::map<std::string, Answer>& known) {
  asked_.push_back(kind + " " + name);
  const auto told = co_await asio::this_coro::cancellation_state;
  if (told.cancelled() != asio::cancellation_type::none) co_return base::fail("look-up of " + name, net::errc::cancelled);
  Answer answer;
  if (faults_.step()) {
    answer.detail = "fault";
    co_return answer;
  }
  if (const auto forced = status_.find(name); forced != status_.end()) {
    answer.status = forced->second;
  } else if (const auto found = known.find(name); found != known.end()) {
    answer = found->second;
  } else {
    answer.status = exists(name) ? net::DnsStatus::no_data : net::DnsStatus::no_such_domain;
  }
  co_return answer;
}

asio::awaitable<base::Result<net::MxAnswer>> SimResolver::mx(std::string domain) {
  return answer("mx", net::dns_name(domain).value_or(""), mx_);
}

asio::awaitable<base::Result<net::AddressAnswer>> SimResolver::addresses(std::string host, net::Families families) {
  auto all = co_await answer("a", net::dns_name(host).value_or(""), addresses_);
  if (!all || all->status != net::DnsStatus::found || families == net::Families::both) co_return all;
  const auto wanted = families == net::Families::ipv4 ? net::Family::ipv4 : net::Family::ipv6;
  std::erase_if(all->addresses, [&](const net::IpAddress& address) { return address.family() != wanted; });
  if (all->addresses.empty()) all->status = net::DnsStatus::no_data;
  co_return all;
}

asio::awaitable<base::Result<net::NameAnswer>> SimResolver::names(net::IpAddress address) {
  return answer("ptr", address.text(), names_);
}

}  // namespace understudy::sim
