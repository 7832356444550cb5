#include "archive/store/rocksdb/dictionary_keeper.hpp"

#include <charconv>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include <malloc.h>

#include "archive/store/content/dictionary_trainer.hpp"
#include "archive/store/rocksdb/group_writer.hpp"
#include "archive/store/rocksdb/small_file.hpp"
#include "archive/store/rocksdb/status.hpp"
#include "base/log.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::uint64_t again_after = 4;          ///< times as many texts as there were
constexpr std::uint64_t one_in_sample = 8;        ///< of the texts before the first: so many this process must have seen itself
constexpr std::size_t most_beside_octets = 64;    ///< version, texts, check
constexpr std::uint32_t most_to_look_for = 1000;  ///< there is one more each time that an archive has grown fourfold
constexpr std::string_view ending = ".zdict";

using Numbers = std::set<std::uint32_t>;

std::string directory_of(const RocksCore& core) {
  return core.options.directory + "/dictionaries";
}

std::string file_of(std::uint32_t number) {
  return std::to_string(number).append(ending);
}

/// 0: no name that file_of() gives.
std::uint32_t number_of_file(const std::string& name) {
  std::uint32_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return name == file_of(number) ? number : 0;
}

base::Result<> add_files(const RocksCore& core, Numbers& numbers) {
  std::vector<std::string> names;
  const auto listed = core.files->GetChildren(directory_of(core), {}, &names, nullptr);
  if (!listed.ok()) return fail(directory_of(core), listed);
  for (const std::string& name : names)
    if (const std::uint32_t number = number_of_file(name); number != 0) numbers.insert(number);
  return {};
}

/// `last`: the highest number that was ever given. One by one they are found beside a part of the database that cannot be read.
base::Result<> add_records(const RocksCore& core, std::uint32_t last, Numbers& numbers) {
  OwnKeys at(core, keys::dictionaries_prefix());
  for (; at.valid(); at.next()) {
    auto number = keys::number_of_dictionary(at.key());
    if (!number) return std::unexpected(number.error());
    numbers.insert(*number);
  }
  const auto listed = at.status();
  if (listed) return {};
  base::log::error("store.dictionary_records_unreadable", {{"why", listed.error().text()}});
  for (std::uint32_t number = 1; number <= std::min(last, most_to_look_for); ++number) {
    const auto found = core.get_own(keys::dictionary(number));
    if (!found || *found) numbers.insert(number);
  }
  return {};
}

/// Empty where the place has nothing, or nothing that is whole.
std::string if_whole(base::Result<std::optional<std::string>> found) {
  if (!found || !*found || !values::dictionary_from(**found)) return {};
  return std::move(**found);
}

base::Result<> load(RocksCore& core, std::uint32_t number) {
  const std::string path = directory_of(core) + "/" + file_of(number);
  const std::string recorded = if_whole(core.get_own(keys::dictionary(number)));
  std::string filed = if_whole(read_small_file(*core.files, path, content::Dictionaries::max_octets + most_beside_octets));
  if (recorded.empty() && filed.empty())
    return base::fail("dictionary " + std::to_string(number) + " is whole neither in the database nor in " + path +
                          ", and there is mail that cannot be read without it: bring the file back from a backup",
                      base::errc::damaged);
  if (filed.empty()) {
    base::log::warn("store.dictionary_file_again", {{"file", path}});
    auto written = replace_file(*core.files, directory_of(core), file_of(number), recorded);
    if (!written) return written;
  }
  const auto dictionary = values::dictionary_from(recorded.empty() ? filed : recorded);
  if (!dictionary) return std::unexpected(dictionary.error());
  auto added = core.dictionaries->add(number, std::string(dictionary->octets));
  if (!added) return base::fail(path, added.error());
  DictionaryBook& book = core.dictionary_book;
  book.texts_of_newest = dictionary->texts;  // they come in the order of their numbers
  if (recorded.empty()) {
    base::log::warn("store.dictionary_from_file", {{"file", path}});
    book.only_in_file.emplace(number, std::move(filed));
  }
  return {};
}

/// What each commit says anew.
base::Result<values::LastCommit> last_commit(const RocksCore& core) {
  auto value = core.get_own(std::string(keys::commits));
  if (!value) return std::unexpected(value.error());
  return *value ? values::last_commit_from(**value) : values::LastCommit{};
}

}  // namespace

base::Result<> load_dictionaries(RocksCore& core) {
  const auto last = last_commit(core);
  if (!last) return std::unexpected(last.error());
  Numbers numbers;
  auto found = add_files(core, numbers);
  if (found) found = add_records(core, last->dictionary, numbers);
  if (!found) return found;
  for (const std::uint32_t number : numbers)
    if (auto loaded = load(core, number); !loaded) return loaded;
  DictionaryBook& book = core.dictionary_book;
  book.last_number = std::max(last->dictionary, numbers.empty() ? 0 : *numbers.rbegin());
  book.texts_found = std::max(last->texts, book.texts_of_newest);
  book.texts_seen = book.texts_found;
  return {};
}

DictionaryKeeper::DictionaryKeeper(RocksCore& core, CommitQueue& queue)
    : core_(core), queue_(queue), texts_to_learn_from_(core.engine_options.first_dictionary_texts / one_in_sample) {
  const DictionaryBook& book = core.dictionary_book;
  const std::uint64_t due =
      core.dictionaries->newest() ? book.texts_of_newest * again_after : core.engine_options.first_dictionary_texts;
  next_at_ = std::max(due, book.texts_found + texts_to_learn_from_);
}

base::Result<> DictionaryKeeper::record_again() {
  auto& missing = core_.dictionary_book.only_in_file;
  if (missing.empty()) return {};
  CommitRequest request{{}, Sync::now};
  request.own = [&missing](GroupWriter& writer) -> base::Result<> {
    for (const auto& [number, value] : missing) writer.put_own(keys::dictionary(number), value);
    return {};
  };
  auto committed = queue_.run(request);
  if (committed) missing.clear();
  return committed;
}

base::Result<> DictionaryKeeper::keep(std::string octets, std::uint64_t texts) {
  const std::uint32_t number = ++core_.dictionary_book.last_number;  // whatever comes of it, nobody else gets it
  const std::string value = values::dictionary({texts, octets});
  auto filed = replace_file(*core_.files, directory_of(core_), file_of(number), value);
  if (!filed) {
    if (filed.error().code != base::errc::busy) core_.stop(filed.error().text());
    return filed;
  }
  CommitRequest request{{}, Sync::now};
  request.own = [number, &value](GroupWriter& writer) -> base::Result<> {
    writer.put_own(keys::dictionary(number), value);
    return {};
  };
  auto committed = queue_.run(request);
  if (!committed) return committed;
  base::log::info("store.dictionary", {{"number", number}, {"octets", octets.size()}, {"texts", texts}});
  return core_.dictionaries->add(number, std::move(octets));
}

bool DictionaryKeeper::is_due() const {
  const DictionaryBook& book = core_.dictionary_book;
  return core_.options.compression_level != 0 && book.texts_seen >= next_at_ &&
         book.last_number < std::numeric_limits<std::uint32_t>::max();
}

base::Result<std::optional<std::string>> DictionaryKeeper::learn(std::uint64_t texts) {
  const content::SampleSet sample = core_.sample->copy();
  const bool enough = content::is_enough(sample);
  next_at_ = enough ? texts * again_after : texts + texts_to_learn_from_;
  if (!enough) return std::nullopt;
  content::TrainOptions options;
  options.level = dictionary_level(core_.options);
  options.present = core_.dictionaries;
  auto trained = content::train(sample, options);
  core_.sample->clear();
  if (!trained) return base::fail("store.dictionary", trained.error());
  return trained;
}

base::Result<> DictionaryKeeper::run_once() {
  auto recorded = record_again();
  if (!recorded || !is_due()) return recorded;
  const std::uint64_t texts = core_.dictionary_book.texts_seen;
  auto learnt = learn(texts);
  static_cast<void>(::malloc_trim(0));  // what training took is not needed again for long
  if (!learnt) return std::unexpected(learnt.error());
  if (!*learnt) return {};
  auto kept = keep(std::move(**learnt), texts);
  if (!kept) next_at_ = texts + texts_to_learn_from_;
  return kept;
}

}  // namespace understudy::archive::store
