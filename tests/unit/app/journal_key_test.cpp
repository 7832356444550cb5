/// The file of the key that signs the journal: made once, kept, replaced with the journal or not at all.
#include "app/journal_key.hpp"

#include <fstream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "app/private_files.hpp"
#include "archive/journal/heads.hpp"
#include "base/log.hpp"
#include "tests/support/archive_world.hpp"
#include "tests/support/temp_dir.hpp"

using namespace understudy;
namespace fs = std::filesystem;

namespace {

struct Fixture : test::ArchiveWorld {
  Fixture() {
    base::log::set_silent();
    BOOST_REQUIRE(open());
    test::Letter letter("Message-ID: <one@world.example>\r\n\r\nx\r\n");
    letter.to("a@example.org").file("a@example.org");
    BOOST_REQUIRE(accept(letter));
  }
  std::optional<base::PublicKey> told() {
    const auto keys = archive::journal::told_keys(store(), 0);
    BOOST_REQUIRE(keys.has_value());
    return keys->empty() ? std::nullopt : std::optional(keys->back().key);
  }
  /// As at a start: the key of the file, and a head signed by it.
  base::PublicKey start() {
    auto key = app::journal_key(file, told(), random);
    BOOST_REQUIRE_MESSAGE(key.has_value(), (key ? std::string() : key.error().text()));
    auto made = archive::HeadSigner::make(archive(), clock, *key);
    BOOST_REQUIRE(made.has_value());
    signer = std::move(*made);
    bool signed_it = false;
    signer->sign([&](const base::Result<archive::journal::SignedHead>& head) { signed_it = head.has_value(); });
    pump();
    BOOST_TEST(signed_it);
    return key->public_key();
  }
  base::Result<base::PublicKey> replace() {
    std::optional<base::Result<base::PublicKey>> got;
    boost::asio::io_context context{1};
    boost::asio::co_spawn(context, app::replace_journal_key(file, *signer, random),
                          [&](std::exception_ptr thrown, base::Result<base::PublicKey> key) {
                            BOOST_REQUIRE(!thrown);
                            got = std::move(key);
                          });
    for (int turn = 0; !got && turn < 1000; ++turn) {
      context.restart();
      context.poll();
      pump();
    }
    BOOST_REQUIRE(got.has_value());
    return *got;
  }
  fs::path next() const { return file.string() + ".next"; }

  sim::TempDir dir;
  fs::path file = dir.path() / "journal" / "key.pem";
  std::unique_ptr<archive::HeadSigner> signer;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(journal_key_file, Fixture)

BOOST_AUTO_TEST_CASE(the_key_is_made_for_its_owner_alone_and_stays) {
  const auto key = start();
  const auto mode = fs::status(file).permissions();
  BOOST_TEST((mode == (fs::perms::owner_read | fs::perms::owner_write)));
  BOOST_TEST((fs::status(file.parent_path()).permissions() == fs::perms::owner_all));
  BOOST_TEST((start() == key));
  BOOST_TEST((told() == key));
}

BOOST_AUTO_TEST_CASE(a_key_that_others_may_read_or_that_is_none_is_refused_and_left_alone) {
  start();
  fs::permissions(file, fs::perms::group_read, fs::perm_options::add);
  BOOST_TEST((app::journal_key(file, told(), random).error().code == base::errc::refused));
  fs::permissions(file, fs::perms::group_read, fs::perm_options::remove);
  std::ofstream(file, std::ios::trunc) << "something else";
  BOOST_TEST((app::journal_key(file, told(), random).error().code == base::errc::malformed));
  BOOST_TEST(*app::content_of(file) == "something else");
}

BOOST_AUTO_TEST_CASE(a_replaced_key_is_in_the_file_and_in_the_journal) {
  const auto former = start();
  const auto key = replace();
  BOOST_REQUIRE(key.has_value());
  BOOST_TEST((*key != former));
  BOOST_TEST((app::read_key(file)->public_key() == *key));
  BOOST_TEST((told() == *key));
  BOOST_TEST(!fs::exists(next()));
  BOOST_TEST((start() == *key));
}

BOOST_AUTO_TEST_CASE(a_crash_after_the_journal_told_of_the_new_key_ends_with_the_new_key) {
  start();
  const auto former = *app::content_of(file);
  const auto key = replace();
  fs::rename(file, next());  // as it was just before it was put in place
  std::ofstream(file) << former;
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  BOOST_TEST((start() == *key));
  BOOST_TEST(!fs::exists(next()));
}

BOOST_AUTO_TEST_CASE(a_crash_before_the_journal_told_of_the_new_key_ends_with_the_former_one) {
  const auto key = start();
  std::ofstream(next()) << base::SigningKey::make(random).to_pem();
  fs::permissions(next(), fs::perms::owner_read | fs::perms::owner_write);
  BOOST_TEST((start() == key));
  BOOST_TEST(!fs::exists(next()));
  BOOST_TEST((told() == key));
}

BOOST_AUTO_TEST_CASE(a_second_replacement_is_refused_while_one_is_under_way) {
  const auto key = start();
  std::ofstream(next()) << "a key that waits";
  BOOST_TEST((replace().error().code == base::errc::exists));
  BOOST_TEST((told() == key));
}

BOOST_AUTO_TEST_SUITE_END()
