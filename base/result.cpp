#include "base/result.hpp"

namespace understudy::base {
namespace {
class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "understudy"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::malformed:
        return "malformed";
      case errc::too_long:
        return "over its limit";
      case errc::not_found:
        return "not found";
      case errc::exists:
        return "exists already";
      case errc::unsupported:
        return "not supported";
      case errc::damaged:
        return "damaged";
      case errc::io:
        return "input/output error";
      case errc::stopped:
        return "writing has stopped until restart";
      case errc::shutting_down:
        return "shutting down";
      case errc::timed_out:
        return "timed out";
      case errc::refused:
        return "not allowed";
      case errc::busy:
        return "limit reached, try again later";
      case errc::no_key:
        return "there is no key to it";
    }
    return "unknown error";
  }
};
}  // namespace

const boost::system::error_category& category() noexcept {
  static const Category instance;
  return instance;
}
}  // namespace understudy::base
