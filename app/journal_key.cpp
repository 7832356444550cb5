#include "app/journal_key.hpp"

#include "app/private_files.hpp"
#include "app/write_file.hpp"
#include "archive/await.hpp"
#include "base/log.hpp"

namespace understudy::app {
namespace {
namespace fs = std::filesystem;

/// Where a new key waits until the journal has told of it.
fs::path next_to(const fs::path& file) {
  return file.string() + ".next";
}

base::Result<> put_in_place(const fs::path& file) {
  std::error_code error;
  fs::rename(next_to(file), file, error);
  if (error) return base::fail(file.string(), error);
  return sync_directory(fs::absolute(file).parent_path());
}

base::Result<> end_replacement(const fs::path& file, const std::optional<base::PublicKey>& told) {
  const auto next = read_key(next_to(file));
  if (!next && next.error().code == base::errc::not_found) return {};
  if (!next) return std::unexpected(next.error());  // it may be the one that the journal has told of
  if (told == next->public_key()) {
    base::log::warn("journal.key_replacement_ended", {{"key", told->text()}});
    return put_in_place(file);
  }
  std::error_code error;
  fs::remove(next_to(file), error);
  if (error) return base::fail(next_to(file).string(), error);
  return {};
}

}  // namespace

base::Result<base::SigningKey> journal_key(const fs::path& file, const std::optional<base::PublicKey>& told,
                                           base::Random& random) {
  if (auto ended = end_replacement(file, told); !ended) return std::unexpected(ended.error());
  return own_key(file, random);
}

net::Task<base::Result<base::PublicKey>> replace_journal_key(fs::path file, archive::HeadSigner& signer, base::Random& random) {
  const auto key = base::SigningKey::make(random);
  if (auto written = write_file(next_to(file).string(), key.to_pem(), Existing::refuse); !written)
    co_return base::fail("new key", written.error());
  auto start = [&signer, &key](archive::Done<> done) { signer.replace_key(key, std::move(done)); };
  auto told = co_await archive::wait_for<void>(std::move(start));
  if (!told) {
    // After any other failure the journal may have told of it: the next start decides.
    std::error_code ignored;
    if (told.error().code == base::errc::busy) fs::remove(next_to(file), ignored);
    co_return std::unexpected(told.error());
  }
  if (auto placed = put_in_place(file); !placed) co_return std::unexpected(placed.error());
  base::log::info("journal.key_replaced", {{"key", key.public_key().text()}});
  co_return key.public_key();
}

}  // namespace understudy::app
