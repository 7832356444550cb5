/// The splitter against a model that has the whole message before it and takes its time, over random messages and the corpus.
#include <chrono>

#include "../mail/corpus_files.hpp"
#include "split_message.hpp"

using namespace understudy;
using namespace understudy::archive::store::content;
using tests::Piece;
using tests::Pieces;

namespace {

using Kind = Form::Kind;
using LastEnd = Form::LastEnd;

std::vector<std::string_view> lines_of(std::string_view message) {
  std::vector<std::string_view> lines;
  while (!message.empty()) {
    lines.push_back(message.substr(0, message.find('\n') == message.npos ? message.npos : message.find('\n') + 1));
    message.remove_prefix(lines.back().size());
  }
  return lines;
}

class Model {
 public:
  explicit Model(const SplitLimits& limits) : limits_(limits) {}

  std::vector<Piece> split(std::string_view message) {
    const auto lines = lines_of(message);
    bool header = true;
    for (std::size_t at = 0; at < lines.size();) {
      const auto line = lines[at];
      if (!header && line.starts_with("--")) {
        end_text();
        header = true;
      }
      if (header) {
        literal(line);
        if (line == "\n" || line == "\r\n") header = false;
        ++at;
      } else if (const std::size_t taken = run(lines, at); taken > 0) {
        at += taken;
      } else {
        text_ += line;
        ++at;
      }
    }
    end_text();
    return std::move(pieces_);
  }

 private:
  static std::optional<std::string> decoded(std::string_view line, std::size_t characters, std::string_view end) {
    if (!line.ends_with(end)) return std::nullopt;
    line.remove_suffix(end.size());
    if (line.empty() || line.size() > characters || line.size() % 4 != 0) return std::nullopt;
    const auto octets = base::from_base64(line);
    if (!octets || base::to_base64(*octets) != line) return std::nullopt;
    return octets;
  }

  /// How many lines from `at` on make a run, 0 where there is none. One that is not worthwhile is text.
  std::size_t run(const std::vector<std::string_view>& lines, std::size_t at) {
    const auto first = lines[at];
    if (!first.ends_with('\n')) return 0;
    Form form;
    form.kind = first.ends_with("\r\n") ? Kind::base64_crlf : Kind::base64_lf;
    const std::string_view end = form.kind == Kind::base64_crlf ? "\r\n" : "\n";
    const std::size_t characters = first.size() - end.size();
    if (characters > 252 || characters % 4 != 0 || !decoded(first, characters, end) || first.find('=') != first.npos) return 0;
    form.line = static_cast<std::uint8_t>(characters);
    std::string stored;
    std::size_t taken = 0;
    for (bool last = false; !last && at + taken < lines.size(); ++taken) {
      const auto line = lines[at + taken];
      const bool ended = line.ends_with('\n');
      const auto octets = decoded(line, characters, ended ? end : "");
      if (!octets) break;
      form.last_end = ended ? LastEnd::there : LastEnd::missing;
      last = !ended || octets->size() < characters / 4 * 3;
      stored += *octets;
    }
    if (parts_ >= limits_.parts) return 0;
    if (stored.size() < limits_.worthwhile) {
      for (std::size_t i = 0; i < taken; ++i) text_ += lines[at + i];
      return taken;
    }
    hand_run(form, stored);
    return taken;
  }

  void hand_run(Form form, std::string_view stored) {
    end_text();
    const std::size_t octets = form.line / 4 * 3, full = limits_.part / octets * octets;
    const LastEnd last_end = form.last_end;
    while (!stored.empty()) {
      const auto part = stored.substr(0, full);
      stored.remove_prefix(part.size());
      form.last_end = stored.empty() ? last_end : LastEnd::there;
      hand(form, part);
    }
  }
  void end_text() {
    std::string_view text = text_;
    for (; !text.empty(); text.remove_prefix(std::min(text.size(), limits_.part))) hand({}, text.substr(0, limits_.part));
    text_.clear();
  }
  void hand(const Form& form, std::string_view stored) {
    const std::size_t least = form.kind == Kind::as_is ? limits_.text : limits_.worthwhile;
    if (stored.size() >= least && parts_ < limits_.parts) {
      ++parts_;
      pieces_.push_back({true, form, std::string(stored)});
    } else {
      std::string octets;
      encode(form, stored, octets);
      literal(octets);
    }
  }
  void literal(std::string_view octets) {
    if (octets.empty()) return;
    if (pieces_.empty() || pieces_.back().shared) pieces_.push_back({});
    pieces_.back().octets += octets;
  }

  SplitLimits limits_;
  std::vector<Piece> pieces_;
  std::string text_;
  std::size_t parts_ = 0;
};

/// A region's worth of what matters to the splitter, often damaged a little.
std::string random_region(std::mt19937& random) {
  static constexpr std::string_view ends[] = {"\r\n", "\r\n", "\r\n", "\n", "\r", ""};
  static constexpr std::size_t lengths[] = {76, 76, 64, 60, 4, 8, 252, 256, 72, 73};
  std::string out;
  for (std::size_t pieces = 1 + random() % 3; pieces > 0; --pieces) {
    switch (random() % 5) {
      case 0:
        out += tests::prose(random, 2 + random() % 900);
        break;
      case 1:
        for (std::size_t lines = random() % 60; lines > 0; --lines) out += random() % 2 ? "AAAA\n" : "AAAABBBB\n";
        break;
      case 2:
        out += tests::random_octets(random, random() % 600);
        break;
      default:
        out += tests::in_lines(tests::random_octets(random, random() % 1200), lengths[random() % 10], ends[random() % 6]);
    }
  }
  static constexpr std::string_view wrong("\r\n=-A \0\xff!", 9);
  for (std::size_t changes = random() % 3; changes > 0 && !out.empty(); --changes) {
    const std::size_t at = random() % out.size();
    switch (random() % 3) {
      case 0:
        out[at] = wrong[random() % wrong.size()];
        break;
      case 1:
        out.erase(at, 1 + random() % 3);
        break;
      default:
        out.insert(at, 1, wrong[random() % wrong.size()]);
    }
  }
  return out;
}

std::string random_message(std::mt19937& random) {
  std::string out = random() % 4 ? "A: b\r\n\r\n" : "";
  for (std::size_t regions = random() % 4; regions > 0; --regions)
    out += random_region(random) + (random() % 2 ? "--b\r\nA: b\r\n\r\n" : "--\n\n");
  return out + random_region(random);
}

void check(std::string_view message, const SplitLimits& limits, std::mt19937& random) {
  const auto expected = Model(limits).split(message);
  const Pieces whole = tests::split(message, limits);
  BOOST_REQUIRE(whole.message() == message);
  BOOST_REQUIRE(whole.all == expected);
  BOOST_REQUIRE(tests::split_at_random(message, limits, random).all == expected);
  BOOST_REQUIRE(tests::split(message, limits, 1).all == expected);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_splitter_model)

BOOST_AUTO_TEST_CASE(random_messages_are_split_as_by_the_model) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  for (int round = 0; round < 1500; ++round) {
    BOOST_TEST_INFO_SCOPE("seed " << seed << ", round " << round);
    const std::size_t worthwhile = 1 + random() % 200;
    const std::size_t part = worthwhile + 189 + random() % 300;
    const SplitLimits limits{part, worthwhile, random() % 8 ? 4096 : random() % 4, worthwhile + random() % (part - worthwhile)};
    check(random_message(random), limits, random);
  }
}

BOOST_AUTO_TEST_CASE(the_corpus_is_split_as_by_the_model) {
  std::mt19937 random(598);
  std::size_t messages = 0, parts = 0;
  for (const auto& file : tests::corpus()) {
    BOOST_TEST_INFO_SCOPE(file.name);
    const Pieces pieces = tests::split(file.octets, {}, 1 + random() % 70'000);
    BOOST_REQUIRE(pieces.message() == file.octets);
    BOOST_REQUIRE(pieces.all == Model({}).split(file.octets));
    const SplitLimits small{.part = 1000, .worthwhile = 100, .parts = 100, .text = 200};
    BOOST_REQUIRE(tests::split_at_random(file.octets, small, random).all == Model(small).split(file.octets));
    ++messages;
    parts += pieces.parts().size();
  }
  BOOST_TEST(messages >= 598u);
  BOOST_TEST(parts > 50u);
}

BOOST_AUTO_TEST_SUITE_END()
