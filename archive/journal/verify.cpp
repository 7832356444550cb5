#include "archive/journal/verify.hpp"

#include <algorithm>
#include <set>

#include "archive/journal/body_check.hpp"
#include "archive/journal/heads.hpp"
#include "archive/journal/proof/check.hpp"
#include "archive/journal/proof/make.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/scan.hpp"
#include "archive/journal/sealed_parts.hpp"
#include "archive/journal/stored_nodes.hpp"

namespace understudy::archive::journal {
namespace {

constexpr std::uint64_t block = std::uint64_t{1} << node_levels;  ///< leaves below the lowest stored nodes

class Faults {
 public:
  explicit Faults(Verdict& verdict) : verdict_(verdict) {}
  void add(std::string what) {
    if (verdict_.faults.size() < Verdict::max_faults)
      verdict_.faults.push_back(std::move(what));
    else
      verdict_.further += 1;
  }
  void add(Position position, std::string what) { add("entry " + position.text() + ": " + std::move(what)); }

 private:
  Verdict& verdict_;
};

/// One entry after the other, each by itself.
class EntryCheck {
 public:
  EntryCheck(const store::Reader& reader, const store::BodySource& bodies, const Extent& extent, const BookRules& rules,
             Verdict& verdict)
      : reader_(reader),
        bodies_(bodies, extent.depth == Depth::bodies ? extent.body_threads : 0),
        extent_(extent),
        rules_(rules),
        verdict_(verdict),
        faults_(verdict) {}

  void entry(Position position, const base::Result<Sealed>& sealed, const base::Result<base::Digest>& leaf) {
    verdict_.entries += 1;
    if (!leaf) faults_.add(position, "its leaf is missing: " + leaf.error().text());
    if (!sealed) return faults_.add(position, "cannot be read: " + sealed.error().text());
    if (!sealed->consistent()) faults_.add(position, "its octets do not have the hash that it claims");
    if (leaf && sealed->leaf() != *leaf) faults_.add(position, "it does not give the leaf that the tree was built with");
    endings(*sealed);
    locked(*sealed);
    if (auto fault = rules_.fault ? rules_.fault(*sealed) : std::string(); !fault.empty())
      faults_.add(position, std::move(fault));
    if (extent_.depth == Depth::bodies && needs_body(*sealed)) body(*sealed);
  }

  /// Behind the last entry: waits for the bodies.
  void finish() {
    auto found = bodies_.finish();
    verdict_.bodies = found.bodies;
    verdict_.octets = found.octets;
    verdict_.further += found.further;
    for (auto& [position, fault] : found.faults) faults_.add(position, std::move(fault));
  }

 private:
  void endings(const Sealed& sealed) {
    if (is_ended(sealed.common)) ending(sealed.common, {sealed.position, std::nullopt});
    for (std::uint32_t i = 0; i < sealed.parts.size(); ++i)
      if (is_ended(sealed.parts[i])) ending(sealed.parts[i], {sealed.position, i});
  }

  /// A part that its key's destruction ended is no fault, since the ring tells of that; any other that cannot be opened is.
  void locked(const Sealed& sealed) {
    locked(sealed.common, sealed.position, "its common part");
    for (std::size_t i = 0; i < sealed.parts.size(); ++i)
      locked(sealed.parts[i], sealed.position, "the part of recipient " + std::to_string(i));
  }

  void locked(const SealedPart& part, Position position, const std::string& what) {
    if (part.state == SealedPart::State::key_destroyed)
      verdict_.unreadable += 1;
    else if (const auto why = why_unreadable(part); !why.empty())
      faults_.add(position, what + ": " + std::string(why));
  }

  void ending(const SealedPart& part, const PartName& name) {
    const auto by = ended_by(part);
    if (by && *by > name.position.index && told_by(*by) && told_parts_.contains(name)) return;
    faults_.add(name.position,
                name.recipient ? "the part of recipient " + std::to_string(*name.recipient) + " is gone, and no ending says so"
                               : "its common part is gone, and no ending says so");
  }

  /// Reads which parts the entry at `index` ends. The last one is kept: a run of retention ends many parts by one entry.
  bool told_by(std::uint64_t index) {
    if (told_ == index) return true;
    if (extent_.log.book != Book::mail) return false;  // in no other book does anything end
    auto sealed = read_sealed(reader_, extent_.log, index);
    auto entry = sealed && sealed->consistent() ? open(*sealed) : base::fail("ending", base::errc::damaged);
    if (!entry) return false;
    told_ = index;
    told_parts_ = {entry->endings.parts.begin(), entry->endings.parts.end()};
    return true;
  }

  void body(const Sealed& sealed) {
    if (!why_unreadable(sealed.common).empty()) return;  // told above, and nothing says which body it was
    auto entry = open(sealed);
    if (!entry) return faults_.add(sealed.position, "cannot be decoded: " + entry.error().text());
    if (!entry->brings_message()) return;
    bodies_.ask({sealed.position, entry->body, entry->facts.handed});
  }

  const store::Reader& reader_;
  BodyCheck bodies_;
  const Extent& extent_;
  const BookRules& rules_;
  Verdict& verdict_;
  Faults faults_;
  std::optional<std::uint64_t> told_;  ///< the entry that told_parts_ is of
  std::set<PartName> told_parts_;
};

/// The keys that the journal tells of, and the heads that were signed by them.
class HeadCheck {
 public:
  HeadCheck(const store::Reader& reader, Log log, const BookRules& rules, Verdict& verdict)
      : reader_(reader), log_(log), rules_(rules), verdict_(verdict), faults_(verdict) {}

  /// Of a journal of `size` entries.
  void keys(std::uint64_t size) {
    auto told = told_keys(reader_, log_);
    if (!told) return faults_.add("the keys that sign heads cannot be read: " + told.error().text());
    for (const auto& each : *told) {
      if (each.index < size)
        told_.push_back(each);
      else
        faults_.add("a key is kept for entry " + Position{log_.partition, each.index}.text() + ", which is not there");
    }
    for (std::size_t i = 0; i < told_.size(); ++i) key(told_[i], i == 0 ? nullptr : &told_[i - 1]);
    const auto in_force = reader_.get(shard_of(log_), store::Table::journal_state, "c");
    if (!in_force) return faults_.add("the key in force cannot be read: " + in_force.error().text());
    if (in_force->has_value() != !told_.empty() || (*in_force && **in_force != told_.back().key.view()))
      faults_.add("the key that is kept as the one in force is not the last one that the journal tells of");
  }
  const std::vector<ToldKey>& told() const { return told_; }

  void head(std::uint64_t size, const base::Result<SignedHead>& head, const base::Result<base::Digest>& root) {
    const auto fault = [&](const std::string& what) {
      faults_.add("signed head over " + std::to_string(size) + " entries: " + what);
    };
    verdict_.heads += 1;
    if (!head) return fault("cannot be read: " + head.error().text());
    if (!head->holds()) fault("its signature does not hold");
    if (const auto& log = head->head.log; log.book != log_.book || log.partition != log_.partition)
      fault("it is of another journal");
    if (!instance_) instance_ = head->head.log.instance;
    if (head->head.log.instance != *instance_) fault("it is of another installation than those before it");
    if (std::ranges::find(told_, head->key, &ToldKey::key) == told_.end())
      fault("no entry tells of the key that signed it");
    else if (!in_force(head->key, size))
      fault("the key that signed it was not in force any more");
    if (!root) return fault("the tree cannot be computed: " + root.error().text());
    if (head->head.head.size != size || head->head.head.root != *root) fault("the journal does not give this head any more");
  }

 private:
  /// A key signs up to the entry that tells of the next one. Its first head may be of the group that tells of it.
  bool in_force(const base::PublicKey& key, std::uint64_t size) const {
    for (std::size_t i = 0; i < told_.size(); ++i)
      if (told_[i].key == key && (i + 1 == told_.size() || size <= told_[i + 1].index)) return true;
    return false;
  }

  void key(const ToldKey& told, const ToldKey* former) {
    const Position position{log_.partition, told.index};
    const auto sealed = read_sealed(reader_, log_, told.index);
    if (!sealed) return;  // told where entries are looked at
    const auto change = rules_.key_told(*sealed);
    if (!change) return;
    if (!*change || (*change)->key != told.key) return faults_.add(position, "it does not tell of the key that is kept for it");
    if (!(*change)->holds()) faults_.add(position, "the consent to its key does not hold");
    const auto& consent = (*change)->consent;
    if (consent && (!former || consent->by != former->key))
      faults_.add(position, "the consent to its key is not that of the key before");
  }

  const store::Reader& reader_;
  const Log log_;
  const BookRules& rules_;
  Verdict& verdict_;
  Faults faults_;
  std::vector<ToldKey> told_;
  std::optional<std::array<std::uint8_t, 16>> instance_;  ///< that the first head names
};

class Verifier {
 public:
  Verifier(const store::Reader& reader, const store::BodySource& bodies, const Extent& extent, const BookRules& rules,
           Numbers stored)
      : reader_(reader),
        extent_(extent),
        stored_(std::move(stored)),
        entries_(reader, bodies, extent, rules, verdict_),
        heads_(reader, extent.log, rules, verdict_),
        scan_(reader, extent.log) {}

  std::uint64_t size() const { return stored_.frontier.size(); }
  std::uint64_t end() const { return extent_.to < size() ? extent_.to + 1 : size(); }
  bool whole() const { return extent_.from == 0 && end() == size(); }

  void begin() { heads_.keys(size()); }

  void entry(std::uint64_t index) {
    const Position position{extent_.log.partition, index};
    const auto leaf = scan_.leaf(index);
    entries_.entry(position, scan_.sealed(index), leaf);
    if (!whole()) return;
    // Where a leaf is missing the tree ends for good: what follows cannot be computed any more.
    if (!leaf || frontier_.size() != index) return;
    frontier_.append(*leaf, [this](proof::Node node, const base::Digest& hash) {
      if (is_stored(node)) compare(node, hash);
    });
    heads_over(index + 1, frontier_.root());
  }

  base::Result<Verdict> finish() {
    entries_.finish();
    if (!whole()) part_of_tree();
    if (whole()) verdict_.root = frontier_.root();
    if (verdict_.root != stored_.frontier.root()) faults_.add("the leaves do not give the stored tree head");
    if (stored_.projected > size()) faults_.add("more was applied than was journaled");
    const auto projected = reader_.get(shard_of(extent_.log), store::Table::journal_state, "p");
    if (size() > 0 && projected && !*projected) faults_.add("how much of it was applied is missing");
    auto end = end_of_log(reader_, extent_.log);
    if (!end) faults_.add("the end of the journal cannot be read: " + end.error().text());
    if (end && *end > size()) faults_.add("there are entries beyond the stored tree head");
    heads_beyond();
    if (verdict_.further > 0) verdict_.faults.push_back("and " + std::to_string(verdict_.further) + " faults more");
    return std::move(verdict_);
  }

 private:
  void compare(proof::Node node, const base::Digest& hash) {
    const auto stored = read_node(reader_, extent_.log, node);
    if (stored && *stored && **stored == hash) return;
    const auto first = node.index << node.level;
    faults_.add("the stored hash over entries " + Position{extent_.log.partition, first}.text() + " to " +
                Position{extent_.log.partition, first + (std::uint64_t{1} << node.level) - 1}.text() +
                (stored && !*stored ? " is missing" : " is not that of their leaves"));
  }

  /// The signed heads over `size` leaves. What comes next is looked up once for all that lies before it.
  void heads_over(std::uint64_t size, const base::Digest& root) {
    if (size < next_head_) return;
    next_head_ = std::numeric_limits<std::uint64_t>::max();
    const auto take = [&](std::uint64_t over, const base::Result<SignedHead>& head) {
      if (over != size) {
        next_head_ = over;
        return false;
      }
      heads_.head(over, head, root);
      return true;
    };
    if (auto read = each_head(reader_, extent_.log, size, next_head_, take); !read)
      faults_.add("the signed heads cannot be read: " + read.error().text());
  }

  /// Entries that were signed for and are not there.
  void heads_beyond() {
    const auto take = [this](std::uint64_t over, const base::Result<SignedHead>&) {
      faults_.add("a head was signed over " + std::to_string(over) + " entries, and the journal has " + std::to_string(size()) +
                  ": its end was cut");
      return true;
    };
    const auto all = std::numeric_limits<std::uint64_t>::max();
    if (auto read = each_head(reader_, extent_.log, size() + 1, all, take); !read)
      faults_.add("the signed heads cannot be read: " + read.error().text());
  }

  /// Of an extent: the leaves of each block that it touches give the block's node, and the nodes give the heads.
  void part_of_tree() {
    const auto leaves = [this](std::uint64_t index) { return read_leaf(reader_, extent_.log, index); };
    const proof::ComputedNodes computed(leaves);
    for (auto index = extent_.from / block; index < (end() + block - 1) / block && index < size() / block; ++index) {
      const auto hash = computed.hash({node_levels, index});
      if (hash) compare({node_levels, index}, *hash);  // a leaf that is missing was told
    }
    const auto nodes = stored_nodes(reader_, extent_.log);
    const auto root_of = [&](std::uint64_t over) -> base::Result<base::Digest> {
      auto head = proof::make_head(nodes, over);
      if (!head) return std::unexpected(head.error());
      return head->root;
    };
    const auto take = [&](std::uint64_t over, const base::Result<SignedHead>& head) {
      heads_.head(over, head, root_of(over));
      return true;
    };
    if (auto read = each_head(reader_, extent_.log, extent_.from + 1, end(), take); !read)
      faults_.add("the signed heads cannot be read: " + read.error().text());
    if (const auto root = root_of(size())) verdict_.root = *root;
    for (const auto& told : heads_.told()) key_entry(nodes, told.index);
  }

  /// The entries that tell of keys are believed wherever they stand: so each is led to the head by its path.
  void key_entry(const proof::Nodes& nodes, std::uint64_t index) {
    const Position position{extent_.log.partition, index};
    const auto sealed = read_sealed(reader_, extent_.log, index);
    if (!sealed) return faults_.add(position, "tells of a key and cannot be read: " + sealed.error().text());
    const auto path = proof::make_inclusion(nodes, index, size());
    if (!path) return faults_.add(position, "tells of a key, and no path leads to it: " + path.error().text());
    if (!sealed->consistent() || !proof::check_inclusion(sealed->leaf(), index, {size(), verdict_.root}, *path))
      faults_.add(position, "tells of a key, and is not what the tree was built with");
  }

  const store::Reader& reader_;
  const Extent& extent_;
  Numbers stored_;
  Verdict verdict_;
  Faults faults_{verdict_};
  EntryCheck entries_;
  HeadCheck heads_;
  Scan scan_;
  Frontier frontier_;
  std::uint64_t next_head_ = 1;  ///< over how many leaves the next signed head is
};

}  // namespace

BookRules mail_rules() {
  BookRules rules;
  rules.key_told = [](const Sealed& sealed) -> base::Result<std::optional<KeyChange>> {
    auto entry = open(sealed);
    if (!entry) return std::unexpected(entry.error());
    return std::move(entry->key_change);
  };
  return rules;
}

base::Result<Verdict> verify(const store::Reader& reader, const store::BodySource& bodies, const Extent& extent,
                             const std::function<bool(std::uint64_t, std::uint64_t)>& progress, const BookRules& rules) {
  auto numbers = read_numbers(reader, extent.log);
  if (!numbers) {
    Verdict verdict;
    verdict.faults.push_back("how far the journal goes cannot be read: " + numbers.error().text());
    return verdict;
  }
  Verifier verifier(reader, bodies, extent, rules, std::move(*numbers));
  if (extent.from > extent.to || extent.from > verifier.size())
    return base::fail("journal verify: the journal has " + std::to_string(verifier.size()) + " entries", base::errc::not_found);
  verifier.begin();
  const auto all = verifier.end() - extent.from;
  for (auto index = extent.from; index < verifier.end(); ++index) {
    verifier.entry(index);
    if (progress && !progress(index - extent.from + 1, all)) return base::fail("journal verify", base::errc::shutting_down);
  }
  return verifier.finish();
}

}  // namespace understudy::archive::journal
