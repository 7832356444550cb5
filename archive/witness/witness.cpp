#include "archive/witness/witness.hpp"

#include "archive/audit/record.hpp"
#include "archive/journal/heads.hpp"
#include "archive/journal/proof/make.hpp"
#include "archive/journal/reader.hpp"
#include "archive/journal/stored_nodes.hpp"
#include "archive/witness/book.hpp"
#include "base/log.hpp"

namespace understudy::archive::witness {
namespace {

using store::Table;
constexpr std::uint8_t dispute_version = 1;

/// Of a Reader or a Stage.
template <class Value, class Source>
base::Result<std::optional<Value>> read(const Source& source, store::Shard shard, Table table, std::string_view key) {
  auto value = source.get(shard, table, key);
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<Value>();
  auto decoded = Value::decode(**value);
  if (!decoded) return std::unexpected(decoded.error());
  return std::optional(std::move(*decoded));
}

/// The key that the entry at `index` tells of.
base::Result<std::optional<journal::KeyChange>> key_told_by(const store::Reader& reader, journal::Log log,
                                                            std::uint64_t index) {
  const auto sealed = journal::read_sealed(reader, log, index);
  if (!sealed) return std::unexpected(sealed.error());
  if (log.book == journal::Book::audit) {
    auto record = audit::Record::decode(sealed->common.octets);
    if (!record) return std::unexpected(record.error());
    return std::move(record->key_change);
  }
  auto entry = journal::open(*sealed);
  if (!entry) return std::unexpected(entry.error());
  return std::move(entry->key_change);
}

void keep_evidence(commit::Stage& stage, const Dispute& dispute) {
  stage.put(book::instance, Table::disputes, book::evidence(dispute.time, dispute.shown.head), dispute.encode());
  stage.put(book::instance, Table::disputes, book::open(dispute.shown.head.head.log.book), dispute.encode());
  base::log::error("witness.dispute", {{"finding", name_of(dispute.finding)},
                                       {"entries_before", dispute.before.head.head.size},
                                       {"entries_shown", dispute.shown.head.head.head.size},
                                       {"key", dispute.shown.head.key.text()}});
}

}  // namespace

std::string Dispute::encode() const {
  base::Writer out(dispute_version);
  out.u64(static_cast<std::uint64_t>(time.time_since_epoch().count())).u8(static_cast<std::uint8_t>(finding));
  return out.text(before.encode()).text(shown.encode()).take();
}

base::Result<Dispute> Dispute::decode(std::string_view octets) {
  base::Reader in(octets);
  const auto version = in.u8();
  Dispute dispute;
  dispute.time = base::WallTime(std::chrono::milliseconds(in.u64()));
  dispute.finding = static_cast<Finding>(in.u8());
  auto before = journal::SignedHead::decode(in.text());
  auto shown = Statement::decode(in.text());
  if (!in.ok() || version != dispute_version || !before || !shown) return base::fail("dispute", base::errc::damaged);
  dispute.before = *before;
  dispute.shown = std::move(*shown);
  return dispute;
}

base::Result<std::optional<Countersigned>> Witness::witnessed() const {
  return read<Countersigned>(archive_.store(), book::instance, Table::witnessed, book::newest(log_.book));
}

void Witness::consider(Statement statement, std::optional<Shown> shown, Done<Finding> done) {
  auto finding = std::make_shared<Finding>(Finding::known);
  auto stage = [this, finding, statement = std::move(statement), shown = std::move(shown)](commit::Stage& stage,
                                                                                           commit::Owners&) -> base::Result<> {
    auto open = stage.get(book::instance, Table::disputes, book::open(log_.book));
    if (!open) return std::unexpected(open.error());
    if (*open) return base::fail("a dispute with the other machine is open", base::errc::refused);
    if (statement.head.head.log.book != log_.book)
      return base::fail("a head of another book of the other machine", base::errc::refused);
    if (statement.head.key == signer_.key())
      return base::fail("the other machine shows a head of this one", base::errc::refused);
    auto newest = read<Countersigned>(stage, book::instance, Table::witnessed, book::newest(log_.book));
    if (!newest) return std::unexpected(newest.error());
    const auto last = *newest ? std::optional((*newest)->head) : std::nullopt;
    // Another head may have been countersigned while the path was asked for.
    const bool of_now = last && shown && shown->from == *last;
    *finding = of_now ? judge(*last, statement, shown->path) : judge(last, statement);
    if (*finding == Finding::good) {
      const auto given = signer_.countersign(statement.head);
      stage.put(book::instance, Table::witnessed, book::history(given.head.head), given.encode());
      stage.put(book::instance, Table::witnessed, book::newest(log_.book), given.encode());
    } else if (is_dispute(*finding)) {
      keep_evidence(stage, {clock_.now(), *finding, last.value_or(statement.head), statement});
    }
    return {};
  };
  auto finished = [finding, done = std::move(done)](base::Result<> committed) mutable {
    if (!committed) return done(std::unexpected(std::move(committed.error())));
    done(*finding);
  };
  archive_.change(std::move(stage), std::move(finished));
}

base::Result<std::optional<Dispute>> Witness::open_dispute() const {
  return read<Dispute>(archive_.store(), book::instance, Table::disputes, book::open(log_.book));
}

base::Result<std::vector<Dispute>> Witness::disputes() const {
  constexpr std::size_t most = 1000;
  std::vector<Dispute> all;
  auto cursor = archive_.store().scan(book::instance, Table::disputes, book::all_evidence(log_.book));
  for (; cursor->valid() && cursor->key().starts_with(book::all_evidence(log_.book)) && all.size() < most; cursor->next()) {
    auto dispute = Dispute::decode(cursor->value());
    if (!dispute) return std::unexpected(dispute.error());
    all.push_back(std::move(*dispute));
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return all;
}

void Witness::settle_dispute(Done<> done) {
  auto stage = [this](commit::Stage& stage, commit::Owners&) -> base::Result<> {
    auto open = stage.get(book::instance, Table::disputes, book::open(log_.book));
    if (!open) return std::unexpected(open.error());
    if (!*open) return base::fail("an open dispute", base::errc::not_found);
    stage.erase(book::instance, Table::disputes, book::open(log_.book));
    stage.erase(book::instance, Table::witnessed, book::newest(log_.book));
    return {};
  };
  auto finished = [this, done = std::move(done)](base::Result<> settled) mutable {
    const bool is_settled = settled.has_value();
    done(std::move(settled));
    if (!is_settled) return;
    const std::lock_guard lock(mutex_);
    if (on_settled_) on_settled_();
  };
  archive_.change(std::move(stage), std::move(finished));
}

void Witness::on_settled(std::function<void()> tell) {
  const std::lock_guard lock(mutex_);
  on_settled_ = std::move(tell);
}

base::Result<std::optional<Statement>> Witness::statement() const {
  const auto& store = archive_.store();
  auto head = journal::last_head(store, log_);
  if (!head) return std::unexpected(head.error());
  if (!*head) return std::optional<Statement>();
  auto told = journal::told_keys(store, log_);
  if (!told) return std::unexpected(told.error());
  Statement statement;
  statement.head = **head;
  for (const auto& key : *told) {
    const auto entry = key_told_by(store, log_, key.index);  // `verify` names one that is damaged
    if (entry && *entry) statement.keys.push_back(**entry);
  }
  if (statement.keys.size() > Statement::max_keys)
    statement.keys.erase(statement.keys.begin(), statement.keys.end() - Statement::max_keys);
  return std::optional(std::move(statement));
}

base::Result<journal::proof::Path> Witness::consistency(std::uint64_t from, std::uint64_t to) const {
  auto numbers = journal::read_numbers(archive_.store(), log_);
  if (!numbers) return std::unexpected(numbers.error());
  if (from > to || to > numbers->frontier.size()) return base::fail("heads of the journal", base::errc::malformed);
  return journal::proof::make_consistency(journal::stored_nodes(archive_.store(), log_), from, to);
}

base::Result<std::optional<Countersigned>> Witness::cosigned() const {
  auto cursor = archive_.store().scan_last(journal::shard_of(log_), Table::cosigned);
  if (!cursor->valid()) {
    if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
    return std::optional<Countersigned>();
  }
  auto last = Countersigned::decode(cursor->value());
  if (!last) return std::unexpected(last.error());
  return std::optional(std::move(*last));
}

base::Result<std::optional<Countersigned>> Witness::cosigned(const journal::SignedHead& head) const {
  return read<Countersigned>(archive_.store(), journal::shard_of(log_), Table::cosigned, journal::head_key(head.head));
}

void Witness::keep(Countersigned countersigned, Done<> done) {
  auto stage = [this, countersigned = std::move(countersigned)](commit::Stage& stage, commit::Owners&) -> base::Result<> {
    if (!countersigned.holds()) return base::fail("countersignature: it does not hold", base::errc::refused);
    auto peer = read<Countersigned>(stage, book::instance, Table::witnessed, book::newest(log_.book));
    if (!peer) return std::unexpected(peer.error());
    if (*peer && (*peer)->head.key != countersigned.by.key)
      return base::fail("countersignature: not by the key that signs the other machine's heads", base::errc::refused);
    const auto key = journal::head_key(countersigned.head.head);
    auto ours = read<journal::SignedHead>(stage, journal::shard_of(log_), Table::heads, key);
    if (!ours) return std::unexpected(ours.error());
    if (!*ours || **ours != countersigned.head)
      return base::fail("the other machine has seen a head over " + std::to_string(countersigned.head.head.head.size) +
                            " entries of this journal that is not in it: it is not what it was; see docs/proofs.md",
                        base::errc::refused);
    stage.put(journal::shard_of(log_), Table::cosigned, key, countersigned.encode());
    return {};
  };
  archive_.change(std::move(stage), std::move(done));
}

}  // namespace understudy::archive::witness
