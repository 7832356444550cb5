/// Remembers answers for as long as their TTL allows, good and negative ones; never those that say "temporary".
/// RFC 1035 §7.4, RFC 2308. Bounded: the answer that was longest not asked for makes room, and one of over 4 KiB is not kept.
#pragma once

#include <cstddef>
#include <memory>

#include "base/clock.hpp"
#include "base/net/dns.hpp"

namespace understudy::net {

/// Any thread. Both references outlive it. A look-up that is under way is not shared: two may ask the same at once.
class CachingResolver final : public Resolver {
 public:
  CachingResolver(Resolver& source, const base::Clock& clock, std::size_t most_entries = 10'000);
  ~CachingResolver() override;
  boost::asio::awaitable<base::Result<MxAnswer>> mx(std::string domain) override;
  boost::asio::awaitable<base::Result<AddressAnswer>> addresses(std::string host, Families families) override;
  boost::asio::awaitable<base::Result<NameAnswer>> names(IpAddress address) override;
  std::size_t size() const;
  void clear();

 private:
  struct Entries;
  Resolver& source_;
  std::unique_ptr<Entries> entries_;
};

}  // namespace understudy::net
