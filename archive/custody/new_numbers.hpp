/// Which custody numbers have surely never come: senders count upwards, so nearly all that come are beyond what came before,
/// and nobody has to look for them in the store. Never does I/O.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "archive/custody/number.hpp"

namespace understudy::archive::custody {

/// What it knows may be out of date only in the safe direction: a number that was noted and then taken back is one to look for.
/// One thread.
class NewNumbers {
 public:
  /// Numbers of one life below its highest that never came, and are remembered: messages overtake each other on their way.
  static constexpr std::size_t max_skipped = 512;
  /// Lives of senders; of further ones it learns nothing, and their numbers are looked for. None is ever forgotten: what was
  /// noted of it may not be in the store yet, and whoever learnt it again would take that for new.
  static constexpr std::size_t max_lives = 128;

  /// Does it know anything of the life (and partition) that gave this number?
  bool knows(const Number& number) const { return lives_.contains(whose(number)); }
  /// May it learn one more?
  bool has_room() const { return lives_.size() < max_lives; }
  /// `highest`: of all numbers of that life that ever came; 0: none did. Before any is noted. Once; nothing where there is no
  /// room.
  void learn(const Number& number, std::uint64_t highest);
  /// true: surely nothing came under it. false: it has come, or may have.
  bool is_new(const Number& number) const;
  /// It comes now, whatever becomes of that. Only of a life that it knows.
  void note(const Number& number);

 private:
  struct Life {
    std::uint64_t highest = 0;
    std::set<std::uint64_t> skipped = {};  ///< below highest, and none of them came
  };
  static Number whose(Number number) {
    number.number = 0;
    return number;
  }

  std::map<Number, Life> lives_;  ///< by whose()
};

}  // namespace understudy::archive::custody
