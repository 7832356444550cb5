#include "archive/store/rocksdb/rocks_reader.hpp"

#include <limits>

#include "archive/store/rocksdb/keys.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "base/bytes.hpp"

namespace understudy::archive::store {
namespace {

class RocksCursor final : public Cursor {
 public:
  RocksCursor(std::shared_ptr<const RocksCore> core, std::shared_ptr<const RocksView> view, rocksdb::ReadOptions options,
              Shard shard, Table table, std::string_view within)
      : core_(std::move(core)),
        view_(std::move(view)),
        shard_(shard),
        table_(keys::prefix(shard, table)),
        lower_(table_ + std::string(within)),
        upper_(keys::after(lower_)) {
    lower_slice_ = slice(lower_);
    upper_slice_ = slice(upper_);
    options.iterate_lower_bound = &lower_slice_;
    if (!upper_.empty()) options.iterate_upper_bound = &upper_slice_;
    at_.reset(core_->db->NewIterator(options, core_->records));
  }
  void seek(std::string_view from) {
    at_->Seek(table_ + std::string(from));
    open();
  }
  void seek_last() {
    at_->SeekToLast();
    open();
  }

  bool valid() const override { return !failed_ && at_->Valid(); }
  std::string_view key() const override { return view(at_->key()).substr(keys::prefix_octets); }
  std::string_view value() const override { return opened_ ? std::string_view(*opened_) : view(at_->value()); }
  void next() override {
    at_->Next();
    open();
  }
  void previous() override {
    at_->Prev();
    open();
  }
  base::Result<> status() const override {
    if (failed_) return base::fail("store: cursor", *failed_);
    const auto status = at_->status();
    if (!status.ok()) return fail("store: cursor", status);
    return {};
  }

 private:
  static std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

  /// At once, so that nobody is given the value of a record that does not open.
  void open() {
    opened_.reset();
    if (!core_->vault || !at_->Valid() || core_->vault->is_clear(view(at_->value()))) return;
    auto value = core_->vault->opened_record(shard_, view(at_->key()), view(at_->value()));
    if (value)
      opened_ = std::move(*value);
    else
      failed_ = value.error();
  }

  std::shared_ptr<const RocksCore> core_;
  std::shared_ptr<const RocksView> view_;
  Shard shard_;
  std::string table_, lower_, upper_;
  rocksdb::Slice lower_slice_, upper_slice_;  // the iterator keeps pointers to them
  std::unique_ptr<rocksdb::Iterator> at_;
  std::optional<std::string> opened_;  // the value, where it is stored in another form
  std::optional<base::Error> failed_;
};

}  // namespace

RocksView::RocksView(std::shared_ptr<const RocksCore> core) : core_(std::move(core)), snapshot_(core_->db->GetSnapshot()) {}
RocksView::~RocksView() {
  core_->db->ReleaseSnapshot(snapshot_);
}

rocksdb::ReadOptions RocksReader::read_options() const {
  rocksdb::ReadOptions options;
  if (view_) options.snapshot = view_->snapshot();
  return options;
}

base::Result<std::optional<std::string>> RocksReader::get(Shard shard, Table table, std::string_view key) const {
  std::string value;
  const std::string whole_key = keys::record(shard, table, key);
  const auto status = core_->db->Get(read_options(), core_->records, whole_key, &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return fail("store.get", status);
  auto opened = core_->opened_record(shard, whole_key, std::move(value));
  if (!opened) return base::fail("store.get", opened.error());
  return std::move(*opened);
}

std::unique_ptr<Cursor> RocksReader::scan(Shard shard, Table table, std::string_view from, std::string_view within) const {
  auto cursor = std::make_unique<RocksCursor>(core_, view_, read_options(), shard, table, within);
  cursor->seek(from);
  return cursor;
}

std::unique_ptr<Cursor> RocksReader::scan_last(Shard shard, Table table) const {
  auto cursor = std::make_unique<RocksCursor>(core_, view_, read_options(), shard, table, std::string_view());
  cursor->seek_last();
  return cursor;
}

/// One seek for each shard: from its first key over to the next shard's.
base::Result<std::vector<Shard>> RocksReader::shards(Table table) const {
  const std::string first = keys::prefix({kind_of(table), 0}, table);
  const std::string end = keys::after(first.substr(0, 1));
  const rocksdb::Slice end_slice = slice(end);
  rocksdb::ReadOptions options = read_options();
  options.iterate_upper_bound = &end_slice;
  const std::unique_ptr<rocksdb::Iterator> at(core_->db->NewIterator(options, core_->records));
  std::vector<Shard> shards;
  for (at->Seek(first); at->Valid();) {
    base::Reader in(std::string_view(at->key().data(), at->key().size()));
    in.u8();
    const Shard shard{kind_of(table), in.u64()};
    shards.push_back(shard);
    if (shard.id == std::numeric_limits<std::uint64_t>::max()) break;
    at->Seek(keys::prefix({shard.kind, shard.id + 1}, table));
  }
  if (!at->status().ok()) return fail("store.shards", at->status());
  return shards;
}

}  // namespace understudy::archive::store
