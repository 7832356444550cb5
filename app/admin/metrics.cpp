#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "app/admin/handlers.hpp"
#include "archive/journal/reader.hpp"

namespace understudy::app {
namespace {

/// Families of metrics in the making. Names: https://prometheus.io/docs/practices/naming
class Families {
 public:
  void counter(std::string name, std::string help, double value) {
    prometheus::ClientMetric metric;
    metric.counter.value = value;
    open(std::move(name), std::move(help), prometheus::MetricType::Counter).metric.push_back(std::move(metric));
  }
  void gauge(std::string name, std::string help, double value) {
    open(std::move(name), std::move(help), prometheus::MetricType::Gauge);
    labelled_gauge({}, {}, value);
  }
  prometheus::MetricFamily& open(std::string name, std::string help, prometheus::MetricType type) {
    families_.push_back({std::move(name), std::move(help), type, {}});
    return families_.back();
  }
  /// One more of the family that was opened last.
  void labelled_gauge(std::string label, std::string of, double value) {
    prometheus::ClientMetric metric;
    if (!label.empty()) metric.label.push_back({std::move(label), std::move(of)});
    metric.gauge.value = value;
    families_.back().metric.push_back(std::move(metric));
  }
  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  std::vector<prometheus::MetricFamily> families_;
};

double number(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_number() ? value->to_number<double>() : 0;
}

void add_traffic(Families& families, const boost::json::object& status) {
  const auto& messages = status.at("messages").as_object();
  families.counter("understudy_messages_accepted_total", "Messages answered with 250.", number(messages, "accepted"));
  families.counter("understudy_messages_resent_total", "Of these, repeats that filled no place twice.",
                   number(messages, "resent"));
  families.counter("understudy_messages_refused_total", "Messages refused after their data.", number(messages, "refused"));
  families.gauge("understudy_sessions", "Inbound connections now.", number(status, "sessions"));
  families.counter("understudy_logins_refused_total", "Logins that were refused.", number(status, "logins_refused"));
  const auto& deliveries = status.at("deliveries").as_object();
  families.counter("understudy_recipients_delivered_total", "Recipients that a next hop took.",
                   number(deliveries, "delivered"));
  families.counter("understudy_recipients_deferred_total", "Attempts put off by a next hop.", number(deliveries, "deferred"));
  families.counter("understudy_recipients_failed_total", "Recipients refused for good.", number(deliveries, "failed"));
  families.counter("understudy_copies_held_total", "Entries whose copy was refused for good: they wait for an administrator.",
                   number(deliveries, "held"));
  families.open("understudy_outbox_entries", "Entries that wait for a hop.", prometheus::MetricType::Gauge);
  for (const auto& hop : status.at("hops").as_array()) {
    const auto& row = hop.as_object();
    families.labelled_gauge("hop", std::string(row.at("hop").as_string()), number(row, "entries"));
  }
}

}  // namespace

net::Task<AdminAnswer> server_metrics(const AdminParts& parts, Arguments arguments) {
  if (auto problem = arguments.problem()) co_return wrong_usage(*problem);
  Families families;
  const auto status = parts.status();
  add_traffic(families, status);
  const auto totals = parts.archive.totals();
  families.counter("understudy_commits_total", "Groups of changes committed.", static_cast<double>(totals.groups));
  families.counter("understudy_commit_syncs_total", "Of these, those that waited for the medium.",
                   static_cast<double>(totals.syncs));
  families.counter("understudy_changes_total", "Messages, outcomes and other changes in them.",
                   static_cast<double>(totals.tasks));
  const auto& store = parts.archive.store();
  if (auto numbers = archive::journal::read_numbers(store, 0))
    families.gauge("understudy_journal_entries", "Entries of the journal.", static_cast<double>(numbers->frontier.size()));
  families.gauge("understudy_accounts", "Accounts in the directory.",
                 static_cast<double>(parts.archive.directory().records().size()));
  families.gauge("understudy_store_free_octets", "Left on the medium of the data directory.",
                 static_cast<double>(store.free_octets()));
  const auto* low = status.if_contains("space_low");
  families.gauge("understudy_store_space_low", "1: less than server.free_space is left, and mail is put off.",
                 low && low->is_bool() && low->as_bool() ? 1 : 0);
  families.gauge("understudy_store_stopped", "1: a write failed, and nothing is written until restart.",
                 store.stopped() ? 1 : 0);
  AdminAnswer answer;
  OctetStream octets;
  const std::string text = families.text();
  octets.size = text.size();
  octets.read = [text](std::uint64_t offset) -> base::Result<std::string> { return text.substr(offset); };
  answer.octets = std::move(octets);
  co_return answer;
}

}  // namespace understudy::app
