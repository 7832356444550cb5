#include "archive/witness/judge.hpp"

#include "archive/journal/proof/check.hpp"

namespace understudy::archive::witness {
namespace {

/// Is `wanted` the known key, or one that followed it with consent? The statement may tell of a key that is younger than its
/// head.
bool leads_to(base::PublicKey known, const base::PublicKey& wanted, const std::vector<journal::KeyChange>& keys) {
  for (auto change = keys.begin(); known != wanted && change != keys.end(); ++change)
    if (change->consent && change->consent->by == known && change->holds()) known = change->key;
  return known == wanted;
}

}  // namespace

std::string_view name_of(Finding finding) {
  switch (finding) {
    case Finding::good:
      return "good";
    case Finding::known:
      return "known";
    case Finding::wants_path:
      return "wants_path";
    case Finding::bad_signature:
      return "bad_signature";
    case Finding::other_instance:
      return "other_instance";
    case Finding::other_key:
      return "other_key";
    case Finding::shorter:
      return "shorter";
    case Finding::fork:
      return "fork";
    case Finding::not_continued:
      return "not_continued";
  }
  return "unknown";
}

Finding judge(const std::optional<journal::SignedHead>& last, const Statement& statement) {
  const auto& shown = statement.head;
  if (!shown.holds()) return Finding::bad_signature;
  if (!last) return Finding::good;
  const auto& before = last->head;
  if (shown.head.log.instance != before.log.instance || shown.head.log.book != before.log.book ||
      shown.head.log.partition != before.log.partition)
    return Finding::other_instance;
  if (!leads_to(last->key, shown.key, statement.keys)) return Finding::other_key;
  if (shown.head.head.size < before.head.size) return Finding::shorter;
  if (shown.head.head.size > before.head.size) return Finding::wants_path;
  if (shown.head.head.root != before.head.root) return Finding::fork;
  return shown == *last ? Finding::known : Finding::good;
}

Finding judge(const journal::SignedHead& last, const Statement& statement, const journal::proof::Path& path) {
  const auto first = judge(last, statement);
  if (first != Finding::wants_path) return first;
  const bool closes = journal::proof::check_consistency(last.head.head, statement.head.head.head, path).has_value();
  return closes ? Finding::good : Finding::not_continued;
}

}  // namespace understudy::archive::witness
