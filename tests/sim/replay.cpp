#include "tests/sim/replay.hpp"

#include "base/net/line_reader.hpp"
#include "base/text.hpp"

namespace understudy::sim {
namespace {

constexpr net::Timeout patience = std::chrono::minutes(5);
constexpr std::string_view end_of_data = "\r\n.\r\n";

/// The code of the next reply; 0: there is none.
net::Task<int> read_reply(net::LineReader& reader) {
  for (;;) {
    auto line = co_await reader.read_line(5000, patience);
    if (!line || line->text.size() < 3) co_return 0;
    const bool more = line->text.size() > 3 && line->text[3] == '-';
    if (!more) co_return static_cast<int>(base::to_number(line->text.substr(0, 3)).value_or(0));
  }
}

/// Octets of the command at the start of `said`, with the chunk that follows a BDAT; 0: it was cut.
std::size_t command_octets(std::string_view said) {
  const auto end = said.find("\r\n");
  if (end == std::string_view::npos) return 0;
  const auto line = said.substr(0, end);
  if (!line.starts_with("BDAT ")) return end + 2;
  const auto count = line.substr(5, line.find(' ', 5) - 5);
  const auto octets = end + 2 + base::to_number(count).value_or(0);
  return octets <= said.size() ? octets : 0;
}

net::Task<> say_again(SimWorld& world, net::IpAddress from, net::Endpoint to, std::string said) {
  auto link = co_await world.network.from(from).connect(to, std::nullopt, patience);
  if (!link) co_return;
  net::LineReader reader(**link, world.clock);
  int code = co_await read_reply(reader);
  std::string_view left = said;
  while (code >= 200 && code < 400 && !left.empty()) {
    auto octets = command_octets(left);
    if (code == 354)
      octets = left.find(end_of_data) == std::string_view::npos ? 0 : left.find(end_of_data) + end_of_data.size();
    if (octets == 0) break;
    auto written = co_await (*link)->write(left.substr(0, octets), patience);
    if (!written) break;
    left.remove_prefix(octets);
    code = co_await read_reply(reader);
  }
  (*link)->abort();
}

}  // namespace

void Replay::note(const std::shared_ptr<SimLink::Cable>& cable) {
  if (cable->server != to_) return;
  cables_.push_back(cable);
  if (cables_.size() > most) cables_.pop_front();
}

void Replay::play(std::size_t which) {
  const auto& cable = cables_.at(which);
  const auto from = cable->client.address;
  world_.spawn(say_again(world_, from, to_, cable->written[static_cast<int>(SimLink::Side::client)]));
}

}  // namespace understudy::sim
