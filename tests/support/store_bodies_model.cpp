#include "tests/support/store_bodies_model.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/codec.hpp"
#include "tests/support/store_harness.hpp"

namespace understudy::test {

using namespace archive::store;

namespace {

constexpr std::array<Shard, 3> shards{Shard{ShardKind::journal, 0}, Shard{ShardKind::account, 1}, Shard{ShardKind::account, 2}};
constexpr std::uint64_t attachments = 8;
constexpr std::size_t most_kept = 4;

std::string in_lines(const std::string& octets) {
  const std::string all = base::to_base64(octets);
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += 76) out += all.substr(at, 76) + "\r\n";
  return out;
}

std::string name_of(const BodyRef& ref) {
  return "body " + std::to_string(ref.id.start) + "/" + std::to_string(ref.id.number) + " of " + std::to_string(ref.size) +
         " octets";
}

}  // namespace

std::size_t attachment_octets(std::uint64_t number) {
  return 2000 + number % attachments * 3000;
}

std::string message_with(std::uint64_t seed, std::size_t own_octets, const std::vector<std::uint64_t>& numbers) {
  std::string out = "Subject: " + std::to_string(seed) + "\r\n\r\n--limit\r\n\r\n";
  for (std::size_t done = 0; done < own_octets; done += 500) {  // short of what is worth sharing
    out += noise(std::min<std::size_t>(500, own_octets - done), seed * 1000 + done) + "\r\n";
    if (done % 1000 == 500) out += "--limit\r\n\r\n";
  }
  for (const std::uint64_t number : numbers)
    out += "--limit\r\nContent-Transfer-Encoding: base64\r\n\r\n" + in_lines(noise(attachment_octets(number), ~number));
  return out + "--limit--\r\n";
}

SealedBody write_body(Store& store, const std::string& octets, std::uint64_t seed) {
  std::mt19937_64 draw(seed);
  const auto writer = store.bodies().create();
  for (std::size_t done = 0; done < octets.size();) {
    const std::size_t some = 1 + draw() % (draw() % 8 == 0 ? 60'000 : 3000);
    auto written = writer->append(std::string_view(octets).substr(done, some));
    if (!written) throw std::runtime_error(written.error().text());
    done += some;
  }
  auto sealed = writer->seal();
  if (!sealed) throw std::runtime_error(sealed.error().text());
  return *sealed;
}

std::string read_body(const BodySource& source, const BodyRef& ref) {
  const auto reader = source.open(ref);
  std::string octets;
  for (;;) {
    auto some = reader->read(octets.size(), 1 << 20);
    if (!some) return "error: " + some.error().text();
    if (some->empty()) return octets;
    octets += *some;
  }
}

std::size_t BodiesModel::make_body() {
  Body body;
  body.seed = bodies_.size() + seed_ * 100'000;
  body.own = pick(4) == 0 ? pick(30'000) : pick(3000);
  for (std::uint64_t i = pick(4); i > 0; --i) body.attachments.push_back(pick(attachments));
  bodies_.push_back(std::move(body));
  return bodies_.size() - 1;
}

base::Result<> BodiesModel::wait(Store& store) {
  const std::size_t index = make_body();
  const std::string octets = bodies_[index].octets();
  const auto writer = store.bodies().create();
  for (std::size_t done = 0; done < octets.size();) {
    const std::size_t some = 1 + pick(9000);
    auto written = writer->append(std::string_view(octets).substr(done, some));
    if (!written) return written;
    done += some;
  }
  auto sealed = writer->seal();
  if (!sealed) return std::unexpected(sealed.error());
  bodies_[index].ref = sealed->ref();
  waiting_.push_back({index, *sealed});
  return {};
}

base::Result<> BodiesModel::write_unfinished(Store& store) {
  auto writer = store.bodies().create();
  auto written = writer->append(message_with(draw_(), pick(20'000), {pick(attachments), pick(attachments)}));
  unfinished_.push_back(std::move(writer));
  if (unfinished_.size() > most_kept) unfinished_.erase(unfinished_.begin());
  return written;
}

/// Bodies that wait are held, or forgotten; of those that are held some get one holder more or one less.
base::Result<> BodiesModel::commit(Store& store, const std::function<bool()>& told) {
  Held held = newest();
  std::vector<Batch> batches;
  for (const Shard shard : shards) batches.emplace_back(shard);
  batches[0].put(Table::leaves, "n", std::to_string(++commits_));
  for (const Waiting& each : waiting_) {
    if (pick(4) == 0) continue;
    const std::size_t shard = pick(shards.size());
    batches[shard].hold(each.sealed);
    held[each.body].insert(shards[shard]);
  }
  for (auto& [index, holders] : held) {
    const std::size_t shard = pick(shards.size());
    const bool mine = holders.contains(shards[shard]);
    if (mine &&
        std::ranges::find(batches[shard].held(), bodies_[index].ref.id, &Batch::Held::body) != batches[shard].held().end())
      continue;
    if (mine && pick(3) == 0) {
      batches[shard].release(bodies_[index].ref);
      holders.erase(shards[shard]);
    } else if (!mine && pick(6) == 0) {
      batches[shard].hold(bodies_[index].ref);
      holders.insert(shards[shard]);
    }
  }
  std::erase_if(held, [](const auto& each) { return each.second.empty(); });
  const Sync sync = pick(5) == 0 ? Sync::later : Sync::now;
  auto committed = store.commit(batches, sync);
  states_.emplace_back(commits_, std::move(held));
  if (committed && sync == Sync::now && told()) states_.erase(states_.begin(), states_.end() - 1);
  waiting_.clear();
  return committed;
}

void BodiesModel::open_some(Store& store) {
  if (newest().empty()) return;
  if (pick(2) == 0) {
    kept_.push_back({store.snapshot(), newest()});
    if (kept_.size() > most_kept) kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(pick(most_kept)));
    return;
  }
  const std::size_t body = std::next(newest().begin(), static_cast<std::ptrdiff_t>(pick(newest().size())))->first;
  opened_.push_back({body, store.bodies().open(bodies_[body].ref)});
  if (opened_.size() > most_kept) opened_.erase(opened_.begin());
}

base::Result<> BodiesModel::step(Store& store, const std::function<base::Result<>()>& maintain,
                                 const std::function<bool()>& told) {
  switch (pick(10)) {
    case 0:
      return maintain();
    case 1: {
      auto swept = store.bodies().sweep();
      if (!swept) return std::unexpected(swept.error());
      return {};
    }
    case 2:
      return write_unfinished(store);
    case 3:
      open_some(store);
      return {};
    case 4:
    case 5:
    case 6:
      return wait(store);
    default:
      return commit(store, told);
  }
}

void BodiesModel::drop_all() {
  waiting_.clear();
  unfinished_.clear();
  opened_.clear();
  kept_.clear();
}

base::Result<> BodiesModel::release_all(Store& store) {
  std::vector<Batch> batches;
  for (const Shard shard : shards) batches.emplace_back(shard);
  batches[0].put(Table::leaves, "n", std::to_string(++commits_));
  for (const auto& [index, holders] : newest())
    for (std::size_t i = 0; i < shards.size(); ++i) batches[i].release(bodies_[index].ref);
  states_ = {{commits_, {}}};
  return store.commit(batches, Sync::now);
}

std::string BodiesModel::check(const Store& store) const {
  for (std::size_t i = 0; i < bodies_.size(); ++i) {
    const Body& body = bodies_[i];
    if (body.ref.size == 0) continue;
    const bool held = newest().contains(i);
    if (held && read_body(store, body.ref) != body.octets())
      return name_of(body.ref) + ": " + read_body(store, body.ref).substr(0, 100);
    if (!held && !read_body(store, body.ref).starts_with("error: ")) return name_of(body.ref) + ": not freed";
  }
  return "";
}

/// What was opened earlier reads on, with its own octets or, where it was freed meanwhile, an error; a snapshot reads all.
std::string BodiesModel::check_opened() {
  for (Opened& each : opened_) {
    auto some = each.reader->read(each.at, 1 + pick(20'000));
    const Body& body = bodies_[each.body];
    if (!some && newest().contains(each.body)) return "opened " + name_of(body.ref) + ": " + some.error().text();
    if (!some && some.error().code != base::errc::not_found) return "freed " + name_of(body.ref) + ": " + some.error().text();
    if (some && body.octets().substr(each.at, some->size()) != *some) return "opened " + name_of(body.ref) + ": other octets";
    if (some) each.at += some->size();
  }
  for (const Kept& kept : kept_) {
    for (const auto& [index, holders] : kept.held) {
      const Body& body = bodies_[index];
      const std::string got = read_body(*kept.snapshot, body.ref);
      if (got != body.octets()) return "snapshot, " + name_of(body.ref) + ": " + got.substr(0, 100);
    }
  }
  return "";
}

std::string BodiesModel::check_after_crash(Store& store) {
  auto said = store.get(shards[0], Table::leaves, "n");
  if (!said) return said.error().text();
  const std::string number = said->value_or("0");
  const auto found = std::ranges::find_if(states_, [&](const auto& state) { return std::to_string(state.first) == number; });
  if (found == states_.end()) return "commit " + number + " is none of those that may be the last";
  states_ = {*found};
  for (std::size_t i = 0; i < bodies_.size(); ++i)
    if (!newest().contains(i)) bodies_[i].ref.size = 0;  // of a commit that is lost: its name may be given again
  return check(store);
}

std::uint64_t BodiesModel::live_octets() const {
  std::uint64_t octets = 0;
  std::set<std::uint64_t> shared;
  for (const auto& [index, holders] : newest()) {
    const Body& body = bodies_[index];
    shared.insert(body.attachments.begin(), body.attachments.end());
    octets += body.own + 200 + 100 * body.attachments.size();
  }
  for (const std::uint64_t number : shared) octets += attachment_octets(number);
  return octets;
}

}  // namespace understudy::test
