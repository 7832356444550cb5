#include "archive/store/rocksdb/dictionary_keeper.hpp"

#include <algorithm>

#include <malloc.h>

#include "archive/store/content/dictionary_trainer.hpp"
#include "archive/store/rocksdb/group_writer.hpp"
#include "archive/store/rocksdb/small_file.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "base/log.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::uint64_t again_after = 4;        ///< times as many texts as there were
constexpr std::size_t most_beside_octets = 64;  ///< version, texts, check

std::string directory_of(const RocksCore& core) {
  return core.options.directory + "/dictionaries";
}

std::string file_of(std::uint32_t number) {
  return std::to_string(number) + ".zdict";
}

std::uint32_t newest_number(const RocksCore& core) {
  const auto newest = core.dictionaries->newest();
  return newest ? newest->number() : 0;
}

/// From the record, or else from the file, which has the same in it. The one that is not whole is written again.
base::Result<> load(RocksCore& core, std::uint32_t number, const std::string& value) {
  const std::string path = directory_of(core) + "/" + file_of(number);
  auto file = read_small_file(*core.files, path, content::Dictionaries::max_octets + most_beside_octets);
  const bool file_is_whole = file && *file && values::dictionary_from(**file);
  auto record = values::dictionary_from(value);
  if (!record && !file_is_whole) return base::fail("dictionary " + std::to_string(number), base::errc::damaged);
  if (!record) {
    base::log::warn("store.dictionary_from_file", {{"file", path}});
    record = values::dictionary_from(**file);
  } else if (!file_is_whole) {
    base::log::warn("store.dictionary_written_again", {{"file", path}});
    auto written = replace_file(*core.files, directory_of(core), file_of(number), value);
    if (!written) return written;
  }
  core.texts_seen = std::max(core.texts_seen.load(), record->texts);
  auto added = core.dictionaries->add(number, std::string(record->octets));
  if (!added) return base::fail(path, added.error());
  return {};
}

}  // namespace

base::Result<> load_dictionaries(RocksCore& core) {
  OwnKeys at(core, keys::dictionaries_prefix());
  for (; at.valid(); at.next()) {
    auto number = keys::number_of_dictionary(at.key());
    if (!number) return std::unexpected(number.error());
    auto loaded = load(core, *number, std::string(at.value()));
    if (!loaded) return loaded;
  }
  return at.status();
}

base::Result<> DictionaryKeeper::keep(std::uint32_t number, std::string octets, std::uint64_t texts) {
  const std::string value = values::dictionary({texts, octets});
  auto filed = replace_file(*core_.files, directory_of(core_), file_of(number), value);
  if (!filed) {
    if (filed.error().code != base::errc::busy) core_.stop(filed.error().text());
    return filed;
  }
  CommitRequest request{{}, Sync::now};
  request.own = [&](GroupWriter& writer) -> base::Result<> {
    writer.put_own(keys::dictionary(number), value);
    return {};
  };
  auto committed = queue_.run(request);
  if (!committed) return committed;
  base::log::info("store.dictionary", {{"number", number}, {"octets", octets.size()}, {"texts", texts}});
  return core_.dictionaries->add(number, std::move(octets));
}

base::Result<> DictionaryKeeper::run_once() {
  const std::uint64_t texts = core_.texts_seen;
  if (next_at_ == 0)
    next_at_ = core_.dictionaries->newest() ? texts * again_after : core_.engine_options.first_dictionary_texts;
  if (core_.options.compression_level == 0 || texts < next_at_) return {};
  next_at_ = texts * again_after;
  content::TrainOptions options;
  options.level = dictionary_level(core_.options);
  options.present = core_.dictionaries;
  auto trained = content::train(core_.sample->copy(), options);
  core_.sample->clear();
  static_cast<void>(::malloc_trim(0));  // what training took is not needed again for long
  if (!trained) return base::fail("store.dictionary", trained.error());
  if (!*trained) return {};
  return keep(newest_number(core_) + 1, std::move(**trained), texts);
}

}  // namespace understudy::archive::store
