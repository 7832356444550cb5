/// APPEND and REPLACE as values, and how they are read while their messages arrive: RFC 9051 §6.3.12, MULTIAPPEND (RFC 3502),
/// CATENATE (RFC 4469), BINARY (RFC 3516), UTF8 (RFC 6855 §4), REPLACE (RFC 8508). Holds no octet of a message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/imap/date_time.hpp"
#include "mail/imap/mailbox_name.hpp"

namespace understudy::mail::imap {

struct ParseContext;
class TokenReader;

/// One piece that a message is put together from. Without CATENATE a message is one `text` part.
struct AppendPart {
  enum class Kind : std::uint8_t {
    text,  ///< a literal of the client: `octets` of them are streamed past the parser
    url,   ///< CATENATE: an IMAP URL of what is here already (RFC 5092)
  };
  Kind kind = Kind::text;
  std::uint64_t octets = 0;
  bool binary = false;  ///< literal8: NUL may stand in it; in any other a NUL is an error
  std::string url;
  bool operator==(const AppendPart&) const = default;
};

struct AppendMessage {
  std::vector<std::string> flags;  ///< as Store::flags
  std::optional<DateTime> date;
  bool utf8 = false;      ///< in UTF8 (...): the header may hold UTF-8
  bool catenate = false;  ///< `parts` may then be any, else one text
  std::vector<AppendPart> parts;
  bool operator==(const AppendMessage&) const = default;
};

namespace command {
struct Append {
  MailboxName mailbox;
  std::vector<AppendMessage> messages;  ///< at least one
};
struct Replace {
  bool uid = false;
  std::uint32_t target = 0;  ///< sequence number or UID; 0: "*"
  MailboxName mailbox;
  AppendMessage message;
};
}  // namespace command

/// Reads the arguments of one of them as they come in. Linear in the whole text, however often it is asked.
class AppendParser {  // one per command, one thread
 public:
  enum class Kind : std::uint8_t { append, replace, uid_replace };
  enum class State : std::uint8_t {
    literal,  ///< the text ends in the head of an ordinary literal: ask again when its octets are there
    message,  ///< the text ends in the head of a message: its part is the last one in messages()
    ended,    ///< the text was whole and good
    wrong,    ///< error() says why
  };
  AppendParser(Kind kind, const ParseContext& context);
  /// `text`: all there is of the command so far, of which this has been through a part; either up to and with the CRLF of a
  /// literal's head, or (`whole`) all of it without its last CRLF. `at` is where the arguments begin, behind the space. Of a
  /// message only the head stands in the text, not its octets. Keeps no view.
  enum class Text : std::uint8_t { so_far, whole };
  State go_on(std::string_view text, std::size_t at, Text extent);

  const std::string& error() const { return error_; }  ///< a sentence for the client
  std::uint32_t target() const { return target_; }
  const MailboxName& mailbox() const { return mailbox_; }
  const std::vector<AppendMessage>& messages() const { return messages_; }
  std::vector<AppendMessage> take_messages() { return std::move(messages_); }

 private:
  enum class Place : std::uint8_t { head, message, catenate, behind_part, behind_utf8, behind_message, ended };
  bool read_head(TokenReader& in);
  bool read_message(TokenReader& in);
  bool read_catenate(TokenReader& in);
  bool read_text(TokenReader& in);
  bool read_utf8(TokenReader& in);
  bool read_behind(TokenReader& in);
  bool add_part(TokenReader& in, AppendPart part);

  const ParseContext* context_;
  Kind kind_;
  Place place_ = Place::head;
  std::size_t at_ = 0;  // of the text: what is before has been read
  std::uint32_t target_ = 0;
  MailboxName mailbox_;
  std::vector<AppendMessage> messages_;
  std::size_t parts_ = 0;  // of all messages
  std::string error_;
};

}  // namespace understudy::mail::imap
