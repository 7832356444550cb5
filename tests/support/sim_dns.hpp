/// A DNS that says what the test wrote down, and remembers what it was asked.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/net/dns.hpp"
#include "tests/support/sim_faults.hpp"

namespace understudy::sim {

class SimResolver final : public net::Resolver {
 public:
  explicit SimResolver(SimFaults& faults) : faults_(faults) {}

  /// Names in lower case, without the dot at the end. What was never written down does not exist.
  void set_mx(const std::string& domain, std::vector<net::MxRecord> records, std::chrono::seconds ttl = std::chrono::hours(1));
  void set_addresses(const std::string& host, const std::vector<std::string>& addresses,
                     std::chrono::seconds ttl = std::chrono::hours(1));
  void set_names(const net::IpAddress& address, std::vector<std::string> names);
  /// Every question about the name gets this, until clear().
  void set_status(const std::string& name, net::DnsStatus status);
  void clear(const std::string& name);
  const std::vector<std::string>& asked() const { return asked_; }  ///< "mx example.org", "a mail.example.org", "ptr 192.0.2.1"

  boost::asio::awaitable<base::Result<net::MxAnswer>> mx(std::string domain) override;
  boost::asio::awaitable<base::Result<net::AddressAnswer>> addresses(std::string host, net::Families families) override;
  boost::asio::awaitable<base::Result<net::NameAnswer>> names(net::IpAddress address) override;

 private:
  template <class Answer>
  boost::asio::awaitable<base::Result<Answer>> answer(std::string kind, std::string name, std::map<std::string, Answer>& known);
  bool exists(const std::string& name) const { return mx_.contains(name) || addresses_.contains(name); }

  SimFaults& faults_;
  std::map<std::string, net::MxAnswer> mx_;
  std::map<std::string, net::AddressAnswer> addresses_;
  std::map<std::string, net::NameAnswer> names_;
  std::map<std::string, net::DnsStatus> status_;
  std::vector<std::string> asked_;
};

}  // namespace understudy::sim
