#include "app/key_ring.hpp"

#include <chrono>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/run_program.hpp"
#include "archive/keys/master_key.hpp"
#include "archive/store/open.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

constexpr std::size_t most_octets = 4096;  ///< of what a file or a program may give: a line has about 60
constexpr auto program_wait = std::chrono::seconds(30);

base::Result<std::string> content_of_private(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return base::fail(file + ": " + std::strerror(errno), errno == ENOENT ? base::errc::not_found : base::errc::io);
  struct stat state {};
  std::string content(most_octets, '\0');
  const bool known = ::fstat(descriptor, &state) == 0;
  const auto got = known ? ::read(descriptor, content.data(), content.size()) : -1;
  ::close(descriptor);
  if (got < 0) return base::fail(file + " cannot be read", base::errc::io);
  content.resize(static_cast<std::size_t>(got));
  if ((state.st_mode & (S_IRWXG | S_IRWXO)) == 0) return content;
  base::wipe(content);
  return base::fail(file + " is open to others; chmod 600 it", base::errc::refused);
}

/// That the program said something on standard error, and never what: it may be the key, in whatever form, and a log is read by
/// many.
void log_that_it_said(const std::vector<std::string>& command, const std::string& errors) {
  if (errors.empty()) return;
  base::log::warn("encryption.master_command",
                  {{"program", command.front()}, {"octets", errors.size()}, {"said", "not shown: it may be the key"}});
}

base::Result<base::SecretKey> master_key_by(const std::vector<std::string>& command) {
  auto ran = run_program(command, program_wait, most_octets);
  log_that_it_said(command, ran.errors);
  base::wipe(ran.errors);
  auto key = ran.ended ? archive::keys::parse_master_key(ran.output) : std::unexpected(ran.ended.error());
  base::wipe(ran.output);
  if (!key) return base::fail("encryption.master_command: " + command.front(), key.error());
  return key;
}

base::Error with_cure(const base::Error& error, const std::string& cure) {
  return {error.code, error.context + "; " + cure};
}

base::Result<bool> is_encrypted(const conf::Config& config) {
  auto encrypted = archive::store::was_encrypted(config.server.data);
  if (!encrypted && encrypted.error().code == base::errc::not_found) return false;
  return encrypted;
}

}  // namespace

base::Result<base::SecretKey> master_key_of(const std::string& file) {
  auto content = content_of_private(file);
  if (!content) return std::unexpected(content.error());
  auto key = archive::keys::parse_master_key(*content);
  base::wipe(*content);
  if (!key) return base::fail(file, key.error());
  return key;
}

base::Result<base::SecretKey> master_key_of(const archive::keys::Options& options) {
  if (options.master_key.empty()) return master_key_by(options.master_command);
  auto key = master_key_of(options.master_key);
  if (!key) return base::fail("encryption.master_key", key.error());
  return key;
}

base::Result<std::shared_ptr<archive::keys::Ring>> open_ring(const conf::Config& config, base::Random& random,
                                                             const base::Clock& clock) {
  const auto encrypted = is_encrypted(config);
  if (!encrypted) return std::unexpected(encrypted.error());
  const auto& options = config.encryption;
  if (!options.on() && *encrypted)
    return base::fail("the store in " + config.server.data +
                          " is encrypted, and the configuration has no [encryption]: it has to say where the keys are",
                      base::errc::no_key);
  if (!options.on()) return std::shared_ptr<archive::keys::Ring>();
  const auto master = master_key_of(options);
  if (!master) return std::unexpected(master.error());
  auto ring = archive::keys::Ring::open(options.ring, *master, random, clock);
  if (!ring && ring.error().code == base::errc::not_found && *encrypted)
    return std::unexpected(with_cure(
        ring.error(), "the store in " + config.server.data + " cannot be read without it: bring it back from its copy"));
  if (!ring && ring.error().code == base::errc::not_found)
    ring = archive::keys::Ring::create(options.ring, *master, random, clock);
  if (!ring && ring.error().code == base::errc::refused)
    return std::unexpected(with_cure(ring.error(), "give the one that it was made with (docs/encryption.md)"));
  if (!ring && ring.error().code == base::errc::damaged)
    return std::unexpected(with_cure(ring.error(), "bring it back from its newest copy"));
  if (!ring) return std::unexpected(ring.error());
  return std::shared_ptr<archive::keys::Ring>(std::move(*ring));
}

base::Error explain_store(const base::Error& error, const conf::Config& config) {
  if (error.code != base::errc::no_key) return error;
  return with_cure(error, "encryption.ring (" + config.encryption.ring +
                              ") is the ring of another store, or an older copy: bring back the newest one of this store");
}

}  // namespace understudy::app
