#include "conf/readers.hpp"

namespace understudy::conf {

void read_access(const Section& root, Config& out) {
  using archive::access::Serve;
  auto& to = out.access;
  const auto access = root.table("access");
  access.word<Serve>("archive_role",
                     {{"nothing", Serve::nothing}, {"read-only", Serve::read_only}, {"everything", Serve::everything}},
                     to.in_archive_role);
  access.number("connections", to.connections);
  access.number("connections_per_address", to.connections_per_address);
  access.duration("login_wait", to.login_wait);
  access.duration("idle_wait", to.idle_wait);
  access.duration("write_wait", to.write_wait);
  access.duration("data_wait", to.data_wait);
  access.number("metadata_entries", to.metadata_entries);
  access.size("metadata_size", to.metadata_size);
  access.size("metadata_value", to.metadata_value);
  access.flag("shared_mailboxes", to.shared_mailboxes);
  access.text("client_authorities", to.client_authorities);
  check_absolute(access, "client_authorities", to.client_authorities);
  access.number("errors", to.errors);
  access.number("errors_before_login", to.errors_before_login);
  access.size("work_memory", to.work_memory);
  access.size("heading_memory", to.heading_memory);
}

}  // namespace understudy::conf
