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
  ArtificialMessages(Artificial options, std::string run)
      : options_(std::move(options)), run_(std::move(run)), text_(lines(options_.size / line_size + spare_lines)) {}

  Message message(std::uint64_t number) const override {
    Message made;
    made.reverse_path = user(number * 7);
    made.recipients = {user(number * 13 + 5)};
    made.head = fields(made, run_ + "." + std::to_string(number));
    // The first line of the body takes what is not a whole line, so that the size is met to the octet.
    const auto room = options_.size - std::min<std::uint64_t>(options_.size, made.head.size());
    if (room < 2) return made;
    const auto whole = (room - 2) / line_size;
    made.head.append(text_, 0, (room - 2) % line_size);
    made.head += "\r\n";
    made.body = std::string_view(text_).substr(number * 31 % spare_lines * line_size, whole * line_size);
    return made;
  }

 private:
  std::string user(std::uint64_t number) const {
    return "user" + std::to_string(number % options_.users) + "@" + options_.domain;
  }

  static std::string fields(const Message& message, const std::string& id) {
    const std::string date = "Mon, 14 Sep 2020 10:00:00 +0000\r\n";
    return "Received: from bench.test ([127.0.0.1]) by source.test; " + date + "Message-ID: <" + id +
           "@bench.test>\r\nX-Bench-Id: " + id + "\r\nDate: " + date + "From: <" + message.reverse_path + ">\r\nTo: <" +
           message.recipients.front() + ">\r\nSubject: benchmark " + id + "\r\n\r\n";
  }

  Artificial options_;
  std::string run_, text_;
};

}  // namespace

std::unique_ptr<Messages> artificial_messages(const Artificial& options, std::string run) {
  return std::make_unique<ArtificialMessages>(options, std::move(run));
}

}  // namespace understudy::bench
