#include "archive/store/content/dictionary_trainer.hpp"

#include <algorithm>

#include <zdict.h>

#include "archive/store/content/block_codec.hpp"
#include "archive/store/content/common_text.hpp"

namespace understudy::archive::store::content {
namespace {

/// A dictionary of which the sample is not many times the size learns the sample by heart.
constexpr std::size_t sample_to_dictionary = 20;
constexpr std::size_t least_dictionary = 4 * 1024;  // room for one; with less the sample is too small
constexpr std::size_t least_text = 256;
/// Where at least so many texts say the same it is nobody's secret.
constexpr unsigned texts_in_common = 5;
/// About half of what zstd finds worthwhile is left when what few texts have is taken out.
constexpr std::size_t drafted_to_kept = 2;

/// What zstd's trainer thinks the best text for a dictionary, the best at its end; empty: it finds none.
std::string draft(const SampleShare& share, std::size_t octets) {
  std::string out(octets, '\0');
  const auto count = static_cast<unsigned>(share.sizes.size());
  const std::size_t got = ZDICT_trainFromBuffer(out.data(), out.size(), share.octets.data(), share.sizes.data(), count);
  if (ZDICT_isError(got)) return {};
  const std::size_t head = ZDICT_getDictHeaderSize(out.data(), got);
  if (ZDICT_isError(head)) return {};
  return out.substr(head, got - head);
}

/// The text with the statistics that make it a dictionary; of a text too long the end is taken.
base::Result<std::string> finished(std::string_view text, const SampleShare& share, const TrainOptions& options,
                                   std::size_t octets) {
  text.remove_prefix(text.size() - std::min(text.size(), octets));
  std::string out(octets, '\0');
  ZDICT_params_t parameters{};
  parameters.compressionLevel = options.level;
  const std::size_t got = ZDICT_finalizeDictionary(out.data(), out.size(), text.data(), text.size(), share.octets.data(),
                                                   share.sizes.data(), static_cast<unsigned>(share.sizes.size()), parameters);
  if (ZDICT_isError(got)) return base::fail(std::string("dictionary: ") + ZDICT_getErrorName(got), base::errc::refused);
  out.resize(got);
  return out;
}

/// Octets of the texts when each is coded as a block of its own, as they will be.
std::size_t coded(const SampleShare& share, int level, const std::shared_ptr<const Dictionaries>& dictionaries) {
  BlockCodec codec(level, dictionaries);
  std::string_view rest = share.octets;
  std::string block;
  std::size_t total = 0;
  for (const std::size_t size : share.sizes) {
    block.clear();
    codec.encode(BlockCodec::Use::literal, rest.substr(0, size), block);
    total += block.size();
    rest.remove_prefix(size);
  }
  return total;
}

base::Result<bool> worth_it(const std::string& dictionary, const SampleShare& judging, const TrainOptions& options) {
  const auto candidate = std::make_shared<Dictionaries>(options.level);
  if (auto added = candidate->add(1, dictionary); !added) return base::fail("dictionary: judge", added.error());
  const std::size_t with = coded(judging, options.level, candidate);
  const std::size_t without = coded(judging, options.level, options.present);
  return with * 100 <= without * (100 - std::min(options.least_gain, 100U));
}

}  // namespace

bool is_enough(const SampleSet& sample) {
  return sample.training.octets.size() >= least_dictionary * sample_to_dictionary && !sample.judging.sizes.empty();
}

base::Result<std::optional<std::string>> train(const SampleSet& sample, const TrainOptions& options) {
  const std::size_t octets = std::min(options.max_octets, sample.training.octets.size() / sample_to_dictionary);
  if (options.level == 0 || octets < least_dictionary || !is_enough(sample)) return std::nullopt;
  const std::string drafted = draft(sample.training, octets * drafted_to_kept);
  const std::string text = keep_common(drafted, sample.training, texts_in_common);
  if (text.size() < least_text) return std::nullopt;
  auto dictionary = finished(text, sample.training, options, octets);
  if (!dictionary) return base::fail("train", dictionary.error());
  const auto worth = worth_it(*dictionary, sample.judging, options);
  if (!worth) return base::fail("train", worth.error());
  if (!*worth) return std::nullopt;
  return std::move(*dictionary);
}

}  // namespace understudy::archive::store::content
