#include "app/configuration_digest.hpp"

#include "base/bytes.hpp"
#include "base/codec.hpp"
#include "base/digest.hpp"
#include "conf/describe.hpp"

namespace understudy::app {

std::string configuration_digest(const conf::Config& config) {
  base::Writer out;
  for (const auto& setting : conf::describe(config)) out.text(setting.key).text(setting.value);
  return base::to_hex(base::view(base::sha256(out.str())));
}

archive::audit::Field configuration_field(const conf::Config& config) {
  return {"configuration", configuration_digest(config)};
}

}  // namespace understudy::app
