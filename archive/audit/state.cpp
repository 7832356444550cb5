#include "archive/audit/state.hpp"

#include "base/bytes.hpp"

namespace understudy::archive::audit {
namespace {

constexpr std::uint8_t version = 1;

std::uint64_t millis(base::WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

base::WallTime time_from(std::uint64_t millis) {
  return base::WallTime(std::chrono::milliseconds(millis));
}

base::Result<> note_time(const Cells& cells, std::uint64_t index, base::WallTime time) {
  const auto last = cells.get(std::string(last_time_key));
  if (!last) return std::unexpected(last.error());
  auto now = base::Writer().u64(millis(time)).take();
  if (*last && now < **last) cells.put(back_key(index), std::string(1, static_cast<char>(version)));
  cells.put(std::string(last_time_key), std::move(now));
  return {};
}

base::Result<> ask(const Cells& cells, std::uint64_t index, const Record& record) {
  if (!record.request) return {};
  Request asked;
  asked.index = index;
  asked.digest = *record.request;
  asked.actor = record.actor;
  asked.kind = record.kind;
  asked.action = record.action;
  asked.object = record.object;
  asked.reason = record.reason;
  asked.in_case = record.in_case;
  asked.asked = record.time;
  cells.put(request_key(index), asked.encode());
  return {};
}

base::Result<> decide(const Cells& cells, const Record& record, std::uint64_t request, Request::State state) {
  auto found = find<Request>(cells, request_key(request));
  if (!found) return std::unexpected(found.error());
  if (!*found) return {};
  auto& changed = **found;
  changed.state = state;
  if (state != Request::State::used) {
    changed.decided_by = record.actor;
    changed.decided = record.time;
  }
  cells.put(request_key(request), changed.encode());
  return {};
}

base::Result<> open(const Cells& cells, std::uint64_t index, const Record& record) {
  const auto secret = cells.get(std::string(secret_key));
  if (!secret) return std::unexpected(secret.error());
  if (!*secret) return base::fail("secret of the names of cases", base::errc::damaged);
  const KeptCase opened{*record.opens, index, record.actor.name, record.time, std::nullopt};
  cells.put(case_key(index), opened.encode());
  cells.put(case_name_key(**secret, opened.terms.name), base::Writer(version).u64(index).take());
  return {};
}

base::Result<> close(const Cells& cells, const Record& record) {
  auto found = find_case(cells, record.closes);
  if (!found) return std::unexpected(found.error());
  if (!*found) return {};
  (*found)->closed = record.time;
  cells.put(case_key((*found)->index), (*found)->encode());
  return {};
}

}  // namespace

std::string_view name_of(Request::State state) {
  switch (state) {
    case Request::State::waiting:
      return "waiting";
    case Request::State::given:
      return "given";
    case Request::State::refused:
      return "refused";
    case Request::State::used:
      return "used";
  }
  return "unknown";
}

/// As a record has it, and what came after.
std::string Request::encode() const {
  Record as;
  as.event = Event::asked;
  as.time = asked;
  as.actor = actor;
  as.kind = kind;
  as.action = action;
  as.object = object;
  as.reason = reason;
  as.in_case = in_case;
  as.request = digest;
  base::Writer out(version);
  out.u64(index).text(as.encode()).u8(static_cast<std::uint8_t>(state));
  return out.text(decided_by.name).u32(decided_by.uid).text(decided_by.from).u64(millis(decided)).take();
}

base::Result<Request> Request::decode(std::string_view octets) {
  base::Reader in(octets);
  const auto found = in.u8();
  Request request;
  request.index = in.u64();
  auto as = Record::decode(in.text());
  request.state = static_cast<State>(in.u8());
  request.decided_by.name = in.text();
  request.decided_by.uid = in.u32();
  request.decided_by.from = in.text();
  request.decided = time_from(in.u64());
  if (!in.ok() || found != version || !as || !as->request) return base::fail("request for approval", base::errc::damaged);
  request.digest = *as->request;
  request.actor = std::move(as->actor);
  request.kind = as->kind;
  request.action = std::move(as->action);
  request.object = std::move(as->object);
  request.reason = std::move(as->reason);
  request.in_case = std::move(as->in_case);
  request.asked = as->time;
  return request;
}

std::string KeptCase::encode() const {
  base::Writer out(version);
  terms.encode(out);
  out.u64(index).text(opened_by).u64(millis(opened)).u8(closed ? 1 : 0);
  if (closed) out.u64(millis(*closed));
  return out.take();
}

base::Result<KeptCase> KeptCase::decode(std::string_view octets) {
  base::Reader in(octets);
  const auto found = in.u8();
  KeptCase kept;
  kept.terms = Case::decode(in);
  kept.index = in.u64();
  kept.opened_by = in.text();
  kept.opened = time_from(in.u64());
  if (in.u8() != 0) kept.closed = time_from(in.u64());
  if (!in.ok() || found != version) return base::fail("case", base::errc::damaged);
  return kept;
}

std::string case_key(std::uint64_t index) {
  return base::Writer(static_cast<std::uint8_t>(case_prefix)).u64(index).take();
}

std::string back_key(std::uint64_t index) {
  return base::Writer(static_cast<std::uint8_t>(back_prefix)).u64(index).take();
}

std::string case_name_key(std::string_view secret, std::string_view name) {
  return std::string(1, case_name_prefix).append(base::view(base::hmac_sha256(secret, name)));
}

std::string request_key(std::uint64_t index) {
  return base::Writer(static_cast<std::uint8_t>(request_prefix)).u64(index).take();
}

base::Result<std::optional<KeptCase>> find_case(const Cells& cells, std::string_view name) {
  const auto secret = cells.get(std::string(secret_key));
  if (!secret) return std::unexpected(secret.error());
  if (!*secret) return std::optional<KeptCase>();
  const auto value = cells.get(case_name_key(**secret, name));
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<KeptCase>();
  base::Reader in(**value);
  in.u8();
  const auto index = in.u64();
  if (!in.ok()) return base::fail("name of a case", base::errc::damaged);
  return find<KeptCase>(cells, case_key(index));
}

base::Result<> project(const Cells& cells, std::uint64_t index, const Record& record) {
  if (auto timed = note_time(cells, index, record.time); !timed) return timed;
  if (record.event == Event::asked) return ask(cells, index, record);
  if (record.event != Event::begun) return {};
  if (record.approval)
    if (auto used = decide(cells, record, record.approval->request, Request::State::used); !used) return used;
  if (record.opens)
    if (auto opened = open(cells, index, record); !opened) return opened;
  if (!record.closes.empty())
    if (auto closed = close(cells, record); !closed) return closed;
  if (!record.decides) return {};
  const bool given = record.decides->answer == Decision::Answer::given;
  return decide(cells, record, record.decides->request, given ? Request::State::given : Request::State::refused);
}

}  // namespace understudy::archive::audit
