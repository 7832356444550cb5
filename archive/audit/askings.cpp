#include "archive/audit/askings.hpp"

#include <algorithm>

#include "archive/audit/owner.hpp"
#include "base/bytes.hpp"

namespace understudy::archive::audit {
namespace {

constexpr store::Shard shard = journal::shard_of(journal::audit_log);
constexpr store::Table table = store::Table::journal_state;
constexpr std::uint8_t version = 1;
constexpr std::size_t piece_octets = 48 * 1024;  ///< of a text, in one record
constexpr char open_prefix = 'A', text_prefix = 'T';

/// One request whose text is kept.
struct Kept {
  std::uint64_t index = 0;
  base::Digest digest{};
  std::uint64_t pieces = 0;
};
using Open = std::vector<Kept>;  ///< of one person, oldest first

std::string open_key(std::uint32_t uid) {
  return base::Writer(static_cast<std::uint8_t>(open_prefix)).u32(uid).take();
}

std::string text_key(std::uint64_t index, std::uint64_t piece) {
  return base::Writer(static_cast<std::uint8_t>(text_prefix)).u64(index).u16(static_cast<std::uint16_t>(piece)).take();
}

std::string encode(const Open& open) {
  base::Writer out(version);
  out.varint(open.size());
  for (const auto& each : open) out.u64(each.index).raw(base::view(each.digest)).varint(each.pieces);
  return out.take();
}

base::Result<Open> decode(const std::optional<std::string>& octets) {
  Open open;
  if (!octets) return open;
  base::Reader in(*octets);
  const auto found = in.u8();
  const auto count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    Kept kept;
    kept.index = in.u64();
    kept.digest = base::digest_from(in.raw(sizeof(base::Digest)));
    kept.pieces = in.varint();
    open.push_back(kept);
  }
  if (!in.ok() || !in.at_end() || found != version) return base::fail("open requests for approval", base::errc::damaged);
  return open;
}

base::Result<Open> open_of(const commit::Stage& stage, std::uint32_t uid) {
  auto value = stage.get(shard, table, open_key(uid));
  if (!value) return std::unexpected(value.error());
  return decode(*value);
}

void erase_text(commit::Stage& stage, const Kept& kept) {
  for (std::uint64_t piece = 0; piece < kept.pieces; ++piece) stage.erase(shard, table, text_key(kept.index, piece));
}

void put_open(commit::Stage& stage, std::uint32_t uid, const Open& open) {
  if (open.empty()) return stage.erase(shard, table, open_key(uid));
  stage.put(shard, table, open_key(uid), encode(open));
}

}  // namespace

base::Result<std::optional<Request>> Askings::find(const base::Digest& digest) const {
  const auto open = open_of(stage_, uid_);
  if (!open) return std::unexpected(open.error());
  for (auto at = open->rbegin(); at != open->rend(); ++at)
    if (at->digest == digest) return audit::find<Request>(cells(stage_), request_key(at->index));
  return std::optional<Request>();
}

base::Result<Askings::Room> Askings::make_room(const std::function<bool(const Request&)>& is_over) {
  auto open = open_of(stage_, uid_);
  if (!open) return std::unexpected(open.error());
  Open left;
  for (const auto& each : *open) {
    const auto request = audit::find<Request>(cells(stage_), request_key(each.index));
    if (!request) return std::unexpected(request.error());
    if (!*request || is_over(**request)) {
      erase_text(stage_, each);
    } else {
      left.push_back(each);
    }
  }
  if (left.size() < open->size()) put_open(stage_, uid_, left);
  return left.size() < most_open ? Room::some : Room::none;
}

base::Result<> Askings::keep(std::uint64_t request, std::string_view text) {
  auto open = open_of(stage_, uid_);
  if (!open) return std::unexpected(open.error());
  Kept kept{request, base::sha256(text), 0};
  for (; !text.empty(); ++kept.pieces) {
    stage_.put(shard, table, text_key(request, kept.pieces), std::string(text.substr(0, piece_octets)));
    text.remove_prefix(std::min(text.size(), piece_octets));
  }
  open->push_back(kept);
  put_open(stage_, uid_, *open);
  return {};
}

base::Result<> Askings::forget(std::uint64_t request) {
  const auto room = make_room([request](const Request& each) { return each.index == request; });
  if (!room) return std::unexpected(room.error());
  return {};
}

base::Result<std::optional<std::string>> asked_text(const store::Reader& reader, const Request& request) {
  const auto value = reader.get(shard, table, open_key(request.actor.uid));
  if (!value) return std::unexpected(value.error());
  const auto open = decode(*value);
  if (!open) return std::unexpected(open.error());
  const auto found = std::ranges::find(*open, request.index, &Kept::index);
  if (found == open->end()) return std::optional<std::string>();
  std::string text;
  for (std::uint64_t piece = 0; piece < found->pieces; ++piece) {
    const auto octets = reader.get(shard, table, text_key(request.index, piece));
    if (!octets) return std::unexpected(octets.error());
    text += octets->value_or("");
  }
  if (base::sha256(text) != request.digest)
    return base::fail("what request " + std::to_string(request.index) + " asks for", base::errc::damaged);
  return std::optional(std::move(text));
}

base::Result<std::vector<std::uint64_t>> open_requests(const store::Reader& reader) {
  std::vector<std::uint64_t> indexes;
  auto cursor = reader.scan(shard, table, std::string(1, open_prefix));
  for (; cursor->valid() && cursor->key().starts_with(open_prefix); cursor->next()) {
    const auto open = decode(std::string(cursor->value()));
    if (!open) return std::unexpected(open.error());
    for (const auto& each : *open) indexes.push_back(each.index);
  }
  if (auto ended = cursor->status(); !ended) return std::unexpected(ended.error());
  std::ranges::sort(indexes);
  return indexes;
}

base::Result<> check_askings(const store::Reader& reader, const std::function<void(std::string)>& fault) {
  auto cursor = reader.scan(shard, table, std::string(1, open_prefix));
  for (; cursor->valid() && cursor->key().starts_with(open_prefix); cursor->next()) {
    const auto open = decode(std::string(cursor->value()));
    if (!open) return std::unexpected(open.error());
    for (const auto& each : *open) {
      const auto value = reader.get(shard, table, request_key(each.index));
      if (!value) return std::unexpected(value.error());
      const auto request = *value ? Request::decode(**value) : base::Result<Request>(base::fail("", base::errc::not_found));
      const bool is_of_it = request && cursor->key() == open_key(request->actor.uid) && request->digest == each.digest;
      if (!is_of_it || !asked_text(reader, *request))
        fault("what is kept of request " + std::to_string(each.index) + " is not what its entry says");
    }
  }
  return cursor->status();
}

}  // namespace understudy::archive::audit
