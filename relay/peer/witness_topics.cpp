#include "relay/peer/witness_topics.hpp"

#include "base/bytes.hpp"
#include "base/log.hpp"

namespace understudy::relay::peer {
namespace {

namespace witness = archive::witness;
using archive::journal::proof::Path;

/// A record that can never be taken is passed over: it would come again for ever.
bool passed_over(const base::Error& error) {
  using enum base::errc;
  return error.code == malformed || error.code == damaged || error.code == too_long || error.code == unsupported ||
         error.code == refused;
}

std::string encode_path(const Path& path) {
  base::Writer out;
  for (const auto& hash : path) out.raw(base::view(hash));
  return out.take();
}

base::Result<Path> decode_path(std::string_view octets) {
  if (octets.size() % 32 != 0 || octets.size() / 32 > archive::journal::proof::max_path)
    return base::fail("consistency path", base::errc::malformed);
  Path path;
  for (; !octets.empty(); octets.remove_prefix(32)) path.push_back(base::digest_from(octets));
  return path;
}

/// Positions that count what was said: after a dispute was settled the newest head may be over fewer entries than one before.
/// `newest` gives what is to be said; a Result of optional<Value>, of which encode() is that.
template <class Newest>
NewestSource::Newest counted(Newest newest) {
  return [newest, said = Source::Next()]() mutable -> base::Result<std::optional<Source::Next>> {
    const auto value = newest();
    if (!value) return std::unexpected(value.error());
    if (!*value) return std::optional<Source::Next>();
    auto octets = (*value)->encode();
    if (octets != said.octets) said = {said.position + 1, std::move(octets)};
    return std::optional(said);
  };
}

/// Only what is asked for each connection anew, and of which the newest says all.
class EachTime : public Sink {
 public:
  Position wanted() final { return 0; }
};

}  // namespace

base::Result<std::optional<Source::Next>> NewestSource::next(Position from) {
  auto newest = newest_();
  if (newest && *newest && (*newest)->position < from) return std::optional<Next>();
  return newest;
}

std::uint64_t NewestSource::behind(Position from) {
  const auto newest = next(from);
  return newest && *newest ? 1 : 0;
}

void NewestSource::on_more(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void NewestSource::poke() {
  const std::lock_guard lock(mutex_);
  if (wake_) wake_();
}

class WitnessTopics::Heads final : public EachTime {
 public:
  explicit Heads(WitnessTopics& topics) : topics_(topics) {}
  void take(Position, std::string octets, Done done) override { topics_.take_head(std::move(octets), std::move(done)); }

 private:
  WitnessTopics& topics_;
};

class WitnessTopics::Cosigned final : public EachTime {
 public:
  explicit Cosigned(WitnessTopics& topics) : topics_(topics) {}
  void take(Position, std::string octets, Done done) override { topics_.take_cosigned(octets, std::move(done)); }

 private:
  WitnessTopics& topics_;
};

class WitnessTopics::Consistency final : public Responder {
 public:
  explicit Consistency(witness::Witness& witness) : witness_(witness) {}
  void answer(std::string question, Done done) override {
    base::Reader in(question);
    const auto from = in.u64();
    const auto to = in.u64();
    const auto path = in.ok() ? witness_.consistency(from, to) : base::fail("question", base::errc::malformed);
    const bool never = !path && path.error().code == base::errc::malformed;
    if (!path) return done({never ? peer::Answer::Status::refused : peer::Answer::Status::failed, path.error().text()});
    done({peer::Answer::Status::done, encode_path(*path)});
  }

 private:
  witness::Witness& witness_;
};

WitnessTopics::WitnessTopics(witness::Witness& witness, Registry& registry, Asker ask, const Names& names)
    : witness_(witness),
      ask_(std::move(ask)),
      names_(names),
      our_heads_(counted([&witness] { return witness.statement(); })),
      given_(counted([&witness] { return witness.witnessed(); })),
      heads_(std::make_unique<Heads>(*this)),
      cosigned_(std::make_unique<Cosigned>(*this)),
      consistency_(std::make_unique<Consistency>(witness)) {
  const std::string feature(names.feature);
  registry.add(names.heads, feature, our_heads_);
  registry.add(names.heads, feature, *heads_);
  registry.add(names.cosigned, feature, given_);
  registry.add(names.cosigned, feature, *cosigned_);
  registry.add(names.consistency, feature, *consistency_);
  witness_.on_settled([this] { look_again(); });
}

WitnessTopics::~WitnessTopics() {
  witness_.on_settled({});
}

std::map<std::string, std::uint64_t> WitnessTopics::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void WitnessTopics::note(const std::string& what) {
  const std::lock_guard lock(mutex_);
  counts_[what] += 1;
}

void WitnessTopics::take_head(std::string octets, Sink::Done done) {
  {
    const std::lock_guard lock(mutex_);
    shown_ = octets;
  }
  judge_head(octets, std::move(done));
}

/// A dispute was settled: what the other machine showed meanwhile is believed now, and it shows nothing more before it signs
/// another one.
void WitnessTopics::look_again() {
  std::string shown;
  {
    const std::lock_guard lock(mutex_);
    shown = shown_;
  }
  if (!shown.empty()) judge_head(shown, [](const base::Result<>&) {});
}

void WitnessTopics::judge_head(const std::string& octets, Sink::Done done) {
  auto statement = witness::Statement::decode(octets);
  if (!statement) return told(std::unexpected(statement.error()), done);
  auto copy = *statement;
  auto judged = [this, statement = std::move(*statement),
                 done = std::move(done)](base::Result<witness::Finding> finding) mutable {
    if (finding && *finding == witness::Finding::wants_path)
      return consider_with_path(std::move(statement), Again::yes, std::move(done));
    told(finding, done);
  };
  witness_.consider(std::move(copy), std::nullopt, std::move(judged));
}

void WitnessTopics::consider_with_path(witness::Statement statement, Again again, Sink::Done done) {
  const auto newest = witness_.witnessed();
  if (!newest) return told(std::unexpected(newest.error()), done);
  if (!*newest) return told(base::fail("the head that was countersigned last", base::errc::not_found), done);
  const auto last = (*newest)->head;
  Traffic::Question question;
  question.feature = names_.feature;
  question.verb = names_.consistency;
  question.octets = base::Writer().u64(last.head.head.size).u64(statement.head.head.head.size).take();
  auto answered = [this, statement = std::move(statement), last, again, done](const base::Result<Responder::Answer>& answer) {
    if (!answer) return told(std::unexpected(answer.error()), done);
    if (answer->status == peer::Answer::Status::failed)  // a matter of the moment
      return told(base::fail("consistency path: " + answer->octets, base::errc::io), done);
    const bool given = answer->status == peer::Answer::Status::done;
    // Without a path that can be read there is none that closes: the machine that owes it cannot show that it continues.
    const auto path = given ? decode_path(answer->octets).value_or(Path()) : Path();
    if (again == Again::yes && witness::judge(last, statement, path) == witness::Finding::not_continued)
      return consider_with_path(statement, Again::no, done);
    auto judged = [this, statement, done](const base::Result<witness::Finding>& finding) {
      // Another head came in between, and this one has to follow from that.
      if (finding && *finding == witness::Finding::wants_path) return consider_with_path(statement, Again::yes, done);
      told(finding, done);
    };
    witness_.consider(statement, witness::Witness::Shown{last, path}, std::move(judged));
  };
  ask_(std::move(question), std::move(answered));
}

void WitnessTopics::told(const base::Result<witness::Finding>& finding, const Sink::Done& done) {
  if (finding) {
    note(std::string(witness::name_of(*finding)));
    if (*finding == witness::Finding::bad_signature) base::log::error("witness.refused", {{"reason", "bad_signature"}});
    given_.poke();
    if (*finding == witness::Finding::good) take_early([](const base::Result<>&) {});
    if (on_judged_) on_judged_();
    return done({});
  }
  if (!passed_over(finding.error())) return done(std::unexpected(finding.error()));
  note("refused");
  base::log::warn("witness.refused", {{"reason", finding.error().text()}});
  done({});
}

void WitnessTopics::take_cosigned(const std::string& octets, Sink::Done done) {
  auto countersigned = witness::Countersigned::decode(octets);
  if (!countersigned) return keep(std::unexpected(countersigned.error()), std::move(done));
  take_cosigned(std::move(*countersigned), std::move(done));
}

/// Of a key that was replaced the countersignature may come before the head that tells of the new one, and never again on this
/// connection: it waits for the head.
void WitnessTopics::take_cosigned(witness::Countersigned countersigned, Sink::Done done) {
  const auto by_known_key = [this, key = countersigned.by.key] {
    const auto newest = witness_.witnessed();
    return !newest || !*newest || (*newest)->head.key == key;
  };
  if (by_known_key()) return keep(std::move(countersigned), std::move(done));
  {
    const std::lock_guard lock(mutex_);
    early_ = std::move(countersigned);
  }
  if (by_known_key()) return take_early(std::move(done));  // the head has come meanwhile
  done({});
}

void WitnessTopics::take_early(Sink::Done done) {
  std::optional<witness::Countersigned> early;
  {
    const std::lock_guard lock(mutex_);
    early.swap(early_);
  }
  if (!early) return done({});
  take_cosigned(std::move(*early), std::move(done));
}

void WitnessTopics::keep(base::Result<witness::Countersigned> countersigned, Sink::Done done) {
  auto kept = [this, done = std::move(done)](const base::Result<>& result) {
    if (!result && !passed_over(result.error())) return done(std::unexpected(result.error()));
    note(result ? "cosigned" : "cosigned_refused");
    if (result && on_cosigned_) on_cosigned_();
    if (!result) base::log::warn("witness.countersignature_refused", {{"reason", result.error().text()}});
    done({});
  };
  if (!countersigned) return kept(std::unexpected(countersigned.error()));
  witness_.keep(std::move(*countersigned), std::move(kept));
}

}  // namespace understudy::relay::peer
