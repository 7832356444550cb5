#include "archive/keys/master_key.hpp"

#include "archive/keys/options.hpp"
#include "base/codec.hpp"

namespace understudy::archive::keys {

base::Result<base::SecretKey> parse_master_key(std::string_view line) {
  const auto wrong = [] {
    return base::fail("must be the one line of a master key, as `understudy encryption new-key` prints it",
                      base::errc::malformed);
  };
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (!line.starts_with(master_prefix)) return wrong();
  auto octets = base::from_base64(line.substr(master_prefix.size()));
  if (!octets) return wrong();
  const auto key = base::SecretKey::from(*octets);
  base::wipe(*octets);
  if (!key) return wrong();
  return *key;
}

std::string master_key_line(const base::SecretKey& key) {
  return std::string(master_prefix) + base::to_base64(key.view()) + "\n";
}

}  // namespace understudy::archive::keys
