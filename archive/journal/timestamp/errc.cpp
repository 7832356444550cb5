#include "archive/journal/timestamp/errc.hpp"

#include <string>

namespace understudy::archive::journal::timestamp {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "understudy.timestamp"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::too_large:
        return "the answer is larger than 64 KiB";
      case errc::malformed:
        return "the answer is no time stamp";
      case errc::not_granted:
        return "the authority gave no time stamp";
      case errc::other_imprint:
        return "the time stamp is of something else";
      case errc::other_nonce:
        return "the time stamp answers another question";
      case errc::untrusted:
        return "the authority's certificate is not trusted";
      case errc::bad_signature:
        return "the authority's signature does not hold";
    }
    return "unknown error";
  }
};

}  // namespace

const boost::system::error_category& category() noexcept {
  static const Category instance;
  return instance;
}

std::string_view name_of(errc e) {
  switch (e) {
    case errc::too_large:
      return "too_large";
    case errc::malformed:
      return "malformed";
    case errc::not_granted:
      return "not_granted";
    case errc::other_imprint:
      return "other_imprint";
    case errc::other_nonce:
      return "other_nonce";
    case errc::untrusted:
      return "untrusted";
    case errc::bad_signature:
      return "bad_signature";
  }
  return "unknown";
}

}  // namespace understudy::archive::journal::timestamp
