#include "archive/check/place_sums.hpp"

#include "base/bytes.hpp"
#include "base/digest.hpp"

namespace understudy::archive::check {

PlaceSums::Sum PlaceSums::hash_of(std::string_view key, std::string_view value) const {
  const auto digest = base::sha256(base::Writer().raw(secret_).text(key).raw(value).str());
  base::Reader in(base::view(digest));
  Sum sum{};
  for (auto& each : sum) each = in.u64();
  return sum;
}

}  // namespace understudy::archive::check
