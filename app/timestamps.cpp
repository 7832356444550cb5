#include "app/timestamps.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "archive/await.hpp"
#include "archive/journal/timestamp/kept.hpp"
#include "base/log.hpp"
#include "base/net/http_post.hpp"

namespace understudy::app {
namespace {

namespace timestamp = archive::journal::timestamp;
using archive::journal::SignedHead;

constexpr std::string_view query_type = "application/timestamp-query";
constexpr std::string_view reply_type = "application/timestamp-reply";
constexpr std::size_t max_roots = 1 << 20;  ///< octets

base::Result<timestamp::Roots> read_roots(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string pem(max_roots, '\0');
  in.read(pem.data(), static_cast<std::streamsize>(pem.size()));
  if (!in.eof()) return base::fail(file, in ? base::errc::too_long : base::errc::io);
  pem.resize(static_cast<std::size_t>(in.gcount()));
  auto roots = timestamp::Roots::from_pem(pem);
  if (!roots) return base::fail(file, roots.error());
  return roots;
}

/// The name of what ended a post.
std::string name_of(const base::Error& error) {
  if (error.code == net::errc::timed_out) return "timed_out";
  if (error.code == net::errc::too_long) return "too_large";
  if (error.code == net::errc::certificate || error.code == net::errc::tls) return "tls";
  if (error.code == base::errc::malformed) return "malformed";
  return "unreachable";
}

}  // namespace

void Timestamps::head_signed(const SignedHead& head, const conf::Journal& settings) {
  if (settings.timestamp.empty() || !under_way_.expired() || parts_.clock.steady() < next_) return;
  const auto had = timestamp::find(parts_.archive.store(), head.head);
  if (!had) return tell({"not_kept", had.error()}, settings);
  if (*had) return;  // nothing was added since
  auto held = std::make_shared<char>();
  under_way_ = held;
  parts_.chores.spawn(parts_.home, "time stamp", run(head, settings, std::move(held)));
}

net::Task<> Timestamps::run(SignedHead head, conf::Journal settings, [[maybe_unused]] std::shared_ptr<void> held) {
  next_ = parts_.clock.steady() + settings.timestamp_every;
  auto stamp = co_await ask(head, settings);
  if (stamp) {
    auto kept = co_await keep(head, *stamp);
    if (!kept) stamp = std::unexpected(Failure{"not_kept", kept.error()});
  }
  if (!stamp) co_return tell(std::move(stamp.error()), settings);
  counts_["stamped"] += 1;
  base::log::info("journal.timestamped", {{"entries", head.head.head.size}, {"authority", settings.timestamp}});
}

void Timestamps::tell(Failure failure, const conf::Journal& settings) {
  if (failure.error.code == net::errc::cancelled) return;  // the machine stops
  next_ = parts_.clock.steady() + std::min(settings.timestamp_every, retry_after);
  counts_[failure.result] += 1;
  base::log::warn("journal.not_timestamped", {{"result", failure.result}, {"reason", failure.error.text()}});
}

net::Task<Timestamps::Asked> Timestamps::ask(const SignedHead& head, const conf::Journal& settings) {
  auto roots = read_roots(settings.timestamp_roots);
  if (!roots) co_return std::unexpected(Failure{"no_roots", roots.error()});
  auto url = net::HttpUrl::parse(settings.timestamp);
  if (!url) co_return std::unexpected(Failure{"unreachable", url.error()});
  const auto query = timestamp::Query::make(head, parts_.random);
  net::HttpPost post;
  post.url = std::move(*url);
  post.content_type = query_type;
  post.accept = reply_type;
  post.body = query.encode();
  post.max_answer = timestamp::max_response;
  const auto current = parts_.settings.get();
  net::HttpParts parts{parts_.resolver, parts_.connector, parts_.clock, *current->client_tls};
  auto answer = co_await net::http_post(std::move(post), parts);
  if (!answer) co_return std::unexpected(Failure{name_of(answer.error()), answer.error()});
  if (answer->status != 200) {
    base::Error error{base::errc::refused, "HTTP status " + std::to_string(answer->status)};
    co_return std::unexpected(Failure{"http_status", std::move(error)});
  }
  auto stamp = roots->check(query, std::move(answer->body));
  if (stamp) co_return std::move(*stamp);
  const auto what = static_cast<timestamp::errc>(stamp.error().code.value());
  co_return std::unexpected(Failure{std::string(timestamp::name_of(what)), stamp.error()});
}

net::Task<base::Result<>> Timestamps::keep(const SignedHead& head, const timestamp::Stamp& stamp) {
  auto submit = [this, &head, &stamp](archive::Done<> done) {
    auto change = [head, stamp](archive::commit::Stage& stage, archive::commit::Owners&) {
      return timestamp::keep(stage, head, stamp);
    };
    parts_.archive.change(std::move(change), std::move(done));
  };
  co_return co_await archive::wait_for<void>(std::move(submit));
}

}  // namespace understudy::app
