#include "app/verbs/ask.hpp"
#include "app/verbs/client.hpp"
#include "app/verbs/verbs.hpp"
#include "base/text.hpp"

namespace understudy::app {

Exit mailbox_assign(Context& context, const std::string& address) {
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  auto answer = client->ask("mailbox/assign", {{"account", address}});
  if (!answer) return fail(context, answer.error());
  if (context.form == Form::json) return print_value(context, *answer);
  const auto& object = answer->as_object();
  const std::string_view account = object.at("account").as_string();
  const auto count = object.at("messages").to_number<std::uint64_t>();
  context.out << count << (count == 1 ? " message" : " messages") << " moved to INBOX of " << base::escape(account) << '\n';
  return Exit::done;
}

}  // namespace understudy::app
