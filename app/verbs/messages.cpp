#include <ostream>

#include "app/verbs/ask.hpp"
#include "app/verbs/verbs.hpp"

namespace understudy::app {

Exit message_export(Context& context, const MessageName& message) {
  auto client = AdminClient::connect(context.config_file);
  if (!client) return fail(context, client.error());
  boost::json::object arguments;
  arguments["account"] = message.account;
  arguments["folder"] = message.folder;
  arguments["uid"] = message.uid;
  const auto write = [&context](std::string_view octets) {
    context.out.write(octets.data(), static_cast<std::streamsize>(octets.size()));
    return context.out.good();
  };
  const auto exported = client->ask_octets("message/export", std::move(arguments), write);
  if (!exported) return fail(context, exported.error());
  context.out.flush();
  return context.out.good() ? Exit::done : fail(context, "cannot write the octets");
}

}  // namespace understudy::app
