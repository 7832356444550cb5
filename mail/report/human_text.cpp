#include "mail/report/human_text.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "mail/header/date.hpp"
#include "mail/header/fields.hpp"

namespace understudy::mail::report {
namespace {

constexpr std::size_t named_recipients = 50;
constexpr std::size_t line_width = 76;

struct Explanation {
  std::string_view detail;  ///< subject.detail of RFC 3463 §3, or the subject alone
  std::string_view text;
};

constexpr std::array<Explanation, 22> explanations = {{
    {"1.1", "This address does not exist. Check it for typing mistakes and send your message again to the right one."},
    {"1.2", "The part after the @ is not a mail domain that can be found. Check it for typing mistakes."},
    {"1.3", "This is not a valid mail address. Check it for typing mistakes."},
    {"1.6", "The recipient has moved and left no new address. Ask them for it by other means."},
    {"1.8", "The other server does not accept your own address as a sender. Ask your postmaster to look into it."},
    {"1.10", "This domain does not take any mail. Reach the recipient by other means."},
    {"2.1", "This mailbox exists but takes no mail at present. Reach the recipient by other means."},
    {"2.2", "The recipient's mailbox is full. Try again later, or tell them by other means."},
    {"2.3", "The message is too large for this mailbox. Send it in smaller pieces or without attachments."},
    {"3.4", "The message is too large for the other server. Send it in smaller pieces or without attachments."},
    {"4.1", "The other server did not answer. It may be out of order for a while."},
    {"4.2", "The connection to the other server broke. It may be out of order for a while."},
    {"4.3", "The address could not be looked up because a directory server did not answer."},
    {"4.4", "No server could be found that takes mail for this domain. Check the part after the @ for typing mistakes."},
    {"4.6", "The mail went round in a circle. Please tell the postmaster of the recipient's domain."},
    {"4.7", "The other server could not be reached for a long time. Try again later or use other means."},
    {"6.3", "A server on the way cannot handle the format of this message. Send it as plain text."},
    {"6.7", "The other server cannot handle addresses with letters outside of English. Ask for another address."},
    {"7.1", "The other server does not take this message because of its rules. Its answer may say more."},
    {"7.25", "The other server distrusts our network address. Please tell your postmaster."},
    {"7.26", "The other server could not verify that the message is really yours. Please tell your postmaster."},
    {"7", "The other server refused the message for reasons of security or policy. Its answer may say more."},
}};

std::string_view explanation_of(std::string_view status) {
  const auto detail = status.substr(2);  // after "5."
  const auto general = detail.substr(0, detail.find('.'));
  const auto find = [](std::string_view wanted) { return std::ranges::find(explanations, wanted, &Explanation::detail); };
  if (const auto exact = find(detail); exact != explanations.end()) return exact->text;
  if (const auto subject = find(general); subject != explanations.end()) return subject->text;
  return {};
}

std::string opening(const ReportRequest& request, Action action) {
  const std::string host = "This is the mail server " + request.reporting_mta + ". ";
  switch (action) {
    case Action::failed:
      return host + "Your message could not be delivered to the following recipients, and we have stopped trying.";
    case Action::delayed:
      return host +
             "Your message has not been delivered to the following recipients yet. You need not do anything: we keep "
             "trying, and will tell you if we have to give up.";
    case Action::delivered:
    case Action::relayed:
    case Action::expanded:
      return host + "You asked to be told what became of your message. There is nothing that you need to do.";
  }
  return host;
}

std::string outcome_of(const RecipientReport& recipient) {
  switch (recipient.action) {
    case Action::failed:
      return "was not delivered";
    case Action::delayed:
      return "is delayed";
    case Action::delivered:
      return "was delivered to the mailbox";
    case Action::relayed:
      return "was handed to the next server, which does not report any further";
    case Action::expanded:
      return "was sent on to the members of a list; there are no reports about them";
  }
  return {};
}

bool has_trouble(const RecipientReport& recipient) {
  return recipient.action == Action::failed || recipient.action == Action::delayed;
}

std::string describe(const RecipientReport& recipient, Octets octets) {
  std::string out = wrapped('<' + cleaned(recipient.final_recipient.text(), octets) + "> " + outcome_of(recipient) + '.', "  ");
  if (!has_trouble(recipient)) return out;
  if (const auto why = explanation_of(normal_status(recipient.status, recipient.action)); !why.empty())
    out += wrapped(why, "    ");
  if (!recipient.diagnostic.empty()) {
    const std::string who =
        recipient.remote_mta.empty() ? "The answer was: " : "The answer of " + recipient.remote_mta + " was: ";
    out += wrapped(cleaned(who + recipient.diagnostic.substr(0, 1000), octets), "    ");
  }
  if (recipient.action == Action::delayed && recipient.will_retry_until)
    out += wrapped("We keep trying until " + header::format_date(*recipient.will_retry_until) + '.', "    ");
  return out;
}

/// The original's subject, where it can be shown as it stands.
std::string original_subject(const ReportRequest& request, Octets octets) {
  constexpr std::size_t shown = 200;
  const auto original = header::scan(request.original.head.substr(0, max_returned_header));
  const auto value = header::first_value(original, "Subject");
  if (!value || value->size() > shown) return {};
  const std::string line = header::unfold(*value);
  return line.find("=?") != std::string::npos || cleaned(line, octets) != line ? std::string() : line;
}

std::string about(const ReportRequest& request, Octets octets) {
  std::string out;
  if (const std::string what = original_subject(request, octets); !what.empty()) out += wrapped("Subject: " + what, "  ");
  if (request.arrival) out += wrapped("Received: " + header::format_date(*request.arrival), "  ");
  return out.empty() ? out : "About your message:\r\n\r\n" + out + "\r\n";
}

std::string closing(const ReportRequest& request, Action action, Octets octets) {
  if (action != Action::failed && action != Action::delayed) return {};
  const std::string whom = request.postmaster.empty() ? "your postmaster" : cleaned(request.postmaster, octets);
  return wrapped(
             "If you need help, forward this whole message to " + whom + ": the technical details below say what went wrong.",
             "") +
         "\r\n";
}

int rank(Action action) {
  return action == Action::failed ? 0 : action == Action::delayed ? 1 : 2;
}

}  // namespace

std::string wrapped(std::string_view text, std::string_view indent) {
  std::string out;
  std::size_t column = 0;
  for (std::string_view word : base::split(text, ' ')) {
    if (word.empty()) continue;
    if (column > 0 && column + 1 + word.size() > line_width) {
      out += "\r\n";
      column = 0;
    }
    const std::string_view before = column == 0 ? indent : " ";
    constexpr std::size_t longest_word = 900;  // no line may pass 998 octets
    word = word.substr(0, longest_word);
    out.append(before).append(word);
    column += before.size() + word.size();
  }
  return out.empty() ? out : out + "\r\n";
}

Action main_action(const ReportRequest& request) {
  const auto worst = std::ranges::min_element(request.recipients, {}, [](const RecipientReport& r) { return rank(r.action); });
  return worst == request.recipients.end() ? Action::failed : worst->action;
}

std::string normal_status(std::string_view text, Action action) {
  const char wanted = action == Action::failed ? '5' : action == Action::delayed ? '4' : '2';
  const auto parts = base::split(text, '.');
  const bool formed = parts.size() == 3 && parts[0].size() == 1 && std::ranges::all_of(parts, [](std::string_view part) {
                        return part.size() <= 3 && base::to_number(part).has_value();
                      });
  const std::string detail = formed ? '.' + std::string(parts[1]) + '.' + std::string(parts[2]) : ".0.0";
  return wanted + detail;
}

std::string subject(const ReportRequest& request, Octets octets) {
  constexpr std::size_t longest_address = 50;
  std::string whom = "your mail";
  if (request.recipients.size() == 1) {
    const std::string address = cleaned(request.recipients.front().final_recipient.text(), octets);
    if (address.size() <= longest_address) whom += " to " + address;
  }
  switch (main_action(request)) {
    case Action::failed:
      return "Not delivered: " + whom;
    case Action::delayed:
      return "Delayed: " + whom;
    case Action::delivered:
      return "Delivered: " + whom;
    case Action::relayed:
    case Action::expanded:
      return "Sent on: " + whom;
  }
  return "Report about " + whom;
}

std::string human_text(const ReportRequest& request, Octets octets) {
  const Action action = main_action(request);
  std::string out = wrapped(cleaned(opening(request, action), octets), "") + "\r\n";
  const auto named = std::min(request.recipients.size(), named_recipients);
  for (std::size_t i = 0; i < named; ++i) out += describe(request.recipients[i], octets) + "\r\n";
  if (named < request.recipients.size())
    out += "  and " + std::to_string(request.recipients.size() - named) + " more, listed in the technical details.\r\n\r\n";
  return out + about(request, octets) + closing(request, action, octets);
}

}  // namespace understudy::mail::report
