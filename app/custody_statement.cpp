#include "app/custody_statement.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/codec.hpp"

namespace understudy::app {
namespace {

namespace custody = archive::custody;
using custody::Standing;

std::string hex(const custody::InstanceId& id) {
  return base::to_hex(mail::smtp::view(id));
}

std::int64_t milliseconds(base::WallTime time) {
  return time.time_since_epoch().count();
}

/// As the machine in this role says it.
std::string_view word(Standing standing, CustodyStatement::Role role) {
  if (role == CustodyStatement::Role::giver) return custody::word(standing);
  if (standing == Standing::receipt) return "received";
  return standing == Standing::ended ? "ended" : "absent";
}

boost::json::object section_json(const custody::Section& section, CustodyStatement::Role role) {
  boost::json::object row;
  row["incarnation"] = hex(section.span.life.incarnation);
  row["partition"] = section.span.partition;
  row["from"] = section.span.from;
  row["to"] = section.span.to - 1;
  boost::json::object counts;
  for (const auto& [standing, count] : section.counts) counts[word(standing, role)] = count;
  row["counts"] = std::move(counts);
  boost::json::array exceptions;
  for (const auto& stretch : section.exceptions)
    exceptions.emplace_back(boost::json::array{stretch.from, stretch.to, word(stretch.standing, role)});
  row["except"] = std::move(exceptions);
  row["block"] = custody::Section::block;
  boost::json::array blocks;
  for (const auto& digest : section.blocks) blocks.emplace_back(base::to_hex(base::view(digest)));
  row["blocks"] = std::move(blocks);
  return row;
}

boost::json::array clients_json(const std::vector<custody::FromClient>& clients) {
  boost::json::array rows;
  for (const auto& from : clients) {
    boost::json::object row;
    row["client"] = from.client;
    row["messages"] = from.messages;
    row["recipients"] = from.recipients;
    row["octets"] = from.octets;
    row["numbered"] = from.numbered;
    row["first"] = milliseconds(from.first);
    row["last"] = milliseconds(from.last);
    rows.emplace_back(std::move(row));
  }
  return rows;
}

/// What the statement leaves open, in words: nobody is to read more out of it than is there.
boost::json::array cannot_show(const CustodyStatement& statement) {
  boost::json::array words;
  if (statement.role == CustodyStatement::Role::giver) {
    words.emplace_back("that a message was accepted by this machine and never numbered");
    return words;
  }
  if (!statement.arrived) return words;
  words.emplace_back("whether anything was handed over that did not come: nobody said here which numbers were given");
  for (const auto& from : statement.arrived->clients)
    if (from.numbered < from.messages)
      words.emplace_back("that \"" + from.client + "\" left nothing out: " + std::to_string(from.messages - from.numbered) +
                         " of its messages came without a number");
  return words;
}

/// One life in a statement, as numbers: where each of them stands.
struct Life {
  std::string incarnation;
  std::uint64_t partition = 0, from = 0, to = 0;  ///< both are in it
  std::vector<std::string_view> standings;        ///< views into the statement; "": plain
  const boost::json::array* blocks = nullptr;
};

std::uint64_t number(const boost::json::object& object, std::string_view key) {
  return object.at(key).to_number<std::uint64_t>();
}

/// Throws what Boost.JSON throws where it is no such thing.
Life read_life(const boost::json::object& row) {
  Life life;
  life.incarnation = std::string(row.at("incarnation").as_string());
  life.partition = number(row, "partition");
  life.from = number(row, "from");
  life.to = number(row, "to");
  life.blocks = &row.at("blocks").as_array();
  if (life.from == 0 || life.to < life.from || life.to - life.from >= custody::Span::most_numbers ||
      number(row, "block") != custody::Section::block)
    throw std::out_of_range("numbers");
  life.standings.resize(life.to - life.from + 1);
  std::uint64_t next = life.from;
  for (const auto& each : row.at("except").as_array()) {
    const auto& stretch = each.as_array();
    const auto from = stretch.at(0).to_number<std::uint64_t>(), to = stretch.at(1).to_number<std::uint64_t>();
    if (from < next || to < from || to > life.to) throw std::out_of_range("stretch");
    const std::string_view standing = stretch.at(2).as_string();
    std::fill(life.standings.begin() + static_cast<std::ptrdiff_t>(from - life.from),
              life.standings.begin() + static_cast<std::ptrdiff_t>(to - life.from + 1), standing);
    next = to + 1;
  }
  return life;
}

void add_row(boost::json::array& rows, const Life& life, std::uint64_t from, std::uint64_t to, std::string_view giver,
             std::string_view taker) {
  boost::json::object row;
  row["incarnation"] = life.incarnation;
  row["partition"] = life.partition;
  row["from"] = from;
  row["to"] = to;
  row["giver"] = giver.empty() ? custody::word(Standing::receipt) : giver;
  row["taker"] = taker.empty() ? "received" : taker;
  rows.emplace_back(std::move(row));
}

/// Where numbers that stand so belong; nullptr: nowhere, since that is as it should be. `giver`, `taker`: empty where it is
/// plain.
boost::json::array* rows_for(std::string_view giver, std::string_view taker, Comparison& out) {
  const auto ended = custody::word(Standing::ended);
  if (giver == ended || taker == ended || (giver.empty() && taker.empty())) return nullptr;
  if (giver.empty() || (taker.empty() && giver == custody::word(Standing::unknown))) return &out.differences;
  return taker.empty() ? &out.unclosed : &out.missing;
}

/// Numbers that stand alike at both, in rows.
void compare_numbers(const Life& given, const Life& taken, Comparison& out) {
  for (std::size_t i = 0; i < given.standings.size();) {
    const auto giver = given.standings[i], taker = taken.standings[i];
    auto end = i + 1;
    while (end < given.standings.size() && given.standings[end] == giver && taken.standings[end] == taker) ++end;
    if (auto* rows = rows_for(giver, taker, out)) add_row(*rows, given, given.from + i, given.from + end - 1, giver, taker);
    i = end;
  }
}

/// Octets that have other names in the two books. Told only of blocks of which the same numbers are plain on both sides.
void compare_blocks(const Life& given, const Life& taken, Comparison& out) {
  for (std::size_t block = 0; block < given.blocks->size() && block < taken.blocks->size(); ++block) {
    if (given.blocks->at(block) == taken.blocks->at(block)) continue;
    const auto first = block * custody::Section::block;
    const auto last = std::min<std::size_t>(first + custody::Section::block, given.standings.size());
    bool alike = true;
    for (auto i = first; i < last; ++i) alike = alike && given.standings[i].empty() == taken.standings[i].empty();
    if (alike && first < last)
      add_row(out.differences, given, given.from + first, given.from + last - 1, "other octets", "other octets");
  }
}

}  // namespace

std::string CustodyStatement::to_json() const {
  boost::json::object json;
  json["understudy_custody_statement"] = 1;
  json["role"] = role == Role::giver ? "giver" : "taker";
  boost::json::object machine;
  machine["instance"] = hex(by.instance);
  machine["incarnation"] = hex(by.incarnation);
  machine["hostname"] = hostname;
  json["by"] = std::move(machine);
  json["other"] = other ? boost::json::value(hex(*other)) : nullptr;
  json["made"] = milliseconds(made);
  json["since"] = milliseconds(period.since);
  json["until"] = milliseconds(period.until);
  json["answers"] = answers ? boost::json::value(base::to_hex(base::view(*answers))) : nullptr;
  boost::json::array lives;
  for (const auto& section : sections) lives.emplace_back(section_json(section, role));
  json["lives"] = std::move(lives);
  if (arrived) {
    json["clients"] = clients_json(arrived->clients);
    json["unreadable"] = arrived->unreadable;
  }
  json["cannot_show"] = cannot_show(*this);
  return boost::json::serialize(json);
}

base::Result<Comparison> compare(const custody::SignedStatement& giver, const custody::SignedStatement& taker) {
  try {
    const auto given = boost::json::parse(giver.octets), taken = boost::json::parse(taker.octets);
    const auto &ours = given.as_object().at("lives").as_array(), &theirs = taken.as_object().at("lives").as_array();
    if (ours.size() != theirs.size()) return base::fail("statements about other numbers", base::errc::malformed);
    Comparison comparison;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const auto mine = read_life(ours.at(i).as_object()), other = read_life(theirs.at(i).as_object());
      if (std::tie(mine.incarnation, mine.partition, mine.from, mine.to) !=
          std::tie(other.incarnation, other.partition, other.from, other.to))
        return base::fail("statements about other numbers", base::errc::malformed);
      compare_numbers(mine, other, comparison);
      compare_blocks(mine, other, comparison);
    }
    return comparison;
  } catch (const std::exception&) {  // Boost.JSON's only way to say that it is not what it should be
    return base::fail("statement of a report", base::errc::malformed);
  }
}

boost::json::object to_json(const custody::SignedStatement& statement) {
  boost::json::object json;
  json["statement"] = statement.octets;
  json["key"] = statement.key.text();
  json["signature"] = base::to_base64(base::view(statement.signature));
  return json;
}

}  // namespace understudy::app
