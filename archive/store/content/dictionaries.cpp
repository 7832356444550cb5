#include "archive/store/content/dictionaries.hpp"

#include <zstd.h>

namespace understudy::archive::store::content {

void Dictionary::Free::operator()(ZSTD_CDict_s* dictionary) const {
  ZSTD_freeCDict(dictionary);
}

void Dictionary::Free::operator()(ZSTD_DDict_s* dictionary) const {
  ZSTD_freeDDict(dictionary);
}

Dictionary::Dictionary(std::uint32_t number, int level, std::string octets)
    : number_(number), level_(level), octets_(std::move(octets)), decoding_(ZSTD_createDDict(octets_.data(), octets_.size())) {}

Dictionary::~Dictionary() = default;

std::shared_ptr<const Dictionary> Dictionary::make(std::uint32_t number, int level, std::string octets) {
  // zstd takes octets without a dictionary's head for mere content: then nothing would tell a torn file from a whole one.
  if (ZSTD_getDictID_fromDict(octets.data(), octets.size()) == 0) return nullptr;
  const std::shared_ptr<const Dictionary> made(new Dictionary(number, level, std::move(octets)));
  return made->decoding_ ? made : nullptr;
}

const ZSTD_CDict_s* Dictionary::for_encoding() const {
  std::call_once(encoding_made_, [this] { encoding_.reset(ZSTD_createCDict(octets_.data(), octets_.size(), level_)); });
  return encoding_.get();
}

Dictionaries::Dictionaries(int level) : level_(level) {}
Dictionaries::~Dictionaries() = default;

base::Result<> Dictionaries::add(std::uint32_t number, std::string octets) {
  const auto name = [number] { return "dictionary " + std::to_string(number); };
  if (octets.size() > max_octets) return base::fail(name(), base::errc::damaged);
  auto dictionary = Dictionary::make(number, level_, std::move(octets));
  if (!dictionary) return base::fail(name(), base::errc::damaged);
  const std::lock_guard lock(mutex_);
  if (!by_number_.emplace(number, std::move(dictionary)).second) return base::fail(name(), base::errc::refused);
  return {};
}

std::shared_ptr<const Dictionary> Dictionaries::find(std::uint32_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : found->second;
}

std::shared_ptr<const Dictionary> Dictionaries::newest() const {
  const std::lock_guard lock(mutex_);
  return by_number_.empty() ? nullptr : by_number_.rbegin()->second;
}

}  // namespace understudy::archive::store::content
