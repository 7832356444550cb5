/// Makes a dictionary of zstd's from a sample of texts, and keeps it only where it is worth it. What only a few messages say is
/// left out: a dictionary stays for ever, and what a message alone had said must not stay in it when the message is gone. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "archive/store/content/dictionaries.hpp"
#include "archive/store/content/sample.hpp"
#include "base/result.hpp"

namespace understudy::archive::store::content {

struct TrainOptions {
  int level = 3;                                ///< zstd's, that texts will be coded at; 0: nothing is worth it
  std::shared_ptr<const Dictionaries> present;  ///< their newest is what a new one has to beat; never nullptr
  std::size_t max_octets = Dictionaries::max_octets;
  unsigned least_gain = 3;  ///< percent of the coded octets of the judging share
};

/// Whether there is anything to learn from the sample: with less of it nothing is trained.
bool is_enough(const SampleSet& sample);

/// A dictionary for Dictionaries::add(); nullopt: there is too little to learn from, or what was learnt gains too little. Each
/// of its octets stands in a run that at least five texts of the sample have. Fails where zstd makes what it does not take
/// itself. One thread, about a second and 40 MiB for 8 MiB of texts; it cannot be interrupted.
base::Result<std::optional<std::string>> train(const SampleSet& sample, const TrainOptions& options);

}  // namespace understudy::archive::store::content
