#include <array>
#include <cmath>
#include <random>
#include <utility>

#include "messages.hpp"

namespace understudy::bench {
namespace {

constexpr std::size_t vocabulary_size = 4096;
constexpr std::size_t line_length = 72;
constexpr std::uint64_t words_of_a_sentence = 6, more_words = 12, sentences_of_a_paragraph = 3, more_sentences = 4;

using Random = std::minstd_rand;

std::uint64_t below(Random& random, std::uint64_t limit) {
  return random() % limit;
}

/// Words of one to four syllables, the same in every run.
std::vector<std::string> vocabulary() {
  constexpr std::array<std::string_view, 16> begins{"b", "d", "f", "g", "h", "k", "l",  "m",
                                                    "n", "p", "r", "s", "t", "v", "st", "tr"};
  constexpr std::array<std::string_view, 12> ends{"a", "e", "i", "o", "u", "an", "er", "in", "on", "al", "es", "ing"};
  Random random(4711);
  std::vector<std::string> words(vocabulary_size);
  for (auto& word : words) {
    for (auto syllables = 1 + below(random, 4); syllables > 0; --syllables) {
      word += begins[below(random, begins.size())];
      word += ends[below(random, ends.size())];
    }
  }
  return words;
}

class Letters : public Messages {
 public:
  Letters(std::uint64_t average, Crowd crowd, std::string run)
      : average_(average), crowd_(std::move(crowd)), run_(std::move(run)), words_(vocabulary()) {}

  Message message(std::uint64_t number) const override {
    Random random(static_cast<Random::result_type>(number * 2654435761 + 1));
    random.discard(2);  // neighbours begin alike
    auto made = between(crowd_, number);
    const auto size = average_ / 2 + below(random, average_ + 1);
    made.head = header(made, run_ + "." + std::to_string(number), random);
    if (made.head.size() >= size) return made;
    while (made.head.size() < size) made.head += paragraph(random);
    made.head.resize(made.head.rfind("\r\n", size - 2) + 2);  // in the middle of a paragraph, at the end of a line
    return made;
  }

 private:
  /// The nth most frequent word comes about 1/n as often as the first one (Zipf).
  const std::string& word(Random& random) const {
    const double share = static_cast<double>(random()) / (static_cast<double>(Random::max()) + 1);
    return words_[static_cast<std::size_t>(std::pow(static_cast<double>(vocabulary_size), share)) - 1];
  }

  std::string sentence(Random& random) const {
    std::string text;
    for (auto count = words_of_a_sentence + below(random, more_words); count > 0; --count) text += word(random) + " ";
    text.back() = below(random, 8) == 0 ? '?' : '.';
    return text;
  }

  std::string paragraph(Random& random) const {
    std::string text, line;
    for (auto count = sentences_of_a_paragraph + below(random, more_sentences); count > 0; --count) {
      line += sentence(random) + " ";
      while (line.size() > line_length) {
        const auto space = line.rfind(' ', line_length);
        text += line.substr(0, space) + "\r\n";
        line.erase(0, space + 1);
      }
    }
    return text + line + "\r\n\r\n";
  }

  std::string header(const Message& message, const std::string& id, Random& random) const {
    const std::string date = "Mon, 14 Sep 2020 1" + std::to_string(below(random, 10)) + ":" +
                             std::to_string(10 + below(random, 50)) + ":" + std::to_string(10 + below(random, 50)) +
                             " +0000\r\n";
    return "Received: from desk" + std::to_string(below(random, 1000)) + ".bench.test ([192.0.2." +
           std::to_string(below(random, 256)) + "])\r\n\tby source.test with ESMTPS id " + std::to_string(random()) + "; " +
           date + "Message-ID: <" + id + "@bench.test>\r\nX-Bench-Id: " + id + "\r\nDate: " + date + "From: " + word(random) +
           " " + word(random) + " <" + message.reverse_path + ">\r\nTo: <" + message.recipients.front() +
           ">\r\nSubject: Re: " + word(random) + " " + word(random) + " " + word(random) +
           "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 7bit\r\n"
           "User-Agent: Mozilla Thunderbird\r\nContent-Language: en-US\r\n\r\n";
  }

  std::uint64_t average_;
  Crowd crowd_;
  std::string run_;
  std::vector<std::string> words_;
};

}  // namespace

std::unique_ptr<Messages> letters(std::uint64_t average, Crowd crowd, std::string run) {
  return std::make_unique<Letters>(average, std::move(crowd), std::move(run));
}

}  // namespace understudy::bench
