#include "mail/imap/command_reader.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/imap/command_name.hpp"

namespace understudy::mail::imap {
namespace {

constexpr std::size_t head_octets = 64;           // of the end of a line that is skipped: more than any head of a literal has
constexpr std::size_t kept_capacity = 64 * 1024;  // of the text of a command that is done

Refusal bad(std::string text) {
  return {.kind = Refusal::Kind::bad, .text = std::move(text)};
}
Refusal too_big(Refusal::Kind kind, std::string text) {
  return {.kind = kind, .code = "TOOBIG", .text = std::move(text)};
}

bool is_bare(char c) {
  return c == '\0' || c == '\r' || c == '\n';
}

// A browser that was led here begins with one of these (cross-protocol requests). In IMAP the first word is a tag, which may be
// "GET" too: only with the end of such a line it is no client of ours.
bool is_http(std::string_view line) {
  constexpr std::array<std::string_view, 9> methods{"GET ",     "POST ",    "PUT ",   "HEAD ", "DELETE ",
                                                    "OPTIONS ", "CONNECT ", "PATCH ", "TRACE "};
  return (line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/1.0")) &&
         std::ranges::any_of(methods, [&](std::string_view method) { return line.starts_with(method); });
}

// Up to and with the first LF, at most `most` octets.
std::string_view take_piece(std::string_view& in, std::size_t most) {
  const auto found = in.substr(0, most).find('\n');
  const auto piece = in.substr(0, found == in.npos ? most : found + 1);
  in.remove_prefix(piece.size());
  return piece;
}

}  // namespace

ReaderLimits ReaderLimits::before_login() {
  ReaderLimits limits;
  limits.line = limits.command = 8 * 1024;
  limits.literal = limits.nonsync = 4 * 1024;
  limits.literals = 16;
  limits.skipped = 1024 * 1024;
  return limits;
}

ReaderLimits ReaderLimits::after_login(std::uint64_t message) {
  ReaderLimits limits;
  limits.message = message;
  return limits;
}

std::string Refusal::reply() const {
  std::string out = tag.empty() ? "*" : tag;
  out += kind == Kind::no ? " NO " : " BAD ";
  if (!code.empty()) out += '[' + code + "] ";
  return out + text;
}

CommandReader::CommandReader(const ReaderLimits& limits, const ParseContext& context) : limits_(limits), context_(&context) {}

CommandReader::Event CommandReader::feed(std::string_view& in) {
  if (state_ == State::closed) return Event::bye;
  if (state_ == State::done) begin();
  while (true) {
    std::optional<Event> event;
    switch (state_) {
      case State::line:
        event = feed_line(in);
        break;
      case State::literal:
        event = feed_literal(in);
        break;
      case State::message_due:
        return Event::message;
      case State::skip_line:
        event = skip_line(in);
        break;
      case State::skip_literal:
        event = skip_literal(in);
        break;
      case State::refusal_due:
        state_ = State::done;
        return Event::refused;
      case State::done:
      case State::closed:
        return Event::more;  // not reached: who comes here has said an event
    }
    if (event) return *event;
  }
}

void CommandReader::begin() {
  state_ = State::line;
  plain_line_ = plain_next_;
  plain_next_ = false;
  text_.clear();
  if (text_.capacity() > kept_capacity) text_.shrink_to_fit();
  line_start_ = literals_ = arguments_ = 0;
  skipped_ = left_ = 0;
  append_.reset();
  tag_.clear();
}

bool CommandReader::idle() const {
  return state_ == State::done || (state_ == State::line && text_.empty());
}

void CommandReader::expect_line() {
  plain_next_ = state_ == State::done;
  plain_line_ = plain_line_ || state_ != State::done;  // nothing was read yet
}

std::optional<CommandReader::Event> CommandReader::feed_line(std::string_view& in) {
  if (in.empty()) return Event::more;
  // Both are below: a line may be just as long as its limit and its CR be there.
  const std::size_t line = limits_.line + 2 - (text_.size() - line_start_);
  const std::size_t command = limits_.command + 2 - text_.size();
  text_ += take_piece(in, std::max<std::size_t>(1, std::min(line, command)));  // never nothing: each round moves on
  const std::size_t size = text_.size() - line_start_;
  const bool whole = size >= 2 && text_.ends_with("\r\n");
  const std::size_t spare = whole ? 2 : 1;
  if (size > limits_.line + spare || text_.size() > limits_.command + spare) {
    refusal_ = bad("A line or a command is too long");
    refusal_.tag = plain_line_ ? std::string_view() : tag_of(text_, context_->limits.tag);
    const std::string line_text = text_.substr(line_start_);
    if (whole) return go_past(plain_line_ ? std::nullopt : head_at_end(line_text.substr(0, size - 2)));
    text_ = line_text.substr(line_text.size() - std::min(line_text.size(), head_octets));
    state_ = State::skip_line;
    return std::nullopt;
  }
  return whole ? on_line_end() : std::nullopt;
}

std::optional<CommandReader::Event> CommandReader::feed_literal(std::string_view& in) {
  if (left_ == 0) {
    state_ = State::line;
    line_start_ = text_.size();
    return std::nullopt;
  }
  if (in.empty()) return Event::more;
  const auto piece = in.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size())));
  text_ += piece;
  left_ -= piece.size();
  in.remove_prefix(piece.size());
  return std::nullopt;
}

// What is at the end of a line, and whether it is the head of a literal. "{-1}" is none: the parser refuses it.
std::optional<CommandReader::Head> CommandReader::head_at_end(std::string_view line) {
  constexpr std::size_t most_digits = 19;  // of 63 bits
  if (!line.ends_with('}')) return std::nullopt;
  line.remove_suffix(1);
  Head head;
  head.synchronising = !line.ends_with('+');
  if (!head.synchronising) line.remove_suffix(1);
  const auto before = line.find_last_not_of("0123456789");
  if (before == line.npos || line[before] != '{' || before + 1 == line.size()) return std::nullopt;
  const auto digits = line.substr(before + 1);
  const auto octets = base::to_number(digits);
  head.measurable = digits.size() <= most_digits && octets && *octets <= INT64_MAX;
  head.octets = head.measurable ? *octets : 0;
  head.binary = before > 0 && line[before - 1] == '~';
  return head;
}

std::optional<CommandReader::Event> CommandReader::on_line_end() {
  const auto line = std::string_view(text_).substr(line_start_, text_.size() - line_start_ - 2);
  if (plain_line_) {
    text_.resize(text_.size() - 2);
    state_ = State::done;
    return Event::line;
  }
  if (line_start_ == 0 && is_http(line)) {
    refusal_ = bad("This is a mail server");
    return close();
  }
  const auto head = head_at_end(line);
  if (std::ranges::any_of(line, is_bare)) return refuse(bad("A bare CR, a bare LF or a NUL stands in a line"), head);
  if (head) return on_head(*head);
  text_.resize(text_.size() - 2);
  state_ = State::done;
  return Event::command;
}

// Only asked at the first literal: the name stands before it, or it is no APPEND.
bool CommandReader::is_append() {
  tag_ = tag_of(text_, context_->limits.tag);
  if (tag_.empty()) return false;
  const CommandName name = name_of(text_, tag_.size());
  const bool replace = base::iequals(name.name, "REPLACE");
  if (!replace && (name.uid || !base::iequals(name.name, "APPEND"))) return false;
  using Kind = AppendParser::Kind;
  append_kind_ = !replace ? Kind::append : name.uid ? Kind::uid_replace : Kind::replace;
  arguments_ = name.arguments + 1;
  return true;
}

std::optional<CommandReader::Event> CommandReader::on_head(const Head& head) {
  if (++literals_ > limits_.literals) return refuse(bad("A command has too many literals"), head);
  if (literals_ == 1 && is_append()) append_.emplace(append_kind_, *context_);
  if (append_) {
    switch (append_->go_on(text_, arguments_, AppendParser::Text::so_far)) {
      case AppendParser::State::literal:
        break;
      case AppendParser::State::message:
        return on_message_head(head);
      case AppendParser::State::wrong:
      case AppendParser::State::ended:
        return refuse(bad(append_->error()), head);
    }
  }
  if (!head.synchronising && head.octets > limits_.nonsync)
    return refuse(too_big(Refusal::Kind::bad, "A literal of this size must be synchronising"), head);
  // The octets of the command may grow to the limit and no further: a line must still come behind the literal.
  if (!head.measurable || head.octets > limits_.literal ||
      head.octets > limits_.command - std::min(limits_.command, text_.size()))
    return refuse(too_big(Refusal::Kind::bad, "A literal is too large"), head);
  left_ = head.octets;
  state_ = State::literal;
  return head.synchronising ? std::optional(Event::continuation) : std::nullopt;
}

std::optional<CommandReader::Event> CommandReader::on_message_head(const Head& head) {
  if (limits_.message == 0) return refuse(bad("No message is taken now"), head);
  if (!head.measurable || head.octets > limits_.message)
    return refuse(too_big(Refusal::Kind::no, "The message is too large"), head);
  if (!head.synchronising && head.octets > limits_.nonsync)
    return refuse(too_big(Refusal::Kind::bad, "A literal of this size must be synchronising"), head);
  literal_ = {head.octets, head.synchronising, head.binary};
  state_ = State::message_due;
  return Event::message;
}

void CommandReader::take_message() {
  if (state_ != State::message_due) return;
  state_ = State::line;
  line_start_ = text_.size();
}

void CommandReader::refuse_message(Refusal refusal) {
  if (state_ != State::message_due && state_ != State::line) return;
  refusal_ = std::move(refusal);
  refusal_.tag = tag_;
  if (state_ == State::line) {
    text_.clear();
    state_ = State::skip_line;
  } else if (literal_.synchronising) {
    state_ = State::refusal_due;
  } else {
    left_ = literal_.octets;
    state_ = State::skip_literal;
  }
}

std::optional<CommandReader::Event> CommandReader::refuse(Refusal refusal, const std::optional<Head>& head) {
  refusal_ = std::move(refusal);
  refusal_.tag = tag_of(text_, context_->limits.tag);
  return go_past(head);
}

// The line is at its end. Behind a synchronising literal the client waits; the octets of another come in any case.
std::optional<CommandReader::Event> CommandReader::go_past(const std::optional<Head>& head) {
  if (!head || head->synchronising) {
    state_ = State::done;
    return Event::refused;
  }
  if (!head->measurable) return close();
  left_ = head->octets;
  state_ = State::skip_literal;
  return std::nullopt;
}

std::optional<CommandReader::Event> CommandReader::skip_literal(std::string_view& in) {
  if (left_ > limits_.skipped - std::min(limits_.skipped, skipped_)) return close();
  const auto octets = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
  in.remove_prefix(octets);
  left_ -= octets;
  skipped_ += octets;
  if (left_ > 0) return Event::more;
  text_.clear();
  state_ = State::skip_line;
  return std::nullopt;
}

std::optional<CommandReader::Event> CommandReader::skip_line(std::string_view& in) {
  if (in.empty()) return Event::more;
  if (skipped_ >= limits_.skipped) return close();
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), limits_.skipped - skipped_));
  const auto piece = take_piece(in, most);
  skipped_ += piece.size();
  text_ += piece.substr(piece.size() - std::min(piece.size(), head_octets));
  if (text_.ends_with("\r\n")) {
    const auto head = plain_line_ ? std::nullopt : head_at_end(std::string_view(text_).substr(0, text_.size() - 2));
    return go_past(head);
  }
  if (text_.size() > head_octets) text_.erase(0, text_.size() - head_octets);
  return std::nullopt;
}

std::optional<CommandReader::Event> CommandReader::close() {
  state_ = State::closed;
  text_.clear();
  return Event::bye;
}

}  // namespace understudy::mail::imap
