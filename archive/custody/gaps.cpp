#include "archive/custody/gaps.hpp"

#include <algorithm>

#include "archive/custody/received.hpp"

namespace understudy::archive::custody {
namespace {

constexpr std::uint16_t partition = 0;  // of our journal, whatever the sender's
constexpr char heard_letter = 'm', gap_letter = 'g';
constexpr std::size_t heard_size = 1 + 2 * sizeof(InstanceId) + 2, gap_size = 1 + 42;

/// How many lives were heard of. Longer than an incarnation, which is a key, too.
std::string count_key() {
  return "n" + std::string(sizeof(InstanceId), '\0');
}

std::string heard_key(const LifeMarks& marks) {
  base::Writer out(static_cast<std::uint8_t>(heard_letter));
  marks.life.encode(out);
  return out.u16(marks.partition).take();
}

std::string gap_key(const Number& number) {
  base::Writer out(static_cast<std::uint8_t>(gap_letter));
  encode(out, number);
  return out.take();
}

std::uint64_t milliseconds(base::WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

std::string encode_heard(const Heard& heard) {
  return base::Writer(1)
      .u64(heard.marks.marks.next)
      .u64(heard.marks.marks.low)
      .u64(milliseconds(heard.time))
      .u64(heard.checked)
      .take();
}

base::Result<Heard> decode_heard(std::string_view key, std::string_view value) {
  base::Reader name(key.substr(1)), in(value);
  Heard heard;
  heard.marks.life = Life::decode(name);
  heard.marks.partition = name.u16();
  in.u8();
  heard.marks.marks.next = in.u64();
  heard.marks.marks.low = in.u64();
  heard.time = base::WallTime(std::chrono::milliseconds(in.u64()));
  heard.checked = in.u64();
  if (!name.ok() || !in.ok()) return base::fail("marks that were heard", base::errc::damaged);
  return heard;
}

/// Goes through the numbers of one life that have come, in order.
class Came {
 public:
  Came(const store::Reader& reader, const Number& from)
      : life_(life_of(from)),
        sender_partition_(from.partition),
        cursor_(reader.scan(shard_of(partition), store::Table::received, received_key(from, 0))) {}

  /// Numbers grow from call to call.
  base::Result<bool> has(std::uint64_t number) {
    for (; cursor_->valid(); cursor_->next()) {
      base::Reader key(cursor_->key());
      const auto at = decode_number(key);
      if (life_of(at) != life_ || at.partition != sender_partition_ || at.number > number) return false;
      if (at.number == number) return true;
    }
    if (auto ended = cursor_->status(); !ended) return std::unexpected(ended.error());
    return false;
  }

 private:
  Life life_;
  std::uint16_t sender_partition_;
  std::unique_ptr<store::Cursor> cursor_;
};

bool has_enough(const GapCounts& counts, std::size_t found) {
  return counts.waiting + found >= GapLook::most_waiting || counts.all + found >= GapLook::most_kept;
}

/// Is there room for one more life? Then it is counted.
base::Result<bool> count_life(commit::Stage& stage) {
  auto value = stage.get(shard_of(partition), store::Table::custody_state, count_key());
  if (!value) return std::unexpected(value.error());
  std::uint64_t lives = 0;
  if (*value) {
    base::Reader in(**value);
    in.u8();
    lives = in.u64();
    if (!in.ok()) return base::fail("count of lives", base::errc::damaged);
  }
  if (lives >= Announcement::max_lives) return false;
  stage.put(shard_of(partition), store::Table::custody_state, count_key(), base::Writer(1).u64(lives + 1).take());
  return true;
}

/// What was announced since the last look.
base::Result<> look_at_new(const store::Reader& reader, const Upto& upto, const GapCounts& counts, GapLook& look) {
  auto all = read_heard(reader);
  if (!all) return std::unexpected(all.error());
  std::size_t looked = 0;
  for (auto& heard : *all) {
    const auto found = upto.find({heard.marks.life, heard.marks.partition});
    if (found == upto.end() || heard.checked >= found->second) continue;
    const auto number_at = [&](std::uint64_t n) { return number_of(heard.marks.life, heard.marks.partition, n); };
    Came came(reader, number_at(heard.checked));
    auto at = heard.checked;
    for (; at < found->second && looked < GapLook::most_numbers; ++at, ++looked) {
      auto has = came.has(at);
      if (!has) return std::unexpected(has.error());
      if (*has) continue;
      if (look.found.size() == GapLook::most_new || has_enough(counts, look.found.size())) break;
      look.found.push_back(number_at(at));
    }
    look.whole = look.whole && at == found->second;
    if (at == heard.checked) continue;
    heard.checked = at;
    look.checked.push_back(heard);
  }
  return {};
}

}  // namespace

bool Gap::lasts() const {
  return standing != Standing::waits && standing != Standing::handed && standing != Standing::missing;
}

std::string Gap::encode() const {
  return base::Writer(1).u64(milliseconds(since)).u8(static_cast<std::uint8_t>(standing)).u8(told ? 1 : 0).take();
}

base::Result<Gap> Gap::decode(const Number& number, std::string_view value) {
  base::Reader in(value);
  in.u8();
  Gap gap{number};
  gap.since = base::WallTime(std::chrono::milliseconds(in.u64()));
  gap.standing = static_cast<Standing>(in.u8());
  gap.told = in.u8() == 1;
  if (!in.ok()) return base::fail("gap " + number.text(), base::errc::damaged);
  return gap;
}

base::Result<std::vector<Heard>> read_heard(const store::Reader& reader) {
  std::vector<Heard> all;
  auto cursor = reader.scan(shard_of(partition), store::Table::custody_state, std::string(1, heard_letter));
  for (; cursor->valid() && cursor->key().starts_with(heard_letter); cursor->next()) {
    if (cursor->key().size() != heard_size) continue;
    auto heard = decode_heard(cursor->key(), cursor->value());
    if (!heard) return std::unexpected(heard.error());
    all.push_back(*heard);
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return all;
}

base::Result<GapPage> read_gaps(const store::Reader& reader, std::string_view from, std::size_t most) {
  GapPage page;
  const std::string first = from.empty() ? std::string(1, gap_letter) : std::string(from);
  auto cursor = reader.scan(shard_of(partition), store::Table::custody_state, first);
  for (; cursor->valid() && cursor->key().starts_with(gap_letter); cursor->next()) {
    if (cursor->key().size() != gap_size) continue;
    if (page.gaps.size() == most) {
      page.next = cursor->key();
      break;
    }
    base::Reader key(cursor->key().substr(1));
    auto gap = Gap::decode(decode_number(key), cursor->value());
    if (!gap) return std::unexpected(gap.error());
    page.gaps.push_back(*gap);
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return page;
}

base::Result<std::size_t> note_marks(commit::Stage& stage, const Announcement& announced, base::WallTime now) {
  std::size_t refused = 0;
  for (const auto& marks : announced.lives) {
    const auto key = heard_key(marks);
    auto value = stage.get(shard_of(partition), store::Table::custody_state, key);
    if (!value) return std::unexpected(value.error());
    Heard heard{marks, now, 1};
    if (*value) {
      auto before = decode_heard(key, **value);
      if (!before) return std::unexpected(before.error());
      if (before->marks == marks) continue;
      heard.checked = before->checked;
    } else {
      auto room = count_life(stage);
      if (!room) return std::unexpected(room.error());
      refused += *room ? 0 : 1;
      if (!*room) continue;
    }
    stage.put(shard_of(partition), store::Table::custody_state, key, encode_heard(heard));
  }
  return refused;
}

base::Result<GapLook> look_for_gaps(const store::Reader& reader, const Upto& upto, std::string_view from,
                                    const GapCounts& counts) {
  GapLook look;
  auto known = read_gaps(reader, from, GapLook::most_again);
  if (!known) return std::unexpected(known.error());
  look.next = std::move(known->next);
  for (const auto& gap : known->gaps) {
    auto came = has_come(reader, gap.number);
    if (!came) return std::unexpected(came.error());
    if (*came)
      look.came.push_back(gap.number);
    else
      look.still.push_back(gap);
  }
  if (auto looked = look_at_new(reader, upto, counts, look); !looked) return std::unexpected(looked.error());
  return look;
}

base::Result<> note_look(commit::Stage& stage, const std::vector<Gap>& gaps, const std::vector<Number>& closed,
                         const std::vector<Heard>& checked) {
  const auto shard = shard_of(partition);
  const auto table = store::Table::custody_state;
  for (const auto& gap : gaps) {
    auto came = stage.get(shard, store::Table::received, received_key(gap.number, 0));
    if (!came) return std::unexpected(came.error());
    if (*came)
      stage.erase(shard, table, gap_key(gap.number));
    else
      stage.put(shard, table, gap_key(gap.number), gap.encode());
  }
  for (const auto& number : closed) stage.erase(shard, table, gap_key(number));
  for (const auto& heard : checked) {
    const auto key = heard_key(heard.marks);
    auto value = stage.get(shard, table, key);  // other marks may have come meanwhile
    if (!value) return std::unexpected(value.error());
    auto now = *value ? decode_heard(key, **value) : base::Result<Heard>(heard);
    if (!now) return std::unexpected(now.error());
    now->checked = heard.checked;
    stage.put(shard, table, key, encode_heard(*now));
  }
  return {};
}

base::Result<bool> has_come(const store::Reader& reader, const Number& number) {
  auto value = reader.get(shard_of(partition), store::Table::received, received_key(number, 0));
  if (!value) return std::unexpected(value.error());
  return value->has_value();
}

}  // namespace understudy::archive::custody
