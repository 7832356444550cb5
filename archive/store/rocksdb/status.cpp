#include "archive/store/rocksdb/status.hpp"

#include <string>

namespace understudy::archive::store {
namespace {

base::errc code_of(const rocksdb::Status& status) {
  if (status.IsNotFound()) return base::errc::not_found;
  if (status.IsCorruption()) return base::errc::damaged;
  if (status.IsShutdownInProgress()) return base::errc::shutting_down;
  if (status.IsNoSpace()) return base::errc::busy;
  if (status.IsNotSupported()) return base::errc::unsupported;
  return base::errc::io;
}

}  // namespace

std::unexpected<base::Error> fail(std::string_view where, const rocksdb::Status& status) {
  return base::fail(std::string(where) + ": " + status.ToString(), code_of(status));
}

}  // namespace understudy::archive::store
