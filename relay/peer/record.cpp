#include "relay/peer/record.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace understudy::relay::peer {
namespace {

constexpr std::uint8_t may_be_passed_over = 0x80;
constexpr std::size_t id_octets = 16;

std::unexpected<base::Error> wrong(std::string what, base::errc code = base::errc::malformed) {
  return base::fail(std::move(what), code);
}

/// A record is good where its octets were there, its names are names, and its texts are within their limits.
class Fields {
 public:
  explicit Fields(std::string_view body) : in_(body) {}

  std::uint8_t u8() { return in_.u8(); }
  std::uint16_t u16() { return in_.u16(); }
  std::uint64_t u64() { return in_.u64(); }
  std::uint64_t varint() { return in_.varint(); }
  std::string raw(std::size_t octets) { return std::string(in_.raw(octets)); }
  std::string name() {
    const auto text = in_.text();
    if (in_.ok() && !is_name(text)) problem_ = text.size() > max_name ? base::errc::too_long : base::errc::malformed;
    return std::string(text.substr(0, max_name));
  }
  std::string text(std::size_t limit) {
    const auto text = in_.text();
    if (text.size() > limit) problem_ = base::errc::too_long;
    return std::string(text.substr(0, limit));
  }
  std::string cut_text(std::size_t limit) { return std::string(in_.text().substr(0, limit)); }
  bool ok() const { return in_.ok() && !problem_; }

  template <class T>
  base::Result<std::optional<AnyRecord>> finish(T record, std::string_view what) const {
    if (auto good = check(what); !good) return std::unexpected(good.error());
    return AnyRecord(std::move(record));
  }

 private:
  base::Result<> check(std::string_view what) const;

  base::Reader in_;
  std::optional<base::errc> problem_;
};

base::Result<> Fields::check(std::string_view what) const {
  std::string text(what);
  if (!in_.ok()) return wrong(text.append(" that is cut off"));
  if (problem_) return wrong(text.append(" with a field that does not fit"), *problem_);
  return {};
}

base::Result<std::optional<AnyRecord>> parse_hello(std::string_view body) {
  Fields in(body);
  Hello hello;
  hello.lowest = in.u16();
  hello.highest = in.u16();
  hello.program = in.text(max_label);
  hello.instance = in.raw(id_octets);
  hello.incarnation = in.raw(id_octets);
  hello.hostname = in.text(max_label);
  const auto features = in.varint();
  if (hello.lowest > hello.highest) return wrong("hello with a lowest version over the highest");
  if (features > max_features) return wrong("hello with " + std::to_string(features) + " features", base::errc::too_long);
  for (std::uint64_t i = 0; i < features && in.ok(); ++i) hello.features.push_back(in.name());
  return in.finish(std::move(hello), "hello");
}

base::Result<std::optional<AnyRecord>> parse_answer(std::string_view body) {
  Fields in(body);
  Answer answer;
  answer.number = in.u64();
  const auto status = in.u8();
  answer.octets = in.text(max_octets);
  if (status > static_cast<std::uint8_t>(Answer::Status::failed)) return wrong("answer with an unknown status");
  answer.status = static_cast<Answer::Status>(status);
  return in.finish(std::move(answer), "answer");
}

void put(base::Writer& out, const Hello& hello) {
  out.u16(hello.lowest).u16(hello.highest).text(hello.program).raw(hello.instance).raw(hello.incarnation);
  out.text(hello.hostname).varint(hello.features.size());
  for (const auto& feature : hello.features) out.text(feature);
}
void put(base::Writer& out, const Want& want) {
  out.text(want.topic).u64(want.from);
}
void put(base::Writer& out, const Record& record) {
  out.text(record.topic).u64(record.position).text(record.octets);
}
void put(base::Writer& out, const Have& have) {
  out.text(have.topic).u64(have.below);
}
void put(base::Writer& out, const Ask& ask) {
  out.u64(ask.number).text(ask.verb).text(ask.octets);
}
void put(base::Writer& out, const Answer& answer) {
  out.u64(answer.number).u8(static_cast<std::uint8_t>(answer.status)).text(answer.octets);
}
void put(base::Writer& out, const Ping& ping) {
  out.u64(ping.number);
}
void put(base::Writer& out, const Pong& pong) {
  out.u64(pong.number);
}
void put(base::Writer& out, const Bye& bye) {
  out.text(std::string_view(bye.why).substr(0, max_reason));
}

}  // namespace

bool is_name(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789-./";
  return !text.empty() && text.size() <= max_name && text.find_first_not_of(allowed) == text.npos;
}

base::Result<std::optional<AnyRecord>> parse_record(const Frame& frame) {
  Fields in(frame.body);  // braces below: fields are read in the order in which they are written
  switch (frame.type) {
    case 1:
      return parse_hello(frame.body);
    case 2:
      return in.finish(Want{in.name(), in.u64()}, "want");
    case 3:
      return in.finish(Record{in.name(), in.u64(), in.text(max_octets)}, "record");
    case 4:
      return in.finish(Have{in.name(), in.u64()}, "have");
    case 5:
      return in.finish(Ask{in.u64(), in.name(), in.text(max_octets)}, "ask");
    case 6:
      return parse_answer(frame.body);
    case 7:
      return in.finish(Ping{in.u64()}, "ping");
    case 8:
      return in.finish(Pong{in.u64()}, "pong");
    case 9:
      return in.finish(Bye{in.cut_text(max_reason)}, "bye");
    default:
      if ((frame.type & may_be_passed_over) != 0) return std::nullopt;
      return wrong("a frame of the unknown type " + std::to_string(frame.type), base::errc::unsupported);
  }
}

void append_record(std::string& out, const AnyRecord& record) {
  base::Writer body;
  std::visit([&body](const auto& each) { put(body, each); }, record);
  append_frame(out, static_cast<std::uint8_t>(record.index() + 1), body.str());
}

}  // namespace understudy::relay::peer
