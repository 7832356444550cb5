#include <ostream>

#include "app/verbs/ask.hpp"
#include "app/verbs/verbs.hpp"

namespace understudy::app {

namespace {
Exit write_octets(Context& context, std::string_view verb, boost::json::object arguments) {
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  const auto write = [&context](std::string_view octets) {
    context.out.write(octets.data(), static_cast<std::streamsize>(octets.size()));
    return context.out.good();
  };
  const auto written = client->ask_octets(verb, std::move(arguments), write);
  if (!written) return fail(context, written.error());
  context.out.flush();
  return context.out.good() ? Exit::done : fail(context, "cannot write the octets");
}
}  // namespace

Exit message_export(Context& context, const MessageName& message) {
  boost::json::object arguments;
  arguments["account"] = message.account;
  arguments["folder"] = message.folder;
  arguments["uid"] = message.uid;
  return write_octets(context, "message/export", std::move(arguments));
}

Exit metrics(Context& context) {
  return write_octets(context, "server/metrics", {});
}

}  // namespace understudy::app
