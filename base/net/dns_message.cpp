#include "base/net/dns_message.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include <ares.h>

#include "base/bytes.hpp"
#include "base/net/dns_name.hpp"

namespace understudy::net {
namespace {
using std::chrono::seconds;
constexpr std::size_t header_octets = 12;
constexpr seconds longest_ttl = std::chrono::hours(24);
constexpr seconds longest_negative_ttl = std::chrono::hours(1);
constexpr std::uint16_t internet = 1;

struct Record {
  std::string owner;
  std::uint16_t type;
  seconds ttl;
  std::size_t at;  // of its data in the message
  std::string_view data;
};

seconds ttl_of(std::uint32_t wire) {
  return wire >> 31 ? seconds(0) : std::min(seconds(wire), longest_ttl);
}

class Message {
 public:
  explicit Message(std::string_view octets) : octets_(octets) {}

  struct Name {
    std::string text;  // lower case; empty: the root, or a name that no host has
    std::size_t octets;
    bool root;
  };
  std::optional<Name> name_at(std::size_t at) const {
    if (at >= octets_.size()) return std::nullopt;
    char* expanded = nullptr;
    long used = 0;
    const auto* whole = reinterpret_cast<const unsigned char*>(octets_.data());
    if (ares_expand_name(whole + at, whole, static_cast<int>(octets_.size()), &expanded, &used) != ARES_SUCCESS)
      return std::nullopt;
    const std::unique_ptr<char, decltype(&ares_free_string)> held(expanded, ares_free_string);
    const std::string_view text(expanded);
    return Name{dns_name(text).value_or(""), static_cast<std::size_t>(used), text.empty()};
  }

  bool skip_questions(std::uint16_t count) {
    for (; count > 0; --count) {
      const auto name = name_at(at_);
      if (!name || octets_.size() - at_ < name->octets + 4) return false;
      at_ += name->octets + 4;
    }
    return true;
  }

  std::optional<Record> next_record() {
    auto owner = name_at(at_);
    if (!owner) return std::nullopt;
    base::Reader fields(octets_.substr(at_ + owner->octets));
    const std::uint16_t type = fields.u16();
    const std::uint16_t net = fields.u16();
    const seconds ttl = ttl_of(fields.u32());
    const std::string_view data = fields.raw(fields.u16());
    if (!fields.ok()) return std::nullopt;
    const std::size_t data_at = at_ + owner->octets + 10;
    at_ = data_at + data.size();
    return Record{net == internet ? std::move(owner->text) : "", type, ttl, data_at, data};
  }

 private:
  std::string_view octets_;
  std::size_t at_ = header_octets;
};

/// The negative TTL is the lesser of the SOA's own TTL and its last field.
seconds negative_ttl(const Record& soa) {
  if (soa.data.size() < 4) return seconds(0);
  base::Reader minimum(soa.data.substr(soa.data.size() - 4));
  return std::min({soa.ttl, ttl_of(minimum.u32()), longest_negative_ttl});
}

void add_address(const Record& record, DnsRecords& out) {
  if (record.data.size() == 4) {
    std::array<std::uint8_t, 4> four;
    std::ranges::copy(record.data, four.begin());
    out.addresses.push_back(IpAddress::v4(four));
  } else if (record.data.size() == 16) {
    std::array<std::uint8_t, 16> sixteen;
    std::ranges::copy(record.data, sixteen.begin());
    out.addresses.push_back(IpAddress::v6(sixteen));
  }
}

/// False where the record's name does not decode: then the message is not trusted at all.
bool add(const Message& message, const Record& record, DnsRecords& out) {
  switch (static_cast<DnsType>(record.type)) {
    case DnsType::a:
    case DnsType::aaaa:
      add_address(record, out);
      return true;
    case DnsType::mx: {
      base::Reader preference(record.data);
      const std::uint16_t value = preference.u16();
      auto exchange = message.name_at(record.at + 2);
      if (!preference.ok() || !exchange) return false;
      if (exchange->root || !exchange->text.empty()) out.mx.push_back({value, std::move(exchange->text)});
      return true;
    }
    case DnsType::ptr: {
      auto target = message.name_at(record.at);
      if (target && !target->text.empty()) out.names.push_back(std::move(target->text));
      return target.has_value();
    }
    default:
      return true;
  }
}

struct End {
  std::string name;
  seconds ttl;
};

/// Where the CNAMEs lead from `name`.
base::Result<End> follow(const Message& message, const std::vector<Record>& answers, std::string name) {
  seconds ttl = longest_ttl;
  for (std::size_t steps = 0;; ++steps) {
    const auto is_alias = [&](const Record& r) { return r.type == std::uint16_t(DnsType::cname) && r.owner == name; };
    const auto alias = std::ranges::find_if(answers, is_alias);
    if (alias == answers.end()) return End{std::move(name), ttl};
    if (steps == max_cnames) return base::fail("CNAME chain of " + name, base::errc::too_long);
    auto target = message.name_at(alias->at);
    if (!target || target->text.empty()) return base::fail("CNAME of " + name, base::errc::malformed);
    name = std::move(target->text);
    ttl = std::min(ttl, alias->ttl);
  }
}
}  // namespace

base::Result<DnsRecords> read_records(std::string_view message, const std::string& name, DnsType type) {
  const auto malformed = base::fail("DNS answer for " + name, base::errc::malformed);
  base::Reader header(message);
  header.raw(4);
  const std::uint16_t questions = header.u16();
  const std::uint16_t answer_count = header.u16();
  const std::uint16_t authorities = header.u16();
  header.u16();
  Message in(message);
  if (!header.ok() || message.size() > std::numeric_limits<std::uint16_t>::max() || !in.skip_questions(questions))
    return malformed;
  std::vector<Record> answers;
  for (std::uint16_t i = 0; i < answer_count; ++i) {
    auto record = in.next_record();
    if (!record) return malformed;
    answers.push_back(std::move(*record));
  }
  DnsRecords out;
  auto end = follow(in, answers, name);
  if (!end) return std::unexpected(end.error());
  out.ttl = end->ttl;
  for (const Record& record : answers) {
    if (record.type != std::uint16_t(type) || record.owner != end->name) continue;
    if (!add(in, record, out)) return malformed;
    out.ttl = std::min(out.ttl, record.ttl);
  }
  out.cut_short = end->name != name && out.mx.empty() && out.addresses.empty() && out.names.empty();
  for (std::uint16_t i = 0; i < authorities; ++i) {
    const auto record = in.next_record();
    if (!record) return malformed;
    if (record->type == std::uint16_t(DnsType::soa)) {
      out.negative_ttl = negative_ttl(*record);
      out.cut_short = false;
    }
  }
  return out;
}

}  // namespace understudy::net
