/// Small words of the admin verbs: answers, and values in the form that JSON gives them.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "app/admin/arguments.hpp"
#include "app/admin/request.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "mail/address/address.hpp"

namespace understudy::app {

AdminAnswer done(boost::json::value value);
AdminAnswer wrong_usage(std::string what);
AdminAnswer not_found(std::string what);
AdminAnswer failed(std::string what);
AdminAnswer refused(std::string what);  ///< a role or an approval is lacking
/// By its code: what is not there, what was asked wrongly, everything else.
AdminAnswer failed(const base::Error& error);

/// As UTF-8, whatever the octets: those that are not become U+FFFD each.
boost::json::string json_text(std::string_view octets);
std::string json_time(base::WallTime time);  ///< "2026-03-01T12:00:00.000Z" (RFC 3339)
std::string json_digest(const base::Digest& digest);
boost::json::string json_path(const mail::address::ReversePath& path);  ///< "" for the null reverse-path

/// Rows of a list until there are `most`, or as many octets as one answer should have.
class Page {
 public:
  explicit Page(std::size_t most) : most_(most) {}
  bool full() const { return rows_.size() >= most_ || octets_ >= max_octets; }
  /// `octets`: about what the row takes, where it may be large.
  void add(boost::json::object row, std::size_t octets = 0) {
    rows_.emplace_back(std::move(row));
    octets_ += octets;
  }
  /// `next`: where the list goes on; empty: it does not.
  AdminAnswer take(std::string next) {
    AdminAnswer answer = done(std::move(rows_));
    answer.next = std::move(next);
    return answer;
  }

 private:
  static constexpr std::size_t max_octets = 1024 * 1024;
  std::size_t most_;
  std::size_t octets_ = 0;
  boost::json::array rows_;
};

}  // namespace understudy::app
