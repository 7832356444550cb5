#include "app/custody_reports.hpp"

#include <boost/json/serialize.hpp>

#include "base/log.hpp"

namespace understudy::app {
namespace {

namespace custody = archive::custody;
using relay::peer::Traffic;

constexpr std::uint16_t partition = 0;
constexpr const char* verb = "report";
constexpr std::size_t most_spans = 1000;
constexpr std::chrono::seconds patience{60};  // of the other machine's workers

std::uint64_t milliseconds(base::WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
base::WallTime time_of(std::uint64_t milliseconds) {
  return base::WallTime(std::chrono::milliseconds(milliseconds));
}

void encode(base::Writer& out, const std::vector<custody::Span>& spans) {
  out.varint(spans.size());
  for (const auto& span : spans) {
    span.life.encode(out);
    out.u16(span.partition).u64(span.from).u64(span.to);
  }
}

/// What does not fit makes `in` fail.
base::Result<std::vector<custody::Span>> decode_spans(base::Reader& in) {
  const auto wrong = [] { return base::fail("numbers of a report", base::errc::malformed); };
  const auto count = in.varint();
  if (!in.ok() || count > most_spans) return wrong();
  std::vector<custody::Span> spans;
  std::uint64_t numbers = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    custody::Span span;
    span.life = custody::Life::decode(in);
    span.partition = in.u16();
    span.from = in.u64();
    span.to = in.u64();
    if (!in.ok() || span.from == 0 || span.to <= span.from || span.to - span.from > custody::Span::most_numbers) return wrong();
    numbers += span.to - span.from;
    spans.push_back(span);
  }
  if (!in.ok() || numbers > custody::Span::most_numbers) return wrong();
  return spans;
}

base::Digest digest_of(const custody::SignedStatement& statement) {
  return base::sha256(statement.octets);
}

}  // namespace

/// Answered by the taker's statement about these numbers, or, where there is none to answer, by the giver's own.
struct CustodyReports::Question {
  Period period;
  std::optional<base::Digest> answers;  ///< the giver's statement; nullopt: you are the giver
  std::vector<custody::Span> spans;

  std::string encode() const {
    base::Writer out(1);
    out.u64(milliseconds(period.since)).u64(milliseconds(period.until)).u8(answers ? 1 : 0);
    out.raw(base::view(answers.value_or(base::Digest())));
    app::encode(out, spans);
    return out.take();
  }
  static base::Result<Question> decode(std::string_view octets) {
    base::Reader in(octets);
    if (in.u8() > 1) return base::fail("question for a report", base::errc::unsupported);
    Question question;
    question.period.since = time_of(in.u64());
    question.period.until = time_of(in.u64());
    const bool answers = in.u8() == 1;
    const auto digest = base::digest_from(in.raw(sizeof(base::Digest)));
    if (answers) question.answers = digest;
    auto spans = decode_spans(in);
    if (!spans) return std::unexpected(spans.error());
    if (!in.at_end()) return base::fail("question for a report", base::errc::malformed);
    question.spans = std::move(*spans);
    return question;
  }
};

struct CustodyReports::Reply {
  std::vector<custody::Span> spans;
  custody::SignedStatement statement;

  std::string encode() const {
    base::Writer out(1);
    app::encode(out, spans);
    statement.encode(out);
    return out.take();
  }
  static base::Result<Reply> decode(std::string_view octets) {
    base::Reader in(octets);
    if (in.u8() > 1) return base::fail("statement for a report", base::errc::unsupported);
    auto spans = decode_spans(in);
    if (!spans) return std::unexpected(spans.error());
    Reply reply{std::move(*spans), custody::SignedStatement::decode(in)};
    if (!in.ok() || !in.at_end()) return base::fail("statement for a report", base::errc::malformed);
    return reply;
  }
};

void CustodyReports::register_at(relay::peer::Registry& registry) {
  registry.on_up([this](const relay::peer::Hello& hello) {
    const std::lock_guard lock(mutex_);
    other_ = mail::smtp::instance_id_from(hello.instance);
  });
  registry.add(verb, std::string(feature), *this);
}

CustodyStatement CustodyReports::blank(CustodyStatement::Role role, Period period) const {
  CustodyStatement statement;
  statement.role = role;
  const auto& names = parts_.archive.store().identity();
  statement.by = custody::Life::parse(names.instance, names.incarnation).value_or(custody::Life());
  statement.hostname = parts_.hostname;
  statement.made = parts_.clock.now();
  statement.period = period;
  const std::lock_guard lock(mutex_);
  statement.other = other_;
  return statement;
}

/// Of what this machine handed over.
base::Result<CustodyReports::Own> CustodyReports::give(Period period) const {
  auto statement = blank(CustodyStatement::Role::giver, period);
  const auto& store = parts_.archive.store();
  auto spans = custody::spans_of(store, partition, statement.by.instance, period.since, period.until);
  if (!spans) return std::unexpected(spans.error());
  for (const auto& span : *spans) {
    auto section = custody::given_in(store, span, statement.made - parts_.wait);
    if (!section) return std::unexpected(section.error());
    statement.sections.push_back(std::move(*section));
  }
  return Own{std::move(*spans), parts_.signer.state(statement.to_json())};
}

/// Of what came here under these numbers.
base::Result<custody::SignedStatement> CustodyReports::take(Period period, const std::vector<custody::Span>& spans,
                                                            const std::optional<base::Digest>& answers) const {
  auto statement = blank(CustodyStatement::Role::taker, period);
  statement.answers = answers;
  for (const auto& span : spans) {
    auto section = custody::taken_in(parts_.archive.store(), span);
    if (!section) return std::unexpected(section.error());
    statement.sections.push_back(std::move(*section));
  }
  return parts_.signer.state(statement.to_json());
}

/// Where nobody says which numbers there are: what came, from whom, and the numbers between the lowest and the highest of them.
base::Result<custody::SignedStatement> CustodyReports::take_alone(Period period) const {
  auto statement = blank(CustodyStatement::Role::taker, period);
  auto arrived = custody::arrived_in(parts_.archive.store(), partition, period.since, period.until);
  if (!arrived) return std::unexpected(arrived.error());
  for (const auto& span : arrived->spans) {
    auto section = custody::taken_in(parts_.archive.store(), span);
    if (!section) return std::unexpected(section.error());
    statement.sections.push_back(std::move(*section));
  }
  statement.arrived = std::move(*arrived);
  return parts_.signer.state(statement.to_json());
}

CustodyReports::Answer CustodyReports::answer_to(const std::string& octets) const {
  using enum relay::peer::Answer::Status;
  const auto question = Question::decode(octets);
  if (!question) return {refused, question.error().text()};
  Reply reply;
  reply.spans = question->spans;
  if (question->answers) {
    auto taken = take(question->period, question->spans, question->answers);
    if (!taken) return {failed, taken.error().text()};
    reply.statement = std::move(*taken);
  } else {
    auto own = give(question->period);
    if (!own) return {failed, own.error().text()};
    reply = {std::move(own->spans), std::move(own->statement)};
  }
  if (reply.statement.octets.size() > custody::SignedStatement::max_octets)
    return {failed, "the statement is too long; take a shorter period"};
  return {done, reply.encode()};
}

void CustodyReports::answer(std::string question, Done done) {
  auto shared = std::make_shared<Done>(std::move(done));
  auto job = [this, shared, question = std::move(question)] { (*shared)(answer_to(question)); };
  if (parts_.questions.submit(std::move(job)) == net::Workers::Submitted::full)
    (*shared)({relay::peer::Answer::Status::failed, "too much to do"});
}

/// errc::refused: it is not signed by the key that the other machine signs its heads with.
net::Task<base::Result<CustodyReports::Reply>> CustodyReports::ask(Question question) {
  if (!ask_) co_return base::fail("there is no peer link", base::errc::not_found);
  Traffic::Question asked;
  asked.feature = feature;
  asked.verb = verb;
  asked.octets = question.encode();
  asked.limit = patience;
  const auto octets = co_await relay::peer::put_question(ask_, std::move(asked));
  if (!octets) co_return std::unexpected(octets.error());
  auto reply = Reply::decode(*octets);
  if (!reply) co_return std::unexpected(reply.error());
  const auto peer = parts_.witness.witnessed();
  if (!peer) co_return std::unexpected(peer.error());
  const bool known = *peer && (*peer)->head.key == reply->statement.key;
  if (!known || !reply->statement.holds())
    co_return base::fail("the statement is not signed by the key that signs the other machine's heads", base::errc::refused);
  co_return std::move(*reply);
}

net::Task<base::Result<CustodyReports::Both>> CustodyReports::gather(Period period) {
  const auto too_much = [] { return base::fail("the workers have too much to do", base::errc::busy); };
  Both both;
  auto own_work = [this, period] { return give(period); };
  auto own = co_await net::run_by(parts_.workers, std::move(own_work));
  if (!own) co_return too_much();
  if (!*own) co_return std::unexpected(own->error());
  if (!(*own)->spans.empty()) {  // this machine handed over
    both.giver = (*own)->statement;
    Question question{period, digest_of(*both.giver), (*own)->spans};
    auto reply = co_await ask(std::move(question));
    if (reply)
      both.taker = std::move(reply->statement);
    else
      both.trouble = reply.error().text();
    co_return both;
  }
  Question question{period, std::nullopt, {}};
  auto reply = co_await ask(std::move(question));
  std::optional<base::Result<custody::SignedStatement>> taken;
  if (reply && !reply->spans.empty()) {
    both.giver = reply->statement;
    auto work = [this, period, &spans = reply->spans, answers = digest_of(*both.giver)] {
      return take(period, spans, answers);
    };
    taken = co_await net::run_by(parts_.workers, std::move(work));
  } else {
    both.trouble = reply ? "the other machine numbered nothing in this period" : reply.error().text();
    auto work = [this, period] { return take_alone(period); };
    taken = co_await net::run_by(parts_.workers, std::move(work));
  }
  if (!taken) co_return too_much();
  if (!*taken) co_return std::unexpected(taken->error());
  both.taker = std::move(**taken);
  co_return both;
}

net::Task<base::Result<boost::json::object>> CustodyReports::make(Period period) {
  auto both = co_await gather(period);
  if (!both) co_return std::unexpected(both.error());
  boost::json::object file;
  file["understudy_custody_report"] = 1;
  file["giver"] = both->giver ? boost::json::value(to_json(*both->giver)) : nullptr;
  file["taker"] = both->taker ? boost::json::value(to_json(*both->taker)) : nullptr;
  boost::json::object told;
  const bool signed_by_both = both->giver && both->taker;
  told["signed_by"] = signed_by_both ? "both" : "this machine";
  told["agree"] = nullptr;
  told["differences"] = boost::json::array();
  told["missing"] = boost::json::array();
  told["unclosed"] = boost::json::array();
  told["trouble"] = both->trouble.empty() ? boost::json::value(nullptr) : boost::json::value(both->trouble);
  if (signed_by_both) {
    auto comparison = compare(*both->giver, *both->taker);
    if (!comparison) co_return std::unexpected(comparison.error());
    told["agree"] = comparison->differences.empty();
    told["differences"] = std::move(comparison->differences);
    told["missing"] = std::move(comparison->missing);
    told["unclosed"] = std::move(comparison->unclosed);
  }
  told["report"] = std::move(file);
  co_return told;
}

}  // namespace understudy::app
