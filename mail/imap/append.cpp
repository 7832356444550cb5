#include "mail/imap/append.hpp"

#include "mail/imap/token_reader.hpp"

namespace understudy::mail::imap {

AppendParser::AppendParser(Kind kind, const ParseContext& context) : context_(&context), kind_(kind) {}

// Each step reads one piece and moves on to the next place, or leaves all as it was: what it began is read again once more of
// the text is there. A step holds at most one ordinary literal, so nothing is read more than twice.
AppendParser::State AppendParser::go_on(std::string_view text, std::size_t at, Text extent) {
  if (at_ < at) at_ = at;
  while (true) {
    TokenReader in(text, at_, *context_);
    if (place_ == Place::behind_message && in.at_end() && extent == Text::whole) {
      place_ = Place::ended;
      return State::ended;
    }
    const std::size_t parts_before = parts_;
    bool good = false;
    switch (place_) {
      case Place::head:
        good = read_head(in);
        break;
      case Place::message:
        good = read_message(in);
        break;
      case Place::catenate:
        good = read_catenate(in);
        break;
      case Place::behind_part:
      case Place::behind_utf8:
      case Place::behind_message:
        good = read_behind(in);
        break;
      case Place::ended:
        return State::ended;
    }
    if (!good && extent == Text::so_far && in.ran_out()) return State::literal;
    if (!good) {
      error_ = in.error();
      return State::wrong;
    }
    at_ = in.at();
    const bool text_part = parts_ > parts_before && messages_.back().parts.back().kind == AppendPart::Kind::text;
    if (text_part && extent == Text::so_far && in.at_end()) return State::message;
  }
}

bool AppendParser::read_head(TokenReader& in) {
  if (kind_ != Kind::append) {
    if (!in.take('*')) {
      const auto number = in.nz_number();
      if (!number) return false;
      target_ = *number;
    }
    if (!in.space()) return false;
  }
  auto name = in.mailbox();
  if (!name || !in.space()) return false;
  mailbox_ = std::move(*name);
  place_ = Place::message;
  return true;
}

bool AppendParser::read_message(TokenReader& in) {
  AppendMessage message;
  if (messages_.size() >= context_->limits.list_items) return in.fail("Too many messages in one command");
  if (in.is('(') && (!in.flags(message.flags, TokenReader::Bare::no) || !in.space())) return false;
  if (in.is('"')) {
    const auto text = in.string();
    if (!text || !in.space()) return false;
    message.date = parse_date_time(*text);
    if (!message.date) return in.fail("Date and time of a message not understood");
  }
  if (in.take_word("CATENATE")) {
    if (!in.space() || !in.expect('(')) return false;
    message.catenate = true;
    messages_.push_back(std::move(message));
    place_ = Place::catenate;
    return true;
  }
  messages_.push_back(std::move(message));
  const bool good = in.take_word("UTF8") ? read_utf8(in) : read_text(in);
  if (!good) messages_.pop_back();
  return good;
}

bool AppendParser::read_catenate(TokenReader& in) {
  if (in.take_word("TEXT")) return in.space() && read_text(in);
  if (in.take_word("UTF8")) return read_utf8(in);
  if (!in.take_word("URL")) return in.fail("TEXT or URL is missing");
  if (!in.space()) return false;
  auto url = in.astring();
  // A literal may end the text that there is so far: then nobody knows yet what is behind it, but it is whole.
  return url && add_part(in, {.kind = AppendPart::Kind::url, .url = std::move(*url)});
}

bool AppendParser::read_text(TokenReader& in) {
  const auto head = in.literal_head(TokenReader::Binary::allowed);
  return head && add_part(in, {.octets = head->octets, .binary = head->binary});
}

bool AppendParser::read_utf8(TokenReader& in) {
  if (!in.space() || !in.expect('(')) return false;
  if (!in.is('~')) return in.fail("UTF8 takes a binary literal");
  if (!read_text(in)) return false;
  messages_.back().utf8 = true;
  place_ = Place::behind_utf8;
  return true;
}

bool AppendParser::add_part(TokenReader& in, AppendPart part) {
  if (parts_ >= context_->limits.list_items) return in.fail("Too many parts of messages in one command");
  ++parts_;
  AppendMessage& message = messages_.back();
  message.parts.push_back(std::move(part));
  place_ = message.catenate ? Place::behind_part : Place::behind_message;
  return true;
}

// What stands behind a part: the next one, the end of its message, the next message.
bool AppendParser::read_behind(TokenReader& in) {
  const bool catenate = messages_.back().catenate;
  if (place_ == Place::behind_utf8) {
    place_ = catenate ? Place::behind_part : Place::behind_message;
    if (in.expect(')')) return true;
    place_ = Place::behind_utf8;
    return false;
  }
  if (place_ == Place::behind_part) {
    if (in.take(')'))
      place_ = Place::behind_message;
    else if (in.take(' '))
      place_ = Place::catenate;
    else
      return in.fail("A closing parenthesis is missing");
    return true;
  }
  if (kind_ != Kind::append) return in.fail("REPLACE takes one message");
  if (!in.space()) return false;
  place_ = Place::message;
  return true;
}

}  // namespace understudy::mail::imap
