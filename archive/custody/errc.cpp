#include "archive/custody/errc.hpp"

#include <string>

namespace understudy::archive::custody {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "understudy.custody"; }
  std::string message(int value) const override {
    return static_cast<errc>(value) == errc::replayed ? "the custody number has brought other octets before" : "unknown error";
  }
};

}  // namespace

const boost::system::error_category& category() noexcept {
  static const Category instance;
  return instance;
}

}  // namespace understudy::archive::custody
