#include "conf/load.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "conf/readers.hpp"
#include "conf/schema.hpp"
#include "conf/validate.hpp"

namespace understudy::conf {
namespace {

Config read(const Value& document, Report& report) {
  Config config;
  const Section root(&document, "", report);
  read_server(root, config);
  read_peer(root, config);
  read_audit(root, config);
  const auto domains = read_domains(root, config);
  read_server_addresses(root, domains, config);
  read_accounts(root, domains, config);
  read_templates(root, config);
  read_passthrough(root, domains, config);
  read_listeners(root, config);
  read_access(root, config);
  read_clients(root, config);
  read_routes(root, config);
  read_outbound(root, config);
  return config;
}

}  // namespace

std::expected<Loaded, Problems> load(std::string_view text, const std::string& file) {
  const auto document = parse_document(text, file);
  if (!document) return std::unexpected(Problems{document.error()});
  Report report(file, *document);
  check_schema(*document, report);
  auto config = read(*document, report);
  validate(config, report);
  if (report.has_error()) return std::unexpected(errors_of(report.take()));
  advise(config, report);
  say_not_yet(config, report);
  return Loaded{std::move(config), report.take()};
}

std::expected<std::string, Problem> read_text(const std::filesystem::path& path) {
  const auto problem = [&path](std::string message) {
    return std::unexpected(Problem{Severity::error, path.string(), {}, "", std::move(message)});
  };
  std::error_code ignored;  // what is not there fails below, and says why
  if (std::filesystem::is_directory(path, ignored)) return problem("is a directory; name the file in it");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text(max_file + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) return problem(std::string("can't be read: ") + std::strerror(errno));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

std::expected<Loaded, Problems> load_file(const std::filesystem::path& path) {
  const auto text = read_text(path);
  if (!text) return std::unexpected(Problems{text.error()});
  return load(*text, path.string());
}

}  // namespace understudy::conf
