/// Bodies that are read by threads beside the verification: the same answers as without threads, in the order of the entries.
#include "archive/journal/body_check.hpp"

#include <atomic>
#include <map>
#include <new>

#include "base/random.hpp"

using namespace understudy;
using namespace understudy::archive;
using journal::BodyCheck;

namespace {

/// Bodies by their number; what is not there cannot be read, what is marked throws.
class Shelf final : public store::BodySource {
 public:
  BodyCheck::Asked put(std::uint64_t number, std::string octets) {
    BodyCheck::Asked asked{{0, number}, {}, base::sha256(octets)};
    asked.body.id.number = number;
    asked.body.size = octets.size();
    kept_[number] = std::move(octets);
    return asked;
  }
  void lose(std::uint64_t number) { kept_.erase(number); }
  void change(std::uint64_t number) { kept_.at(number)[0] ^= 1; }
  void cut(std::uint64_t number) { kept_.at(number).pop_back(); }
  void without_memory(std::uint64_t number) { throws_ = number; }
  std::uint64_t opened() const { return opened_; }

  std::unique_ptr<store::BodyReader> open(const store::BodyRef& ref) const override {
    opened_ += 1;
    if (ref.id.number == throws_) throw std::bad_alloc();
    return std::make_unique<OneBody>(*this, ref);
  }

 private:
  struct OneBody final : store::BodyReader {
    OneBody(const Shelf& shelf, const store::BodyRef& ref) : shelf_(shelf), ref_(ref) {}
    const store::BodyRef& ref() const override { return ref_; }
    base::Result<std::string> read(std::uint64_t offset, std::size_t limit) override {
      const auto found = shelf_.kept_.find(ref_.id.number);
      if (found == shelf_.kept_.end()) return base::fail("chunk", base::errc::not_found);
      return found->second.substr(std::min<std::uint64_t>(offset, found->second.size()), limit);
    }
    const Shelf& shelf_;
    store::BodyRef ref_;
  };
  std::map<std::uint64_t, std::string> kept_;
  std::uint64_t throws_ = ~std::uint64_t{0};
  mutable std::atomic<std::uint64_t> opened_{0};
};

constexpr std::uint64_t many = 3 * BodyCheck::most_waiting;

std::vector<BodyCheck::Asked> fill(Shelf& shelf) {
  std::vector<BodyCheck::Asked> all;
  for (std::uint64_t i = 0; i < many; ++i)
    all.push_back(
        shelf.put(i, std::string(i % 97 == 0 ? 2 * BodyCheck::octets_at_once : 100 + i, static_cast<char>('a' + i % 26))));
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(body_check)

BOOST_AUTO_TEST_CASE(any_number_of_threads_names_the_same_bodies_in_the_order_of_the_entries) {
  Shelf shelf;
  const auto all = fill(shelf);
  shelf.change(many - 1);
  shelf.lose(0);
  shelf.cut(97);
  for (unsigned threads : {0u, 1u, 2u, 5u}) {
    BodyCheck check(shelf, threads);
    std::uint64_t octets = 0;
    for (const auto& asked : all) {
      check.ask(asked);
      if (asked.position.index != 0 && asked.position.index != 97) octets += asked.body.size;
    }
    const auto found = check.finish();
    BOOST_TEST(found.bodies == many - 2);
    BOOST_TEST(found.octets == octets);
    BOOST_TEST_REQUIRE(found.faults.size() == 3u);
    BOOST_TEST(found.faults[0].first.index == 0u);
    BOOST_TEST(found.faults[1].first.index == 97u);
    BOOST_TEST(found.faults[1].second.find("octets of 2097152") != std::string::npos);
    BOOST_TEST(found.faults[2].first.index == many - 1);
    BOOST_TEST(found.faults[2].second == "its body does not have the digest that was journaled");
  }
}

BOOST_AUTO_TEST_CASE(faults_beyond_the_bound_are_counted_only) {
  Shelf shelf;
  auto all = fill(shelf);
  for (const auto& asked : all) shelf.lose(asked.position.index);
  for (unsigned threads : {0u, 2u}) {
    BodyCheck check(shelf, threads);
    for (std::uint64_t i = 0; i < 2000; ++i) check.ask(all[i % many]);
    const auto found = check.finish();
    BOOST_TEST(found.faults.size() == BodyCheck::Found::max_faults);
    BOOST_TEST(found.further == 1000u);
  }
}

BOOST_AUTO_TEST_CASE(a_thread_without_memory_ends_the_check_with_that_and_nobody_waits) {
  Shelf shelf;
  const auto all = fill(shelf);
  shelf.without_memory(40);
  for (unsigned threads : {1u, 3u}) {
    BodyCheck check(shelf, threads);
    for (int round = 0; round < 10; ++round)
      for (const auto& asked : all) check.ask(asked);
    BOOST_CHECK_THROW(check.finish(), std::bad_alloc);
  }
}

BOOST_AUTO_TEST_CASE(what_was_not_begun_is_left_alone_when_the_check_is_given_up) {
  Shelf shelf;
  const auto all = fill(shelf);
  { BodyCheck check(shelf, 2); }
  BOOST_TEST(shelf.opened() == 0u);
  {
    BodyCheck check(shelf, 2);
    for (const auto& asked : all) check.ask(asked);
  }
  BOOST_TEST(shelf.opened() <= all.size());
}

BOOST_AUTO_TEST_SUITE_END()
