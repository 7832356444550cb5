#include "archive/custody/received.hpp"

#include <algorithm>
#include <limits>

#include "archive/custody/errc.hpp"

namespace understudy::archive::custody {
namespace {

Names part(const Names& names, std::size_t from, std::size_t most) {
  const auto first = std::min(from, names.size());
  const auto last = std::min(from + most, names.size());
  return {names.begin() + static_cast<std::ptrdiff_t>(first), names.begin() + static_cast<std::ptrdiff_t>(last)};
}

void add(Names& names, const Names& more) {
  names.insert(names.end(), more.begin(), more.end());
}

}  // namespace

std::string received_key(const Number& number, std::uint16_t record) {
  base::Writer out;
  encode(out, number);
  return out.u16(record).take();
}

std::string Received::encode() const {
  base::Writer out(2);
  position.encode(out);
  out.u8(static_cast<std::uint8_t>(state));
  if (state == State::ended) return out.take();
  out.raw(base::view(digest));
  out.u64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
  custody::encode(out, recipients);
  custody::encode(out, places);
  return out.take();
}

base::Result<Received> Received::decode(std::string_view value) {
  base::Reader in(value);
  if (in.u8() != 2) return base::fail("received under a custody number", base::errc::unsupported);
  Received received;
  received.position = Position::decode(in);
  received.state = in.u8() == 0 ? State::kept : State::ended;
  if (received.state == State::kept) {
    received.digest = base::digest_from(in.raw(sizeof(base::Digest)));
    received.time = base::WallTime(std::chrono::milliseconds(in.u64()));
    received.recipients = decode_names(in, Receipt::max_recipients);
    received.places = decode_names(in, max_places);
  }
  if (auto fits = in.check("received under a custody number"); !fits) return std::unexpected(fits.error());
  return received;
}

Name place_name(std::string_view place) {
  const auto digest = base::sha256(place);
  return name_from(base::view(digest));
}

Receipt receipt_of(const Number& number, const Received& received, const Life& by, base::Random& random) {
  return {number, received.digest, received.recipients, received.position, received.time, by, draw_salt(random)};
}

base::Result<std::uint64_t> highest_received(const store::Reader& reader, std::uint16_t partition, const Number& number) {
  const store::Shard shard{store::ShardKind::journal, partition};
  auto beyond = number;
  beyond.number = std::numeric_limits<std::uint64_t>::max();
  auto cursor = reader.scan(shard, store::Table::received, received_key(beyond, max_received));
  if (cursor->valid())
    cursor->previous();
  else if (auto ended = cursor->status(); !ended)
    return std::unexpected(ended.error());
  else
    cursor = reader.scan_last(shard, store::Table::received);
  if (!cursor->valid()) {
    if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
    return 0;
  }
  base::Reader key(cursor->key());
  const auto last = decode_number(key);
  if (!key.ok()) return base::fail("received under a custody number", base::errc::damaged);
  return life_of(last) == life_of(number) && last.partition == number.partition ? last.number : 0;
}

base::Result<bool> any_received(const store::Reader& reader, std::uint16_t partition, const InstanceId& from) {
  const auto cursor = reader.scan({store::ShardKind::journal, partition}, store::Table::received, mail::smtp::view(from));
  if (cursor->valid()) return cursor->key().starts_with(mail::smtp::view(from));
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  return false;
}

/// Before anything is noted of that life: then what the store has is all that came. Where a record next to it cannot be read
/// nothing of it is surely new: its numbers are looked for one by one, and only the damaged one is refused.
void ReceivedBook::learn(const Number& number) {
  if (new_.knows(number) || !new_.has_room()) return;
  const auto highest = highest_received(store_, partition_, number);
  new_.learn(number, highest.value_or(std::numeric_limits<std::uint64_t>::max()));
}

base::Result<std::optional<Known>> ReceivedBook::find(const commit::Stage& stage, const Number& number) {
  learn(number);
  if (new_.is_new(number)) return std::optional<Known>();
  auto records = read_received(stage, partition_, number);
  if (!records) return std::unexpected(records.error());
  if (records->empty()) return std::optional<Known>();
  Known known;
  known.state = Received::State::ended;
  known.records = static_cast<std::uint16_t>(records->size());
  for (const auto& received : *records) {
    known.last = std::max(known.last, received.position);
    if (received.state == Received::State::ended) continue;
    known.state = Received::State::kept;
    known.digest = received.digest;
    add(known.recipients, received.recipients);
    add(known.places, received.places);
  }
  known.recipients = sorted(std::move(known.recipients));
  known.places = sorted(std::move(known.places));
  return std::optional(std::move(known));
}

base::Result<> ReceivedBook::note(commit::Stage& stage, const Number& number, const std::optional<Known>& known,
                                  const Received& received) {
  learn(number);
  new_.note(number);
  const auto exhausted = [&] { return base::fail(number.text(), errc::exhausted); };
  std::uint16_t record = known ? known->records : std::uint16_t(0);
  const auto before = known ? known->recipients.size() + known->places.size() : 0;
  if (before + received.recipients.size() + received.places.size() > max_received_names) return exhausted();
  std::size_t recipients = 0, places = 0;
  do {
    if (record == max_received) return exhausted();
    auto piece = received;
    piece.recipients = part(received.recipients, recipients, Receipt::max_recipients);
    piece.places = part(received.places, places, Received::max_places);
    recipients += piece.recipients.size();
    places += piece.places.size();
    stage.put({store::ShardKind::journal, partition_}, store::Table::received, received_key(number, record), piece.encode());
    ++record;
  } while (recipients < received.recipients.size() || places < received.places.size());
  return {};
}

namespace {

template <class Change>
base::Result<> change_records(commit::Stage& stage, std::uint16_t partition, const Number& number, Position position,
                              Change change) {
  auto records = read_received(stage, partition, number);
  if (!records) return std::unexpected(records.error());
  for (std::size_t i = 0; i < records->size(); ++i) {
    auto& received = (*records)[i];
    if (received.position != position || received.state == Received::State::ended) continue;
    change(received);
    stage.put({store::ShardKind::journal, partition}, store::Table::received,
              received_key(number, static_cast<std::uint16_t>(i)), received.encode());
  }
  return {};
}

}  // namespace

base::Result<> ReceivedBook::forget(commit::Stage& stage, const Number& number, Position position) const {
  return change_records(stage, partition_, number, position,
                        [](Received& received) { received = {{}, received.position, {}, {}, {}, Received::State::ended}; });
}

base::Result<> ReceivedBook::forget(commit::Stage& stage, const Number& number, Position position, const Names& recipients,
                                    const Names& places) const {
  return change_records(stage, partition_, number, position, [&](Received& received) {
    received.recipients = without(received.recipients, recipients);
    received.places = without(received.places, places);
  });
}

}  // namespace understudy::archive::custody
