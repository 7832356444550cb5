#include "archive/store/rocksdb/format_file.hpp"

#include <map>

#include "archive/store/rocksdb/small_file.hpp"
#include "base/codec.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

namespace understudy::archive::store {
namespace {

constexpr std::string_view file_name = "format";
constexpr std::size_t file_limit = 4096;

std::map<std::string, std::string, std::less<>> fields_of(std::string_view text) {
  std::map<std::string, std::string, std::less<>> fields;
  for (const std::string_view line : base::split(text, '\n')) {
    const std::size_t space = line.find(' ');
    if (space != std::string_view::npos) fields.emplace(line.substr(0, space), line.substr(space + 1));
  }
  return fields;
}

/// The last line: what stands above it, digested, so that a flipped letter does not make another store of it.
std::string check_line(std::string_view text) {
  return "check " + base::to_hex(base::view(base::sha256(text)).substr(0, 8)) + "\n";
}

bool is_name(std::string_view hex) {
  const auto octets = base::from_hex(hex);
  return octets && octets->size() == 16;
}

}  // namespace

std::string to_text(const Identity& identity) {
  const std::string text = "engine " + identity.engine + "\nformat " + std::to_string(identity.format) + "\ninstance " +
                           identity.instance + "\nincarnation " + identity.incarnation + "\nmade " +
                           std::to_string(identity.made.time_since_epoch().count()) + "\n";
  return text + check_line(text);
}

base::Result<Identity> identity_from(std::string_view text) {
  const std::size_t check = text.rfind("check ");
  if (check == std::string_view::npos || text.substr(check) != check_line(text.substr(0, check)))
    return base::fail("format: check", base::errc::damaged);
  auto fields = fields_of(text);
  const auto format = base::to_number(fields["format"]);
  const auto made = base::to_number(fields["made"]);
  if (!format || *format == 0 || *format > 0xFFFFFFFF || !made || fields["engine"].empty() || !is_name(fields["instance"]) ||
      !is_name(fields["incarnation"]))
    return base::fail("format: not a format file", base::errc::damaged);
  const base::WallTime time{std::chrono::milliseconds(*made)};
  return Identity{fields["engine"], static_cast<std::uint32_t>(*format), fields["instance"], fields["incarnation"], time};
}

base::Result<> check_supported(const Identity& identity) {
  if (identity.engine != engine_name)
    return base::fail("the store was made by engine '" + base::escape(identity.engine, 32) + "', this program has '" +
                          std::string(engine_name) + "'",
                      base::errc::unsupported);
  if (identity.format > newest_format)
    return base::fail("the store has format " + std::to_string(identity.format) + ", this program knows formats up to " +
                          std::to_string(newest_format),
                      base::errc::unsupported);
  return {};
}

Identity make_identity(const base::Clock& clock, base::Random& random) {
  return {std::string(engine_name), plain_format, base::to_hex(random.octets(16)), base::to_hex(random.octets(16)),
          clock.now()};
}

base::Result<std::optional<Identity>> read_format(rocksdb::FileSystem& files, const std::string& directory) {
  auto text = read_small_file(files, directory + "/" + std::string(file_name), file_limit);
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::nullopt;
  auto identity = identity_from(**text);
  if (!identity) return base::fail(directory, identity.error());
  return *identity;
}

base::Result<> write_format(rocksdb::FileSystem& files, const std::string& directory, const Identity& identity) {
  return replace_file(files, directory, std::string(file_name), to_text(identity));
}

}  // namespace understudy::archive::store
