/// Mail of all shapes, clients that keep each message until it is answered, and where all of it has to be in the end.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/sim/company.hpp"

namespace understudy::sim {

struct Letter {
  std::string subject;  ///< no other one has it
  std::string from_address, reverse_path;
  std::vector<std::string> to;
  std::string octets;
};

/// World to local, local to world, local to local; several recipients, a list, a recipient whom the world refuses for good, and
/// one whom it puts off while Outside::refusals says so.
Letter draw_letter(std::mt19937_64& draw, std::size_t number);
inline constexpr const char* refused_outside = "nobody@world.example";
inline constexpr const char* put_off_outside = "later@world.example";

/// They send to the primary, each message beside the others, until the answer is 250.
class Clients {
 public:
  using Tell = std::function<void(const std::string&)>;
  /// `tell`: what has happened, in a line.
  Clients(SimWorld& world, std::uint64_t seed, Tell tell);
  ~Clients();  ///< whoever still sends leaves at his next step

  void send(Letter letter);
  const std::vector<Letter>& sent() const;
  std::size_t waiting() const;  ///< of these, that nobody has answered with 250 yet
  /// What was refused for good, which none of draw_letter() is to be.
  const std::vector<std::string>& refused() const;

 private:
  struct State;
  static net::Task<> keep_sending(std::shared_ptr<State> state, Letter letter);
  std::shared_ptr<State> state_;
};

struct Expected {
  const std::vector<Letter>& letters;
  /// Subjects of what an administrator took out of the primary's outbox, and how often: it may be missing where it was to go.
  /// Where it had been delivered all the same, and its sender, who heard nothing, sends it once more, it comes there again.
  std::map<std::string, std::size_t> removed;
  std::size_t doubles = 0;  ///< copies that the world may have got a second time, all together: it is no Understudy
};
/// What is not where it has to be, exactly once, with the octets that were sent; one line each.
std::vector<std::string> misplaced(Company& company, const Expected& expected);

}  // namespace understudy::sim
