#include "archive/custody/received.hpp"

#include <algorithm>

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
  base::Writer out(1);
  out.raw(base::view(digest));
  position.encode(out);
  out.u64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
  custody::encode(out, recipients);
  custody::encode(out, places);
  return out.take();
}

base::Result<Received> Received::decode(std::string_view value) {
  base::Reader in(value);
  Received received;
  in.u8();
  received.digest = base::digest_from(in.raw(sizeof(base::Digest)));
  received.position = Position::decode(in);
  received.time = base::WallTime(std::chrono::milliseconds(in.u64()));
  received.recipients = decode_names(in, Receipt::max_recipients);
  received.places = decode_names(in, max_places);
  if (auto fits = in.check("received under a custody number"); !fits) return std::unexpected(fits.error());
  return received;
}

Name place_name(std::string_view place) {
  const auto digest = base::sha256(place);
  return name_from(base::view(digest));
}

Receipt receipt_of(const Number& number, const Received& received, const Life& by) {
  return {number, received.digest, received.recipients, received.position, received.time, by};
}

base::Result<std::optional<Known>> ReceivedBook::find(const commit::Stage& stage, const Number& number) const {
  auto records = read_received(stage, partition_, number);
  if (!records) return std::unexpected(records.error());
  if (records->empty()) return std::optional<Known>();
  Known known;
  known.digest = records->front().digest;
  known.records = static_cast<std::uint16_t>(records->size());
  for (const auto& received : *records) {
    known.last = std::max(known.last, received.position);
    add(known.recipients, received.recipients);
    add(known.places, received.places);
  }
  known.recipients = sorted(std::move(known.recipients));
  known.places = sorted(std::move(known.places));
  return std::optional(std::move(known));
}

base::Result<> ReceivedBook::note(commit::Stage& stage, const Number& number, const std::optional<Known>& known,
                                  const Received& received) const {
  std::uint16_t record = known ? known->records : std::uint16_t(0);
  std::size_t recipients = 0, places = 0;
  do {
    if (record == max_received) return base::fail("custody number " + number.text(), base::errc::too_long);
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

}  // namespace understudy::archive::custody
