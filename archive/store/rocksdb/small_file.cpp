#include "archive/store/rocksdb/small_file.hpp"

#include <vector>

#include "archive/store/rocksdb/status.hpp"

namespace understudy::archive::store {
namespace {

rocksdb::IOStatus write_and_sync(rocksdb::FileSystem& files, const std::string& path, std::string_view text) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  auto status = files.NewWritableFile(path, {}, &file, nullptr);
  if (status.ok()) status = file->Append(rocksdb::Slice(text.data(), text.size()), {}, nullptr);
  if (status.ok()) status = file->Fsync({}, nullptr);
  if (status.ok()) status = file->Close({}, nullptr);
  return status;
}

}  // namespace

base::Result<std::optional<std::string>> read_small_file(rocksdb::FileSystem& files, const std::string& path,
                                                         std::size_t limit) {
  auto status = files.FileExists(path, {}, nullptr);
  if (status.IsNotFound()) return std::nullopt;
  std::uint64_t size = 0;
  if (status.ok()) status = files.GetFileSize(path, {}, &size, nullptr);
  if (status.ok() && size > limit) return base::fail(path, base::errc::too_long);
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  if (status.ok()) status = files.NewSequentialFile(path, {}, &file, nullptr);
  std::vector<char> space(size);
  rocksdb::Slice got;
  if (status.ok() && size > 0) status = file->Read(size, {}, &got, space.data(), nullptr);
  if (!status.ok()) return fail(path, status);
  return got.ToString();
}

base::Result<> sync_directory(rocksdb::FileSystem& files, const std::string& directory) {
  std::unique_ptr<rocksdb::FSDirectory> opened;
  auto status = files.NewDirectory(directory, {}, &opened, nullptr);
  if (status.ok()) status = opened->Fsync({}, nullptr);
  if (!status.ok()) return fail(directory, status);
  return {};
}

base::Result<> replace_file(rocksdb::FileSystem& files, const std::string& directory, const std::string& name,
                            std::string_view text) {
  const std::string path = directory + "/" + name;
  auto status = write_and_sync(files, path + ".new", text);
  if (status.ok()) status = files.RenameFile(path + ".new", path, {}, nullptr);
  if (!status.ok()) return fail(path, status);
  return sync_directory(files, directory);
}

}  // namespace understudy::archive::store
