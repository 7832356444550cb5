#include "app/admin/journal_proof.hpp"

#include "app/admin/answers.hpp"
#include "base/codec.hpp"

namespace understudy::app {
namespace {

namespace journal = archive::journal;

constexpr std::string_view notice =
    "This file proves that a message is in a journal. It holds what the journal keeps of the message beside its octets: who "
    "sent it, "
    "when, through whom, and the recipients that are shown. It cannot be called back: where the journal ends the entry later, "
    "this "
    "file still shows it. Recipients who are not shown stay hidden; how many there were does not.";

constexpr std::string_view audit_notice =
    "This file proves that an entry is in an audit journal. It shows who did what, and why; it cannot be called back.";

boost::json::object part_json(const journal::SealedPart& part) {
  boost::json::object json;
  if (part.nonce.empty()) {
    json["hash"] = json_digest(part.hash);
  } else {
    json["nonce"] = base::to_base64(part.nonce);
    json["octets"] = base::to_base64(part.octets);
  }
  return json;
}

}  // namespace

boost::json::object head_json(const journal::SignedHead& head) {
  boost::json::object json;
  json["octets"] = base::to_base64(head.head.encode());
  json["signature"] = base::to_base64(base::view(head.signature));
  json["key"] = head.key.text();
  return json;
}

boost::json::object proof_json(const journal::Proof& proof, const std::optional<archive::witness::Countersigned>& cosigned,
                               const std::optional<journal::timestamp::Stamp>& stamp) {
  boost::json::object entry;
  entry["partition"] = proof.entry.position.partition;
  entry["index"] = proof.entry.position.index;
  entry["common"] = part_json(proof.entry.common);
  boost::json::array recipients;
  for (const auto& part : proof.entry.parts) recipients.emplace_back(part_json(part));
  entry["recipients"] = std::move(recipients);
  boost::json::object json;
  json["understudy_proof"] = 1;
  json["notice"] = proof.head.head.log.book == journal::Book::audit ? audit_notice : notice;
  json["entry"] = std::move(entry);
  json["head"] = head_json(proof.head);
  json["path"] = path_json(proof.path);
  if (cosigned) {
    boost::json::object witness;
    witness["time"] = cosigned->by.time.time_since_epoch().count();
    witness["signature"] = base::to_base64(base::view(cosigned->by.signature));
    witness["key"] = cosigned->by.key.text();
    json["witness"] = std::move(witness);
  }
  if (stamp) json["timestamp"] = base::to_base64(stamp->response);
  return json;
}

boost::json::array path_json(const journal::proof::Path& path) {
  boost::json::array json;
  for (const auto& hash : path) json.emplace_back(json_digest(hash));
  return json;
}

}  // namespace understudy::app
