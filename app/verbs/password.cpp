#include "app/verbs/password.hpp"

#include <istream>
#include <ostream>

#include <termios.h>
#include <unistd.h>

#include "mail/sasl/verifier.hpp"

namespace understudy::app {
namespace {

constexpr std::size_t max_password = 1024;

/// The terminal shows nothing of what is typed while this lives.
class Silence {
 public:
  Silence() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  ~Silence() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

Asked<std::string> read_line(Context& context) {
  std::string line;
  for (char c = 0; context.in.get(c) && c != '\n';) {
    line += c;
    if (line.size() > max_password)
      return std::unexpected(Failure{Exit::wrong_usage, "the password is longer than 1024 octets"});
  }
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return std::unexpected(Failure{Exit::wrong_usage, "no password was given"});
  return line;
}

Asked<std::string> verifier_of(const std::string& password) {
  base::SystemRandom random;
  auto verifier = mail::sasl::make_verifier(password, random);
  if (!verifier)
    return std::unexpected(
        Failure{Exit::wrong_usage, "the password cannot be used: it must be UTF-8 without control characters"});
  return verifier->text();
}

}  // namespace

Asked<std::string> verifier_from_input(Context& context) {
  const auto password = read_line(context);
  if (!password) return std::unexpected(password.error());
  return verifier_of(*password);
}

Asked<std::string> verifier_from_terminal(Context& context) {
  std::string first;
  for (const std::string_view prompt : {"New password: ", "Once more: "}) {
    context.err << prompt << std::flush;
    Asked<std::string> typed;
    {
      const Silence silence;
      typed = read_line(context);
    }
    context.err << '\n';
    if (!typed) return typed;
    if (first.empty()) {
      first = *typed;
    } else if (first != *typed) {
      return std::unexpected(Failure{Exit::failed, "the two are not the same; nothing was changed"});
    }
  }
  return verifier_of(first);
}

}  // namespace understudy::app
