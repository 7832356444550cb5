/// The command line's side of the admin socket: asks the running server, page by page. Blocks; every wait has an end.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "app/verbs/context.hpp"
#include "conf/problem.hpp"

namespace understudy::app {

/// Why a verb ends, in words for the administrator.
struct Failure {
  Exit how = Exit::failed;
  std::string what;
  conf::Problems problems = {};  ///< of the configuration; where there are any, `what` is empty
  bool refused = false;          ///< by the server: a role, an approval or a case is lacking
};
template <class T>
using Asked = std::expected<T, Failure>;

class AdminClient {
 public:
  /// Of the server that the context names, by its socket or by its configuration. Whatever is asked says why, and in which
  /// case, where the context does. Fails where the file is wrong or nobody answers.
  static Asked<AdminClient> connect(const Context& context);
  static Asked<AdminClient> connect_to(const std::string& socket_path);
  AdminClient(AdminClient&&) noexcept;
  ~AdminClient();

  Asked<boost::json::value> ask(std::string_view verb, boost::json::object arguments);
  /// All pages of a list. `take` gets each as it comes; it returns false to end.
  Asked<void> ask_list(std::string_view verb, boost::json::object arguments,
                       const std::function<bool(const boost::json::array&)>& take);
  /// Octets as they come. `take` returns false where it cannot take them.
  Asked<void> ask_octets(std::string_view verb, boost::json::object arguments,
                         const std::function<bool(std::string_view)>& take);

 private:
  struct Impl;
  Asked<boost::json::object> ask_page(std::string_view verb, const boost::json::object& arguments);
  explicit AdminClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace understudy::app
