/// Table `bin` of an account against its change log and against what is in the bin: each record is what the log says, covers
/// something that is there, and nothing is there without one.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "archive/check/log_replay.hpp"
#include "archive/store/store.hpp"

namespace understudy::archive::check {

/// For the time of one check of one account; the replay outlives it.
class BinOrigins {
 public:
  using Fault = std::function<void(const std::string& what)>;
  explicit BinOrigins(const LogReplay& replay) : replay_(replay) {}

  /// A message that is stored.
  void saw(mailbox::FolderNumber folder, mailbox::Uid uid);
  /// A record of table `bin`.
  void saw(std::string_view key, std::string_view record, const Fault& fault);
  /// That was all of both.
  void finish(const Fault& fault) const;

 private:
  const LogReplay& replay_;
  std::map<mailbox::FolderNumber, mailbox::Uids> there_, covered_;
  std::map<std::string, std::pair<mailbox::FolderNumber, mailbox::Uids>> records_;  ///< by what a fault calls them
};

}  // namespace understudy::archive::check
