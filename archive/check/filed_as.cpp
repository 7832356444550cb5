#include "archive/check/filed_as.hpp"

#include <algorithm>

#include "archive/commit/outgoing.hpp"
#include "base/bytes.hpp"
#include "base/digest.hpp"

namespace understudy::archive::check {
namespace {

std::array<std::uint8_t, 16> mark_of(const mailbox::Message& message) {
  base::Writer out;
  message.position.encode(out);
  message.body.encode(out.raw(base::view(message.name)));
  out.u64(static_cast<std::uint64_t>(message.internal_date.time_since_epoch().count()));
  const auto digest = base::sha256(out.str());
  std::array<std::uint8_t, 16> mark{};
  std::copy_n(digest.begin(), mark.size(), mark.begin());
  return mark;
}

}  // namespace

void FiledAs::expect(std::uint16_t partition, std::uint64_t entries) {
  marks_[partition].reserve(std::min<std::uint64_t>(entries, room_));
}

void FiledAs::note(const journal::Entry& entry) {
  auto& marks = marks_[entry.position.partition];
  const auto index = entry.position.index;
  if (index < marks.size() || index - marks.size() >= room_) return;
  room_ -= index + 1 - marks.size();
  marks.resize(index + 1);
  mailbox::Message message;
  message.position = entry.position;
  message.body = entry.body;
  message.name = commit::name_of(entry);
  message.internal_date = entry.time;
  marks.back() = mark_of(message);
}

bool FiledAs::fits(const mailbox::Message& message) const {
  const auto marks = marks_.find(message.position.partition);
  if (marks == marks_.end() || message.position.index >= marks->second.size()) return false;
  const Mark& mark = marks->second[message.position.index];
  return mark != Mark{} && mark == mark_of(message);
}

}  // namespace understudy::archive::check
