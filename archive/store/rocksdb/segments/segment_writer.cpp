#include "archive/store/rocksdb/segments/segment_writer.hpp"

#include "archive/store/rocksdb/small_file.hpp"
#include "archive/store/rocksdb/status.hpp"

namespace understudy::archive::store::segments {
namespace {

constexpr std::uint64_t sent_at_a_time = 1 << 20;    // so that a sync never finds much left to write
constexpr std::size_t reserved_at_a_time = 4 << 20;  // so that a sync seldom has to note where the file lies

}  // namespace

base::Result<std::shared_ptr<SegmentWriter>> SegmentWriter::make(std::shared_ptr<SegmentSet> set, SegmentKind kind,
                                                                 const Head& head) {
  const Segment segment = set->begin(kind);
  rocksdb::FileOptions options;
  options.use_mmap_writes = false;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  const auto made = set->files().NewWritableFile(set->path(segment), options, &file, nullptr);
  if (!made.ok()) {
    set->retire(segment.number);
    return fail(set->path(segment), made);
  }
  auto named = sync_directory(set->files(), set->directory());
  if (!named) return base::fail(named.error().context, base::errc::io);
  file->SetPreallocationBlockSize(reserved_at_a_time);
  std::shared_ptr<SegmentWriter> writer(new SegmentWriter(set, segment, std::move(file)));
  std::string octets;
  append_frame(octets, {segment.number, 0}, FrameKind::head, {head.encode()});
  auto begun = writer->append(octets);
  if (begun) return writer;
  writer.reset();
  set->retire(segment.number);
  return std::unexpected(begun.error());
}

SegmentWriter::~SegmentWriter() {
  static_cast<void>(file_->Close({}, nullptr).ok());  // nothing waits for it: what was promised was synced
  set_->close(segment_.number, end_);
}

base::Result<> SegmentWriter::append(std::string_view frames) {
  file_->PrepareWrite(end_, frames.size(), {}, nullptr);  // a wish: append() says when the medium is full
  const auto status = file_->Append(rocksdb::Slice(frames.data(), frames.size()), {}, nullptr);
  if (!status.ok()) return fail(set_->path(segment_), status);
  end_ += frames.size();
  set_->grew(frames.size());
  if (end_ - sent_ >= sent_at_a_time) {
    static_cast<void>(file_->RangeSync(sent_, end_ - sent_, {}, nullptr).ok());  // a wish: sync() is what counts
    sent_ = end_;
  }
  return {};
}

base::Result<> SegmentWriter::sync() {
  const auto status = file_->Sync({}, nullptr);
  if (!status.ok()) return base::fail(set_->path(segment_) + ": " + status.ToString(), base::errc::io);
  return {};
}

}  // namespace understudy::archive::store::segments
