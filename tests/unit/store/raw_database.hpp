/// The database below a store that is closed, as it lies on the medium: for tests that look at what is stored, or change it
/// behind the engine's back.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include "tests/support/store_harness.hpp"

namespace understudy::test {

class RawDatabase {
 public:
  explicit RawDatabase(RocksHarness& harness) : files_(&harness.files(), [](auto*) {}), env_(rocksdb::NewCompositeEnv(files_)) {
    rocksdb::Options options;
    options.env = env_.get();
    rocksdb::DB* opened = nullptr;
    demand(rocksdb::DB::Open(options, harness.directory() + "/rocksdb", {{"default", options}, {"records", options}},
                             &families_, &opened));
    db_.reset(opened);
  }
  ~RawDatabase() {
    static_cast<void>(db_->Flush({}, families_).ok());
    for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
    static_cast<void>(db_->Close().ok());
  }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  using Values = std::map<std::string, std::string>;
  Values own(const std::string& prefix = {}) const { return all(families_[0], prefix); }
  Values records(const std::string& prefix = {}) const { return all(families_[1], prefix); }
  void put_own(const std::string& key, const std::string& value) { demand(db_->Put({}, families_[0], key, value)); }
  void erase_own(const std::string& key) { demand(db_->Delete({}, families_[0], key)); }
  void erase_record(const std::string& key) { demand(db_->Delete({}, families_[1], key)); }
  void put_record(const std::string& key, const std::string& value) { demand(db_->Put({}, families_[1], key, value)); }

 private:
  static void demand(const rocksdb::Status& status) {
    if (!status.ok()) throw std::runtime_error(status.ToString());
  }
  Values all(rocksdb::ColumnFamilyHandle* family, const std::string& prefix) const {
    Values values;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}, family));
    for (at->Seek(prefix); at->Valid() && at->key().starts_with(prefix); at->Next())
      values.emplace(at->key().ToString(), at->value().ToString());
    demand(at->status());
    return values;
  }

  std::shared_ptr<rocksdb::FileSystem> files_;
  std::unique_ptr<rocksdb::Env> env_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace understudy::test
