/// The zstd dictionaries of this archive, by number. New ones are added, none is ever taken away or changed: blocks that need
/// it may be anywhere. Never does I/O: the engine keeps them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.hpp"

struct ZSTD_CDict_s;
struct ZSTD_DDict_s;

namespace understudy::archive::store::content {

/// One, ready for use. It lives as long as somebody uses it.
class Dictionary {  // any thread
 public:
  /// nullptr: no dictionary of zstd's. `level`: zstd's, of all that is coded with it.
  static std::shared_ptr<const Dictionary> make(std::uint32_t number, int level, std::string octets);
  ~Dictionary();
  std::uint32_t number() const { return number_; }
  /// Made at the first call, since of many only the newest is ever asked. nullptr: it is good for decoding only.
  const ZSTD_CDict_s* for_encoding() const;
  const ZSTD_DDict_s& for_decoding() const { return *decoding_; }

 private:
  struct Free {
    void operator()(ZSTD_CDict_s* dictionary) const;
    void operator()(ZSTD_DDict_s* dictionary) const;
  };
  Dictionary(std::uint32_t number, int level, std::string octets);

  std::uint32_t number_;
  int level_;
  std::string octets_;
  std::unique_ptr<ZSTD_DDict_s, Free> decoding_;
  mutable std::once_flag encoding_made_;
  mutable std::unique_ptr<ZSTD_CDict_s, Free> encoding_;
};

class Dictionaries {  // any thread
 public:
  static constexpr std::size_t max_octets = 112 * 1024;
  /// `level`: zstd's, of what is coded with them.
  explicit Dictionaries(int level);
  ~Dictionaries();
  /// errc::damaged: no dictionary of zstd's, or more than max_octets; errc::refused: the number is taken.
  base::Result<> add(std::uint32_t number, std::string octets);
  /// nullptr: not here.
  std::shared_ptr<const Dictionary> find(std::uint32_t number) const;
  /// The one with the highest number; nullptr: there is none.
  std::shared_ptr<const Dictionary> newest() const;

 private:
  int level_;
  mutable std::mutex mutex_;  // of by_number_
  std::map<std::uint32_t, std::shared_ptr<const Dictionary>> by_number_;
};

}  // namespace understudy::archive::store::content
