#include "archive/store/batch_check.hpp"

namespace understudy::archive::store {
namespace {

base::Result<> check(const Batch& batch, const Batch::Operation& operation) {
  const std::size_t value_limit =
      operation.kind == Batch::Operation::Kind::erase_range ? Batch::max_key : Batch::max_value;  // there it is a key
  if (operation.key.size() > Batch::max_key) return base::fail("store: key", base::errc::too_long);
  if (operation.value.size() > value_limit) return base::fail("store: value", base::errc::too_long);
  if (kind_of(operation.table) != batch.shard().kind) return base::fail("store: table of another shard", base::errc::malformed);
  return {};
}

}  // namespace

base::Result<> check(std::span<const Batch> batches) {
  for (const Batch& batch : batches) {
    for (const Batch::Operation& operation : batch.operations()) {
      auto fits = check(batch, operation);
      if (!fits) return fits;
    }
  }
  return {};
}

}  // namespace understudy::archive::store
