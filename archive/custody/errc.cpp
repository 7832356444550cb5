#include "archive/custody/errc.hpp"

#include <string>

namespace understudy::archive::custody {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "understudy.custody"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::replayed:
        return "the custody number has brought other octets before";
      case errc::exhausted:
        return "the custody number has brought too much already";
    }
    return "unknown error";
  }
};

}  // namespace

const boost::system::error_category& category() noexcept {
  static const Category instance;
  return instance;
}

}  // namespace understudy::archive::custody
