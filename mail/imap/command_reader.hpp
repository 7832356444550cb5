/// Puts commands together out of the octets of a client: finds line ends and literals ({n}, {n+}, ~{n}: RFC 9051 §4.3,
/// RFC 7888, RFC 3516), asks for continuations, and lets messages of APPEND and REPLACE pass by without holding them. Sans-IO.
/// A line ends at CRLF only: a bare CR, a bare LF or a NUL in a line is part of it, and has the command refused with BAD once
/// it is read to its end. Stays in step with the client whatever it sends; where that cannot be, it says bye.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mail/imap/append.hpp"
#include "mail/imap/command.hpp"

namespace understudy::mail::imap {

struct ReaderLimits {
  std::size_t line = 64 * 1024;        ///< octets of one line, its CRLF and literals not counted
  std::size_t command = 1024 * 1024;   ///< octets of one command, its lines and literals, messages not counted
  std::size_t literal = 1024 * 1024;   ///< octets of one literal that is no message
  std::size_t literals = 1'000;        ///< in one command, messages too
  std::uint64_t message = 0;           ///< octets of one message (or of one TEXT of CATENATE); 0: no messages are taken now
  std::uint64_t nonsync = UINT64_MAX;  ///< of one {n+}, messages too: 4096 where LITERAL- is what we offer
  std::uint64_t skipped = 64 * 1024 * 1024;  ///< octets of a refused command that are read past before we say bye
  /// Before login: 8 KiB for a command, 4 KiB for a literal, no messages.
  static ReaderLimits before_login();
  /// After it. `message`: the largest message that APPEND takes.
  static ReaderLimits after_login(std::uint64_t message);
};

/// What a refused command is answered, as a whole line but for its CRLF: reply().
struct Refusal {
  enum class Kind : std::uint8_t { no, bad };
  std::string tag;  ///< empty: "*"
  Kind kind = Kind::bad;
  std::string code;  ///< "TOOBIG"; empty: none
  std::string text;
  std::string reply() const;  ///< "a1 NO [TOOBIG] text"
};

class CommandReader {  // one per connection, one thread
 public:
  enum class Event : std::uint8_t {
    more,          ///< all of the input is eaten; more is needed
    continuation,  ///< send "+ ..." and go on: the client waits before a literal that we take
    command,       ///< text() is a command for parse_command
    line,          ///< text() is the line that expect_line() asked for
    message,  ///< literal() is the head of a message, append() and replace() say of which: take_message() or refuse_message()
    refused,  ///< send refusal(); the next octet is the first of a new command
    bye,      ///< send "* BYE " and refusal().text, and close: HTTP is spoken, or we cannot know where a next command begins
  };
  struct Literal {
    std::uint64_t octets = 0;
    bool synchronising = true;  ///< the client waits for "+ ..." before it sends them
    bool binary = false;        ///< literal8: else a NUL among the octets is an error
  };

  /// `context` is what parse_command is given; it must outlive this, and may change between commands.
  CommandReader(const ReaderLimits& limits, const ParseContext& context);
  CommandReader(const CommandReader&) = delete;
  CommandReader& operator=(const CommandReader&) = delete;

  /// Eats octets off the front of `in` up to the next event; what stays in `in` is to be fed again, as it is, after the event
  /// is dealt with. Call it until it says `more` (also with an empty `in`: a refusal may be due). After bye it eats nothing.
  Event feed(std::string_view& in);

  /// Of the last command or line: without its CRLF, literals in place, of messages only the heads. Valid until the next feed().
  std::string_view text() const { return text_; }
  const Refusal& refusal() const { return refusal_; }

  /// After Event::message, and until the next feed().
  const Literal& literal() const { return literal_; }
  /// The command so far: target, mailbox, the messages up to this one, of which the last part is the one that comes now.
  const AppendParser& append() const { return *append_; }
  AppendParser::Kind append_kind() const { return append_kind_; }
  const std::string& tag() const { return tag_; }
  /// The message is wanted; that the rest of the command is good is not known yet, parse_command judges. The driver then sends
  /// "+ ..." where literal().synchronising, takes exactly literal().octets off the connection itself, and only then feeds
  /// again: the rest of the command, which may hold another message.
  void take_message();
  /// The message is not wanted. The next feed() says `refused` with it, at once where the client waits for us, else when the
  /// rest of the command is read past (or bye, where that is over ReaderLimits::skipped). The tag is filled in. Also after
  /// take_message() and all of its octets, for what shows only then (a full disk, a NUL): the rest of the command is read past.
  void refuse_message(Refusal refusal);

  /// The next line is no command: the answer to a challenge of AUTHENTICATE, the DONE of IDLE. Between commands only. Where it
  /// is too long it is refused without a tag: the caller knows of which command.
  void expect_line();
  /// From the next command on. Between commands only.
  void set_limits(const ReaderLimits& limits) { limits_ = limits; }
  /// Nothing of a command is read yet: the client is between commands.
  bool idle() const;

 private:
  enum class State : std::uint8_t { line, literal, message_due, skip_line, skip_literal, refusal_due, done, closed };
  struct Head {
    std::uint64_t octets = 0;
    bool synchronising = true;
    bool binary = false;
    bool measurable = true;  // else its size is no number that we can count with
  };
  static std::optional<Head> head_at_end(std::string_view line);

  void begin();
  std::optional<Event> feed_line(std::string_view& in);
  std::optional<Event> feed_literal(std::string_view& in);
  std::optional<Event> skip_line(std::string_view& in);
  std::optional<Event> skip_literal(std::string_view& in);
  std::optional<Event> on_line_end();
  std::optional<Event> on_head(const Head& head);
  std::optional<Event> on_message_head(const Head& head);
  bool is_append();
  std::optional<Event> refuse(Refusal refusal, const std::optional<Head>& head);
  std::optional<Event> go_past(const std::optional<Head>& head);
  std::optional<Event> close();

  ReaderLimits limits_;
  const ParseContext* context_;
  State state_ = State::line;
  bool plain_line_ = false;  // this one is what expect_line() is about
  bool plain_next_ = false;
  std::string text_;            // while a line is skipped: only its end
  std::size_t line_start_ = 0;  // in text_: of the line that is being read
  std::uint64_t left_ = 0;      // of a literal
  std::uint64_t skipped_ = 0;
  std::size_t literals_ = 0;
  std::optional<AppendParser> append_;
  AppendParser::Kind append_kind_ = AppendParser::Kind::append;
  std::size_t arguments_ = 0;  // in text_: of append_
  Literal literal_;
  std::string tag_;
  Refusal refusal_;
};

}  // namespace understudy::mail::imap
