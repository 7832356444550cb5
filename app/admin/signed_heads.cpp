#include "app/admin/signed_heads.hpp"

#include "app/admin/api.hpp"
#include "app/admin/journal_proof.hpp"
#include "archive/journal/heads.hpp"
#include "archive/journal/proof/check.hpp"
#include "archive/journal/proof/make.hpp"
#include "archive/journal/stored_nodes.hpp"
#include "archive/journal/timestamp/kept.hpp"
#include "base/text.hpp"

namespace understudy::app {
namespace {

namespace journal = archive::journal;
using archive::store::Reader;

constexpr std::uint64_t max_size = journal::proof::max_size;

boost::json::object row_of(const journal::SignedHead& head, const std::optional<journal::timestamp::Stamp>& stamp) {
  boost::json::object row;
  row["size"] = head.head.head.size;
  row["root"] = json_digest(head.head.head.root);
  row["time"] = json_time(head.head.time);
  row["key"] = head.key.text();
  row["timestamped"] = stamp ? boost::json::value(json_time(stamp->time)) : nullptr;
  row["head"] = head_json(head);
  return row;
}

/// Only heads of the mail journal are stamped.
base::Result<std::optional<journal::timestamp::Stamp>> stamp_of(const Reader& reader, journal::Log log,
                                                                const journal::SignedHead& head) {
  if (log.book != journal::Book::mail) return std::optional<journal::timestamp::Stamp>();
  return journal::timestamp::find(reader, head.head);
}

/// The head over exactly `size` entries; of several the last one.
base::Result<journal::SignedHead> head_of_size(const Reader& reader, journal::Log log, std::uint64_t size) {
  std::optional<base::Result<journal::SignedHead>> found;
  const auto take = [&](std::uint64_t, const base::Result<journal::SignedHead>& head) {
    found = head;
    return true;
  };
  if (auto read = journal::each_head(reader, log, size, size, take); !read) return std::unexpected(read.error());
  if (found) return *found;
  const std::string verb = log.book == journal::Book::mail ? "journal heads" : "audit heads";
  return base::fail("no head was signed over " + std::to_string(size) + " entries (`" + verb + "` lists them)",
                    base::errc::not_found);
}

base::Result<journal::SignedHead> newest_head(const Reader& reader, journal::Log log) {
  auto last = journal::last_head(reader, log);
  if (!last) return std::unexpected(last.error());
  if (!*last) return base::fail("no head was signed yet", base::errc::not_found);
  return **last;
}

}  // namespace

AdminAnswer signed_head(const journal::SignedHead& head) {
  return done(row_of(head, std::nullopt));
}

AdminAnswer list_heads(const Reader& reader, journal::Log log, const std::string& after) {
  const auto from = base::to_number(after);
  if (!from) return wrong_usage("after: was not given by this server");
  Page page(AdminApi::page_rows);
  std::optional<base::Error> damaged;
  std::string next;
  const auto take = [&](std::uint64_t size, const base::Result<journal::SignedHead>& head) {
    if (!head) {
      damaged = head.error();
      return false;
    }
    if (page.full()) {
      next = std::to_string(size);
      return false;
    }
    const auto stamp = stamp_of(reader, log, *head);
    if (!stamp) {
      damaged = stamp.error();
      return false;
    }
    page.add(row_of(*head, *stamp));
    return true;
  };
  if (auto read = journal::each_head(reader, log, *from, max_size, take); !read) return failed(read.error());
  if (damaged) return failed(*damaged);
  return page.take(std::move(next));
}

AdminAnswer consistency_of(const Reader& reader, journal::Log log, std::uint64_t from, std::uint64_t to) {
  auto first = head_of_size(reader, log, from);
  if (!first) return failed(first.error());
  auto second = to > 0 ? head_of_size(reader, log, to) : newest_head(reader, log);
  if (!second) return failed(second.error());
  const auto nodes = journal::stored_nodes(reader, log);
  auto path = journal::proof::make_consistency(nodes, first->head.head.size, second->head.head.size);
  if (!path) return failed(path.error());
  if (!journal::proof::check_consistency(first->head.head, second->head.head, *path))
    return failed("the journal does not lead from the one head to the other; `journal verify` says more");
  boost::json::object json;
  json["understudy_consistency"] = 1;
  json["first"] = head_json(*first);
  json["second"] = head_json(*second);
  json["path"] = path_json(*path);
  return done(std::move(json));
}

}  // namespace understudy::app
