#include "mail/smtp/parameters.hpp"

#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "mail/smtp/xtext.hpp"

namespace understudy::mail::smtp::command {
namespace {

constexpr std::size_t max_envid = 100;  // RFC 3461 §4.4
constexpr std::size_t max_orcpt = 500;  // RFC 3461 §4.2

struct Parameter {
  std::string_view keyword;
  std::optional<std::string_view> value;
};

enum class Taken { yes, unknown, twice, wrong };

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_keyword(std::string_view text) {
  return !text.empty() && is_alnum(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

// Assigns and reports whether it was the first time.
template <class Field, class Value>
Taken set_once(std::optional<Field>& field, Value&& value) {
  if (field) return Taken::twice;
  field.emplace(std::forward<Value>(value));
  return Taken::yes;
}

std::optional<Reply> reply_for(Taken taken, std::string_view keyword) {
  const std::string name(keyword.substr(0, 40));
  switch (taken) {
    case Taken::yes:
      return std::nullopt;
    case Taken::unknown:
      return Reply(555, "5.5.4", "Parameter " + name + " not recognised or not offered");
    case Taken::twice:
      return Reply(501, "5.5.4", "Parameter " + name + " given twice");
    case Taken::wrong:
      return Reply(501, "5.5.4", "Syntax error in parameter " + name);
  }
  return std::nullopt;
}

// Calls take(parameter) for each. The values may hold UTF-8 (ORCPT): what it is good for is judged there.
template <class Take>
std::optional<Reply> for_each_parameter(std::string_view text, Take take) {
  if (!text.empty() && text.front() != ' ') return Reply(501, "5.5.4", "Syntax error: no space behind the path");
  for (const auto word : base::split(text, ' ')) {
    if (word.empty()) continue;
    const auto equals = word.find('=');
    Parameter parameter{word.substr(0, equals), std::nullopt};
    if (equals != word.npos) parameter.value = word.substr(equals + 1);
    if (!is_keyword(parameter.keyword)) return Reply(501, "5.5.4", "Syntax error in parameters");
    if (auto refusal = reply_for(take(parameter), parameter.keyword)) return refusal;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_size(const std::optional<std::string_view>& value) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!value || value->empty() || value->size() > 20 || !std::all_of(value->begin(), value->end(), digit)) return std::nullopt;
  return base::to_number(*value).value_or(std::numeric_limits<std::uint64_t>::max());
}

std::optional<DsnReturn> parse_return(const std::optional<std::string_view>& value) {
  if (value && base::iequals(*value, "FULL")) return DsnReturn::full;
  if (value && base::iequals(*value, "HDRS")) return DsnReturn::headers;
  return std::nullopt;
}

std::optional<BodyType> parse_body(const std::optional<std::string_view>& value) {
  if (value && base::iequals(*value, "7BIT")) return BodyType::seven_bit;
  if (value && base::iequals(*value, "8BITMIME")) return BodyType::eight_bit_mime;
  return std::nullopt;
}

std::optional<Notify> parse_notify(const std::optional<std::string_view>& value) {
  if (!value) return std::nullopt;
  if (base::iequals(*value, "NEVER")) return Notify{Notify::never};
  Notify notify;
  for (const auto word : base::split(*value, ',')) {
    if (base::iequals(word, "SUCCESS")) {
      notify.bits |= Notify::success;
    } else if (base::iequals(word, "FAILURE")) {
      notify.bits |= Notify::failure;
    } else if (base::iequals(word, "DELAY")) {
      notify.bits |= Notify::delay;
    } else {
      return std::nullopt;
    }
  }
  return notify;
}

std::optional<Custody> parse_custody(const std::optional<std::string_view>& value) {
  return value ? Custody::parse(*value) : std::nullopt;
}

// Everything that MAIL may have been given, each at most once.
struct MailParameters {
  std::optional<std::uint64_t> size;
  std::optional<BodyType> body;
  std::optional<DsnReturn> dsn_return;
  std::optional<std::string> envid, auth;
  std::optional<bool> smtputf8;
  std::optional<Custody> custody;

  template <class Field>
  static Taken take_parsed(std::optional<Field>& field, const std::optional<Field>& parsed) {
    return parsed ? set_once(field, *parsed) : Taken::wrong;
  }

  static Taken take_xtext(std::optional<std::string>& field, const Parameter& p, std::size_t limit) {
    if (!p.value || p.value->empty() || p.value->size() > limit || !is_xtext(*p.value)) return Taken::wrong;
    return set_once(field, *p.value);
  }

  Taken take(const Parameter& p, const Offered& offered) {
    if (offered.size && base::iequals(p.keyword, "SIZE")) return take_parsed(size, parse_size(p.value));
    if (offered.eight_bit_mime && base::iequals(p.keyword, "BODY")) return take_parsed(body, parse_body(p.value));
    if (offered.smtputf8 && base::iequals(p.keyword, "SMTPUTF8")) return p.value ? Taken::wrong : set_once(smtputf8, true);
    if (offered.dsn && base::iequals(p.keyword, "RET")) return take_parsed(dsn_return, parse_return(p.value));
    if (offered.dsn && base::iequals(p.keyword, "ENVID")) return take_xtext(envid, p, max_envid);
    if (offered.custody && base::iequals(p.keyword, "XCUSTODY")) return take_parsed(custody, parse_custody(p.value));
    if (offered.auth && base::iequals(p.keyword, "AUTH")) {
      return p.value == "<>" ? set_once(auth, *p.value) : take_xtext(auth, p, max_orcpt);
    }
    return Taken::unknown;
  }
};

}  // namespace

std::optional<Reply> take_mail_parameters(std::string_view text, const Offered& offered, Mail& mail) {
  MailParameters given;
  if (auto refusal = for_each_parameter(text, [&](const Parameter& p) { return given.take(p, offered); })) return refusal;
  mail.size = given.size;
  mail.body = given.body.value_or(BodyType::seven_bit);
  mail.smtputf8 = given.smtputf8.value_or(false);
  mail.dsn_return = given.dsn_return.value_or(DsnReturn::unspecified);
  mail.envid = std::move(given.envid).value_or(std::string());
  mail.auth = std::move(given.auth);
  mail.custody = given.custody;
  return std::nullopt;
}

std::optional<Reply> take_rcpt_parameters(std::string_view text, const Offered& offered, Recipient& recipient) {
  std::optional<Notify> notify;
  std::optional<std::string> orcpt;
  auto refusal = for_each_parameter(text, [&](const Parameter& p) {
    if (offered.dsn && base::iequals(p.keyword, "NOTIFY")) {
      const auto parsed = parse_notify(p.value);
      return parsed ? set_once(notify, *parsed) : Taken::wrong;
    }
    if (offered.dsn && base::iequals(p.keyword, "ORCPT")) {
      if (!p.value || p.value->size() > max_orcpt || !is_orcpt(*p.value)) return Taken::wrong;
      return set_once(orcpt, *p.value);
    }
    return Taken::unknown;
  });
  if (refusal) return refusal;
  recipient.notify = notify.value_or(Notify{});
  recipient.orcpt = std::move(orcpt).value_or(std::string());
  return std::nullopt;
}

}  // namespace understudy::mail::smtp::command
