#include "archive/journal/verify.hpp"

#include <algorithm>
#include <set>

#include "archive/journal/heads.hpp"
#include "archive/journal/proof/make.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/scan.hpp"
#include "archive/journal/stored_nodes.hpp"

namespace understudy::archive::journal {
namespace {

constexpr std::uint64_t block = std::uint64_t{1} << node_levels;  ///< leaves below the lowest stored nodes

class Faults {
 public:
  explicit Faults(Verdict& verdict) : verdict_(verdict) {}
  void add(std::string what) {
    if (verdict_.faults.size() < Verdict::max_faults) verdict_.faults.push_back(std::move(what));
  }
  void add(Position position, std::string what) { add("entry " + position.text() + ": " + std::move(what)); }

 private:
  Verdict& verdict_;
};

/// One entry after the other, each by itself.
class EntryCheck {
 public:
  EntryCheck(const store::Reader& reader, const store::BodySource& bodies, const Extent& extent, Verdict& verdict)
      : reader_(reader), bodies_(bodies), extent_(extent), verdict_(verdict), faults_(verdict) {}

  void entry(Position position, const base::Result<Sealed>& sealed, const base::Result<base::Digest>& leaf) {
    verdict_.entries += 1;
    if (!leaf) faults_.add(position, "its leaf is missing: " + leaf.error().text());
    if (!sealed) return faults_.add(position, "cannot be read: " + sealed.error().text());
    if (!sealed->consistent()) faults_.add(position, "its octets do not have the hash that it claims");
    if (leaf && sealed->leaf() != *leaf) faults_.add(position, "it does not give the leaf that the tree was built with");
    endings(*sealed);
    if (extent_.depth == Depth::bodies && needs_body(*sealed)) body(*sealed);
  }

 private:
  void endings(const Sealed& sealed) {
    if (is_ended(sealed.common)) ending(sealed.common, {sealed.position, std::nullopt});
    for (std::uint32_t i = 0; i < sealed.parts.size(); ++i)
      if (is_ended(sealed.parts[i])) ending(sealed.parts[i], {sealed.position, i});
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
    auto sealed = read_sealed(reader_, {extent_.partition, index});
    auto entry = sealed && sealed->consistent() ? open(*sealed) : base::fail("ending", base::errc::damaged);
    if (!entry) return false;
    told_ = index;
    told_parts_ = {entry->endings.parts.begin(), entry->endings.parts.end()};
    return true;
  }

  void body(const Sealed& sealed) {
    auto entry = open(sealed);
    if (!entry) return faults_.add(sealed.position, "cannot be decoded: " + entry.error().text());
    if (!entry->brings_message()) return;
    auto octets = bodies_.open(entry->body);
    base::Sha256 digest;
    std::uint64_t offset = 0;
    while (offset < entry->body.size) {
      auto piece = octets->read(offset, store::Bodies::max_chunk);
      if (!piece) return faults_.add(sealed.position, "its body cannot be read: " + piece.error().text());
      if (piece->empty()) return faults_.add(sealed.position, "its body is shorter than it was");
      digest.update(*piece);
      offset += piece->size();
    }
    verdict_.bodies += 1;
    verdict_.octets += offset;
    if (digest.finish() != entry->facts.handed)
      faults_.add(sealed.position, "its body does not have the digest that was journaled");
  }

  const store::Reader& reader_;
  const store::BodySource& bodies_;
  const Extent& extent_;
  Verdict& verdict_;
  Faults faults_;
  std::optional<std::uint64_t> told_;  ///< the entry that told_parts_ is of
  std::set<PartName> told_parts_;
};

/// The keys that the journal tells of, and the heads that were signed by them.
class HeadCheck {
 public:
  HeadCheck(const store::Reader& reader, std::uint16_t partition, Verdict& verdict)
      : reader_(reader), partition_(partition), verdict_(verdict), faults_(verdict) {}

  void keys() {
    auto told = told_keys(reader_, partition_);
    if (!told) return faults_.add("the keys that sign heads cannot be read: " + told.error().text());
    told_ = std::move(*told);
    for (std::size_t i = 0; i < told_.size(); ++i) key(told_[i], i == 0 ? nullptr : &told_[i - 1]);
  }

  void head(std::uint64_t size, const base::Result<SignedHead>& head, const base::Result<base::Digest>& root) {
    const auto fault = [&](const std::string& what) {
      faults_.add("signed head over " + std::to_string(size) + " entries: " + what);
    };
    verdict_.heads += 1;
    if (!head) return fault("cannot be read: " + head.error().text());
    if (!head->holds()) fault("its signature does not hold");
    if (std::ranges::find(told_, head->key, &ToldKey::key) == told_.end()) fault("no entry tells of the key that signed it");
    if (!root) return fault("the tree cannot be computed: " + root.error().text());
    if (head->head.head.size != size || head->head.head.root != *root) fault("the journal does not give this head any more");
  }

 private:
  void key(const ToldKey& told, const ToldKey* former) {
    const Position position{partition_, told.index};
    auto entry = read(reader_, position);
    if (!entry) return;  // told where entries are looked at
    if (!entry->key_change || entry->key_change->key != told.key)
      return faults_.add(position, "it does not tell of the key that is kept for it");
    if (!entry->key_change->holds()) faults_.add(position, "the consent to its key does not hold");
    const auto& consent = entry->key_change->consent;
    if (consent && (!former || consent->by != former->key))
      faults_.add(position, "the consent to its key is not that of the key before");
  }

  const store::Reader& reader_;
  std::uint16_t partition_;
  Verdict& verdict_;
  Faults faults_;
  std::vector<ToldKey> told_;
};

class Verifier {
 public:
  Verifier(const store::Reader& reader, const store::BodySource& bodies, const Extent& extent, Numbers stored)
      : reader_(reader),
        extent_(extent),
        stored_(std::move(stored)),
        entries_(reader, bodies, extent, verdict_),
        heads_(reader, extent.partition, verdict_),
        scan_(reader, extent.partition) {}

  std::uint64_t size() const { return stored_.frontier.size(); }
  std::uint64_t end() const { return extent_.to < size() ? extent_.to + 1 : size(); }
  bool whole() const { return extent_.from == 0 && end() == size(); }

  void begin() { heads_.keys(); }

  void entry(std::uint64_t index) {
    const Position position{extent_.partition, index};
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
    if (!whole()) part_of_tree();
    if (whole()) verdict_.root = frontier_.root();
    if (verdict_.root != stored_.frontier.root()) faults_.add("the leaves do not give the stored tree head");
    if (stored_.projected > size()) faults_.add("more was applied than was journaled");
    auto end = end_of_log(reader_, extent_.partition);
    if (!end) return std::unexpected(end.error());
    if (*end > size()) faults_.add("there are entries beyond the stored tree head");
    heads_beyond();
    return std::move(verdict_);
  }

 private:
  void compare(proof::Node node, const base::Digest& hash) {
    const auto stored = read_node(reader_, extent_.partition, node);
    if (stored && *stored && **stored == hash) return;
    const auto first = node.index << node.level;
    faults_.add("the stored hash over entries " + Position{extent_.partition, first}.text() + " to " +
                Position{extent_.partition, first + (std::uint64_t{1} << node.level) - 1}.text() +
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
    if (auto read = each_head(reader_, extent_.partition, size, next_head_, take); !read)
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
    if (auto read = each_head(reader_, extent_.partition, size() + 1, all, take); !read)
      faults_.add("the signed heads cannot be read: " + read.error().text());
  }

  /// Of an extent: the leaves of each block that it touches give the block's node, and the nodes give the heads.
  void part_of_tree() {
    const auto leaves = [this](std::uint64_t index) { return read_leaf(reader_, {extent_.partition, index}); };
    const proof::ComputedNodes computed(leaves);
    for (auto index = extent_.from / block; index < (end() + block - 1) / block && index < size() / block; ++index) {
      const auto hash = computed.hash({node_levels, index});
      if (hash) compare({node_levels, index}, *hash);  // a leaf that is missing was told
    }
    const auto nodes = stored_nodes(reader_, extent_.partition);
    const auto root_of = [&](std::uint64_t over) -> base::Result<base::Digest> {
      auto head = proof::make_head(nodes, over);
      if (!head) return std::unexpected(head.error());
      return head->root;
    };
    const auto take = [&](std::uint64_t over, const base::Result<SignedHead>& head) {
      heads_.head(over, head, root_of(over));
      return true;
    };
    if (auto read = each_head(reader_, extent_.partition, extent_.from + 1, end(), take); !read)
      faults_.add("the signed heads cannot be read: " + read.error().text());
    if (const auto root = root_of(size())) verdict_.root = *root;
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

base::Result<Verdict> verify(const store::Reader& reader, const store::BodySource& bodies, const Extent& extent,
                             const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
  auto numbers = read_numbers(reader, extent.partition);
  if (!numbers) return std::unexpected(numbers.error());
  Verifier verifier(reader, bodies, extent, std::move(*numbers));
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
