#include "app/verbs/questions.hpp"

#include <istream>
#include <ostream>

#include "base/net/ip.hpp"
#include "base/text.hpp"
#include "mail/address/address.hpp"
#include "routing/route.hpp"

namespace understudy::app {
namespace {

constexpr int most_questions = 3;  ///< until an answer fits

/// Empty where the input ends, or where nothing is said and nothing proposed.
std::string ask(Context& context, const Question& question) {
  context.err << question.text;
  if (!question.proposal.empty()) context.err << " [" << question.proposal << "]";
  context.err << ": " << std::flush;
  std::string answer;
  std::getline(context.in, answer);
  const std::string trimmed(base::trim(answer));
  return trimmed.empty() ? question.proposal : trimmed;
}

}  // namespace

bool says_yes(Context& context, std::string_view question) {
  if (context.in_is == Context::Terminal::no) return false;
  const auto said = base::to_lower(ask(context, {question, "no"}));
  return said == "y" || said == "yes";
}

void complete(Context& context, std::string& word, const Question& question) {
  if (!word.empty()) return;
  if (context.in_is == Context::Terminal::no) {
    word = question.proposal;
    return;
  }
  for (int i = 0; i < most_questions; ++i) {
    word = ask(context, question);
    if (word.empty()) continue;
    const auto wrong = question.judge ? question.judge(word) : std::nullopt;
    if (!wrong) return;
    context.err << base::escape(word) << ": " << *wrong << '\n';
  }
}

std::optional<std::string> judge_role(const std::string& answer) {
  if (answer == "primary" || answer == "archive") return std::nullopt;
  return "answer primary or archive";
}

std::optional<std::string> judge_domain(const std::string& answer) {
  if (mail::address::canonical_domain(answer)) return std::nullopt;
  return "is no domain name, as example.org";
}

std::optional<std::string> judge_next_hop(const std::string& answer) {
  const auto hop = routing::parse_next_hop(answer);
  if (hop && !hop->by_mx) return std::nullopt;
  return "must be HOST, HOST:PORT or [ADDRESS]:PORT";
}

std::optional<std::string> judge_next_hop_or_none(const std::string& answer) {
  return answer == "-" ? std::nullopt : judge_next_hop(answer);
}

std::optional<std::string> judge_address(const std::string& answer) {
  if (const auto parsed = mail::address::parse(answer, mail::address::Utf8::allow); parsed && !parsed->domain.empty())
    return std::nullopt;
  return "is no mail address, as postmaster@example.org";
}

std::optional<std::string> judge_network(const std::string& answer) {
  if (net::Network::parse(answer)) return std::nullopt;
  return "is no network, as 192.0.2.10/32";
}

}  // namespace understudy::app
