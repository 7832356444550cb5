/// A Link whose octets are compressed both ways (RFC 4978, RFC 1951: raw deflate), over another link that is up already. Takes
/// no more from a peer than it gives on: a few octets that would become gigabytes are unpacked piece by piece, as they are
/// read.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/net/link.hpp"

namespace understudy::net {

/// Memory: some 110 KiB for as long as it lives.
class DeflateLink final : public Link {
 public:
  /// `already`: octets that were read off `below` behind the point where compression begins.
  DeflateLink(std::unique_ptr<Link> below, std::string already);
  ~DeflateLink() override;

  /// errc::malformed: what came is no deflate. Then only abort() is left. The time is for the call, also where much comes that
  /// unpacks to nothing.
  Task<base::Result<std::size_t>> read_some(std::span<char> into, Timeout timeout) override;
  Task<base::Result<>> write(std::string_view all, Timeout timeout) override;
  /// errc::tls: TLS lies below compression, and was to come before it.
  Task<base::Result<>> start_tls(const TlsContext& context, TlsExpect expect, Timeout timeout) override;
  const TlsInfo* tls() const override { return below_->tls(); }
  Endpoint local() const override { return below_->local(); }
  Endpoint peer() const override { return below_->peer(); }
  asio::any_io_executor executor() const override { return below_->executor(); }
  bool peer_has_gone() override { return below_->peer_has_gone(); }
  Task<> close(Timeout timeout) override;
  void abort() override { below_->abort(); }

 private:
  struct Streams;
  std::unique_ptr<Link> below_;
  std::unique_ptr<Streams> streams_;
  std::string packed_;  ///< read off `below`, not unpacked yet from packed_at_ on
  std::size_t packed_at_ = 0;
};

}  // namespace understudy::net
