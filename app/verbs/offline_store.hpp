/// The store of a server that does not run, for the verbs that open it themselves; each writes down who it was, in the store,
/// before it changes anything.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "app/verbs/context.hpp"
#include "archive/audit/record.hpp"
#include "archive/store/options.hpp"
#include "archive/store/store.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace understudy::app {

/// What the verb is about, in the sentences that say why it cannot be done.
struct OfflineWork {
  std::string nothing_there;  ///< "there is no store to rebuild"
  std::string no_server;      ///< "no server may run while mailboxes are rebuilt"
};

class OfflineStore {
 public:
  /// Says on `context.err` that the server has to wait, or why it could not be opened.
  static std::expected<OfflineStore, Exit> open(Context& context, const OfflineWork& work);

  archive::store::Store& store() { return *store_; }
  /// Who does it, in the audit journal: no server is there to ask.
  base::Result<> note(const Context& context, std::string action, archive::audit::Fields object);
  /// Closes it, gives it a new incarnation, and opens it again.
  base::Result<> renew();

 private:
  OfflineStore() = default;

  std::unique_ptr<base::SystemClock> clock_ = std::make_unique<base::SystemClock>();
  std::unique_ptr<base::SystemRandom> random_ = std::make_unique<base::SystemRandom>();
  archive::store::Options options_;
  std::unique_ptr<archive::store::Store> store_;
};

}  // namespace understudy::app
