#include "archive/check/bin_origins.hpp"

#include "archive/mailbox/bin_origin.hpp"
#include "base/codec.hpp"
#include "base/text.hpp"

namespace understudy::archive::check {

using mailbox::Uid;
using mailbox::Uids;

void BinOrigins::saw(mailbox::FolderNumber folder, Uid uid) {
  const auto found = replay_.folders().find(folder);
  if (found != replay_.folders().end() && found->second.kind == mailbox::FolderKind::bin) there_[folder].add(uid);
}

void BinOrigins::saw(std::string_view key, std::string_view record, const Fault& fault) {
  base::Reader in(key);
  const auto bin = in.u32();
  const auto first = in.u32();
  const auto& logged = replay_.bin_origins();
  const auto called = "record " + base::to_hex(key);
  const auto found = in.ok() && in.at_end() ? logged.find({bin, std::string(key.substr(sizeof bin))}) : logged.end();
  const auto origin = mailbox::BinOrigin::decode(record);
  if (found == logged.end() || found->second != record || !origin)
    return fault(", table bin: " + called + ": is not what the change log says");
  const Uids uids{{first, static_cast<Uid>(first + origin->uids.count() - 1)}};
  covered_[bin].unite(uids);
  records_.emplace(called, std::pair(bin, uids));
}

void BinOrigins::finish(const Fault& fault) const {
  for (const auto& [bin, uids] : there_) {
    auto without = uids;
    if (const auto covered = covered_.find(bin); covered != covered_.end()) without.subtract(covered->second);
    if (!without.empty()) fault(", table bin: where UIDs " + without.text() + " of the bin came from is missing");
  }
  for (const auto& [called, record] : records_) {
    auto left = record.second;
    if (const auto found = there_.find(record.first); found != there_.end()) {
      left.intersect(found->second);
    } else {
      left = {};
    }
    if (left.empty()) fault(", table bin: " + called + ": nothing of it is in the bin");
  }
}

}  // namespace understudy::archive::check
