#include <algorithm>
#include <random>
#include <utility>

#include "messages.hpp"

namespace understudy::bench {
namespace {

constexpr std::string_view letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 +/";  // no dot: nothing to stuff
constexpr std::size_t line_size = 76;
constexpr std::size_t spare_lines = 8192;  // so many places where a body may begin

/// Lines of `line_size` octets with their CRLF.
std::string lines(std::size_t count) {
  std::minstd_rand random(12345);
  std::string text;
  text.reserve(count * line_size);
  for (std::size_t line = 0; line < count; ++line) {
    for (std::size_t column = 2; column < line_size; ++column) text += letters[(random() >> 8) % letters.size()];
    text += "\r\n";
  }
  return text;
}

class ArtificialMessages : public Messages {
 public:
  ArtificialMessages(std::uint64_t size, Crowd crowd, std::string run)
      : size_(size), crowd_(std::move(crowd)), run_(std::move(run)), text_(lines(size / line_size + spare_lines)) {}

  Message message(std::uint64_t number) const override {
    auto made = between(crowd_, number);
    made.head = fields(made, run_ + "." + std::to_string(number));
    // No two bodies are the same: who keeps equal ones once must not look better here than with mail of its own.
    made.head += run_ + "." + std::to_string(number) + "\r\n";
    // The next line takes what is not a whole line, so that the size is met to the octet.
    const auto room = size_ - std::min<std::uint64_t>(size_, made.head.size());
    if (room < 2) return made;
    const auto whole = (room - 2) / line_size;
    const auto rest = (room - 2) % line_size;
    const auto of_text = std::min(rest, line_size - 2);  // never half of a line end
    made.head.append(text_, 0, of_text).append(rest - of_text, 'x') += "\r\n";
    made.body = std::string_view(text_).substr(number * 31 % spare_lines * line_size, whole * line_size);
    return made;
  }

 private:
  static std::string fields(const Message& message, const std::string& id) {
    const std::string date = "Mon, 14 Sep 2020 10:00:00 +0000\r\n";
    return "Received: from bench.test ([127.0.0.1]) by source.test; " + date + "Message-ID: <" + id +
           "@bench.test>\r\nX-Bench-Id: " + id + "\r\nDate: " + date + "From: <" + message.reverse_path + ">\r\nTo: <" +
           message.recipients.front() + ">\r\nSubject: benchmark " + id + "\r\n\r\n";
  }

  std::uint64_t size_;
  Crowd crowd_;
  std::string run_, text_;
};

}  // namespace

std::unique_ptr<Messages> artificial_messages(std::uint64_t size, Crowd crowd, std::string run) {
  return std::make_unique<ArtificialMessages>(size, std::move(crowd), std::move(run));
}

}  // namespace understudy::bench
