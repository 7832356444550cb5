#include "archive/endings/errc.hpp"

#include <string>

namespace understudy::archive::endings {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "understudy.endings"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::queued:
        return "still queued for somebody; deliver or remove it first (`queue list`)";
      case errc::owed:
        return "still owed to the other machine, which has not said that it came (`journal custody`)";
      case errc::no_receipt:
        return "the other machine never gave a receipt for all of it (`journal custody --all`); hand it over again (`journal "
               "custody "
               "--again NUMBER`), or say `--without-receipt` where it may go all the same";
      case errc::held:
        return "a hold keeps it";
      case errc::tells:
        return "it brought no message, and says what was done to the journal; such an entry does not end";
    }
    return "unknown error";
  }
};

}  // namespace

const boost::system::error_category& category() noexcept {
  static const Category instance;
  return instance;
}

}  // namespace understudy::archive::endings
