#include "base/net/errc.hpp"

#include <string>

namespace understudy::net {
namespace {
class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "understudy.net"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::closed:
        return "closed by the peer";
      case errc::truncated:
        return "TLS cut off without close_notify";
      case errc::reset:
        return "connection broken";
      case errc::timed_out:
        return "timed out";
      case errc::cancelled:
        return "cancelled";
      case errc::refused:
        return "connection refused";
      case errc::unreachable:
        return "host or network not reachable";
      case errc::too_long:
        return "line too long";
      case errc::flood:
        return "line without end";
      case errc::too_slow:
        return "data rate too low";
      case errc::tls:
        return "TLS failure";
      case errc::certificate:
        return "certificate not usable";
      case errc::bad_name:
        return "not a valid name, address, network or endpoint";
      case errc::resources:
        return "out of descriptors or memory";
      case errc::io:
        return "network input/output error";
    }
    return "unknown error";
  }
};
}  // namespace

const boost::system::error_category& category() noexcept {
  static const Category instance;
  return instance;
}

}  // namespace understudy::net
