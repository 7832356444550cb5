#include "messages.hpp"

namespace understudy::bench {

Message between(const Crowd& crowd, std::uint64_t number) {
  const auto user = [&crowd](std::uint64_t who, const std::string& domain) {
    return "user" + std::to_string(who % crowd.users) + "@" + domain;
  };
  const auto reader = number * 13 + 5;
  Message made;
  made.reverse_path = user(number * 7, crowd.domain);
  made.recipients = {user(reader, crowd.domain)};
  if (!crowd.also.empty()) made.recipients.push_back(user(reader, crowd.also));
  return made;
}

}  // namespace understudy::bench
