#include <boost/json/object.hpp>

#include "app/verbs/ask.hpp"
#include "app/verbs/offline_store.hpp"
#include "app/verbs/verbs.hpp"

namespace understudy::app {

Exit restored(Context& context) {
  auto offline = OfflineStore::open(
      context, {"there is no store that was restored", "no server may run while its store gets a new incarnation"});
  if (!offline) return offline.error();
  const auto former = offline->store().identity().incarnation;
  if (auto noted = offline->note(context, "restored", {{"incarnation", former}}); !noted)
    return fail(context, "nothing was changed: " + noted.error().text());
  if (auto renewed = offline->renew(); !renewed) return fail(context, renewed.error().text());
  const auto& identity = offline->store().identity();
  return print_value(
      context, boost::json::object{
                   {"instance", identity.instance}, {"incarnation", identity.incarnation}, {"former_incarnation", former}});
}

}  // namespace understudy::app
