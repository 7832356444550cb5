#include "app/verbs/ask.hpp"
#include "app/verbs/client.hpp"
#include "app/verbs/questions.hpp"
#include "app/verbs/verbs.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

Exit with_bin(Context& context, std::string_view verb, const BinWords& words, std::string_view what) {
  if (words.uids.empty()) return fail(context, Failure{Exit::wrong_usage, "say which UIDs, as 1:5,9, or --all"});
  auto client = AdminClient::connect(context);
  if (!client) return fail(context, client.error());
  auto answer = client->ask(verb, {{"account", words.account}, {"uids", words.uids}});
  if (!answer) return fail(context, answer.error());
  if (context.form == Form::json) return print_value(context, *answer);
  const auto& object = answer->as_object();
  const auto count = object.at("messages").to_number<std::uint64_t>();
  context.out << count << (count == 1 ? " message " : " messages ") << what << '\n';
  return Exit::done;
}

}  // namespace

Exit bin_restore(Context& context, const BinWords& words) {
  return with_bin(context, "bin/restore", words, "put back");
}

Exit bin_empty(Context& context, const BinWords& words) {
  if (words.confirm == Confirm::ask && !words.uids.empty()) {
    const std::string what = words.uids == "all" ? "All" : "What has the UIDs " + words.uids;
    const bool goes_on =
        says_yes(context, what + " in the bin of " + base::escape(words.account) + " will be gone for good. Go on?");
    if (!goes_on) return fail(context, "nothing was deleted; --yes deletes without asking");
  }
  return with_bin(context, "bin/empty", words, "deleted for good; the journal keeps what it has of them");
}

}  // namespace understudy::app
